"""The mails of this room, and what their failures mean. Links start with SITE_URL, whatever the request said."""

import smtplib
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from common.mail import UnmailableAddress, is_for_good, send_mail
from invitations.models import Invitation
from invitations.tokens import hash_token

Context = dict[str, object]
# Trying again is pointless.
FINAL_PROBLEMS = {Invitation.MailProblem.ADDRESS_REFUSED, Invitation.MailProblem.ADDRESS_UNUSABLE}


class MailError(Exception):
    """The mail could not be handed over, because of `problem`."""

    def __init__(self, problem: Invitation.MailProblem) -> None:
        super().__init__(problem)
        self.problem = problem

    @property
    def is_final(self) -> bool:
        """True when trying again is pointless."""
        return self.problem in FINAL_PROBLEMS


def send_invitation(invitation: Invitation, token: str) -> None:
    """
    Mail the link with the token, in the language of the recipient if known, otherwise of the invitation. The same token
    makes the same Message-ID, so that of two such mails a mailbox shows one.
    """
    mail_id = f"<invitation-{invitation.pk}-{hash_token(token)[:24]}@{urlsplit(settings.SITE_URL).hostname}>"
    _send_link(invitation.purpose, invitation, token, headers={"Message-ID": mail_id})


def send_reminder(invitation: Invitation, token: str) -> None:
    """Mail once more to somebody who has not accepted."""
    _send_link("reminder", invitation, token)


def send_step_request(*, user: User, asked_by: User, step: int) -> None:
    """Ask a member, by a link to the Setup guide, to do one of its steps."""
    link = f"{settings.SITE_URL}{reverse('guide:setup')}#step-{step}"
    context: Context = {"user": user, "inviter": asked_by, "step": step, "link": link}
    _send("step_request", to=user.email, language=user.language, context=context)


def _send_link(kind: str, invitation: Invitation, token: str, headers: dict[str, str] | None = None) -> None:
    reader = User.objects.with_email(invitation.email) or invitation
    context: Context = {
        "invitation": invitation,
        "inviter": invitation.invited_by,
        "link": settings.SITE_URL + reverse("invitations:accept", args=[token]),
    }
    _send(kind, to=invitation.email, language=reader.language, context=context, headers=headers)


def _send(kind: str, *, to: str, language: str, context: Context, headers: dict[str, str] | None = None) -> None:
    try:
        send_mail(f"invitations/mail/{kind}", to=to, language=language, context=context, headers=headers)
    except UnmailableAddress:
        raise MailError(Invitation.MailProblem.ADDRESS_UNUSABLE) from None
    except smtplib.SMTPRecipientsRefused as refused:
        problem = (
            Invitation.MailProblem.ADDRESS_REFUSED if is_for_good(refused) else Invitation.MailProblem.NOT_DELIVERED
        )
        raise MailError(problem) from None
    except OSError as error:  # smtplib's errors and the network's
        raise MailError(Invitation.MailProblem.NOT_DELIVERED) from error
