"""
Handing an invitation's mail and its reminder to the mail server, within the day's limits: the mail at least once, the
reminder at most once.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.occurrences import begin, end_all_but
from common import mail_limits
from invitations import emails
from invitations.events import MAIL_FAILED
from invitations.models import LIFETIME, Invitation
from invitations.tokens import hash_token, new_token

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
# As many as two mailers hand over in a minute to a server that takes a tenth of a second for one.
OVERDUE_AT_ONCE = 1_000


def deliver(invitation_id: int) -> None:
    """
    Send the mail, unless another worker is about it or nobody can accept any more.

    Until it is sent the row keeps its token, encrypted: whoever takes it up after a worker that died, or a mail server
    that did not answer, sends the same mail under the same Message-ID, of which mailboxes show one. Beyond the limits
    of the day it is put off to the next one, and keeps its whole lifetime.
    Raises emails.MailError, after noting the problem for the person who invited, and when it is tried again.
    """
    begun_at = timezone.now()
    if not Invitation.objects.unsent().filter(pk=invitation_id).update(mail_begun_at=begun_at):
        return
    # Whoever presses Resend or Revoke meanwhile wins: these updates then find nothing.
    mine = Invitation.objects.undecided().filter(pk=invitation_id, mail_begun_at=begun_at)
    invitation = mine.select_related("account", "invited_by").first()
    token = (invitation and invitation.mail_token) or new_token()
    if not invitation or not mine.update(token_hash=hash_token(token), mail_token=token):
        return
    sender = mail_limits.admin(invitation.invited_by_id) if invitation.invited_by_id else None
    taken = mail_limits.acquire(scope=invitation.account.slug, email=invitation.email, sender=sender)
    if not taken:
        day = mail_limits.next_day()
        mine.update(mail_begun_at=None, send_after=day, expires_at=day + LIFETIME, mail_problem="")
        return
    try:
        emails.send_invitation(invitation, token)
    except emails.MailError as error:
        mail_limits.release(taken)
        with transaction.atomic():
            mine.update(mail_begun_at=None, mail_problem=error.problem, send_after=_next_try(invitation))
            tell_of_failure(invitation, error.problem)
        raise
    mine.update(sent_at=timezone.now(), mail_problem="", mail_token="")


def _next_try(invitation: Invitation) -> datetime:
    """The longer it has been tried in vain, the later."""
    now = timezone.now()
    tried_for = now - (invitation.expires_at - LIFETIME)
    return now + min(max(tried_for / 2, SHORTEST_PAUSE), LONGEST_PAUSE)


def tell_of_failure(invitation: Invitation, problem: Invitation.MailProblem) -> None:
    """Of all that fail in an account at the same time once, with the problem of the last."""
    link = reverse("members:users")
    begin(MAIL_FAILED, account=invitation.account, link=link, concerned=invitation.invited_by, problem=problem.value)


def watch_mails() -> None:
    """It is over where every open invitation has its mail; one that is just being sent may fail again."""
    end_all_but(MAIL_FAILED, _failing)


def _failing() -> set[tuple[int, str]]:
    unsent = Invitation.objects.open().filter(sent_at=None).values_list("account", flat=True)
    return {(account_id, "") for account_id in unsent}


def remind(invitation_id: int) -> None:
    """Send the reminder with a link of its own, unless another worker has begun it or it is not due.

    Raises emails.MailError; the reminder is then due again, unless the mail server refused the address for good.
    """
    token = new_token()
    claim = {"reminder_token_hash": hash_token(token), "reminded_at": timezone.now()}
    if not Invitation.objects.unreminded().filter(pk=invitation_id).update(**claim):
        return
    mine = Invitation.objects.select_related("account", "invited_by").filter(
        reminder_token_hash=claim["reminder_token_hash"]
    )
    invitation = mine.get()
    taken = mail_limits.acquire(scope=invitation.account.slug, email=invitation.email)
    if not taken:
        mine.update(reminder_token_hash="", reminded_at=None)
        return
    try:
        emails.send_reminder(invitation, token)
    except emails.MailError as error:
        mail_limits.release(taken)
        if not error.is_final:
            mine.update(reminder_token_hash="", reminded_at=None)
        raise


def overdue() -> list[int]:
    """
    Ids of invitations whose mail is to be sent now, and that the queue may have lost. It may also just be long: asked
    every minute for all of them it would grow faster than it is worked off. By lot, so that none waits for the others.
    """
    before = timezone.now() - timedelta(minutes=2)
    waiting = Invitation.objects.unsent().filter(created_at__lt=before).exclude(mail_problem__in=emails.FINAL_PROBLEMS)
    return list(waiting.order_by("?").values_list("pk", flat=True)[:OVERDUE_AT_ONCE])
