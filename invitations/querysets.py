"""How rows of this room are read: always through the account they belong to, or by the token of a mail."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import SalesAccount, User

if TYPE_CHECKING:
    from invitations.models import CsvUpload, Invitation  # noqa: F401 - named in strings below

UPLOAD_LIFETIME = timedelta(days=1)
# Whoever has not accepted by then gets one more mail.
REMIND_AFTER = timedelta(days=3)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def for_account(self, account: SalesAccount) -> InvitationQuerySet:
        return self.filter(account=account)

    def undecided(self) -> InvitationQuerySet:
        """Neither accepted nor revoked; perhaps expired."""
        return self.filter(accepted_at=None, revoked_at=None)

    def open(self) -> InvitationQuerySet:
        """Can be accepted now."""
        return self.undecided().filter(expires_at__gt=timezone.now())

    def outdated(self) -> InvitationQuerySet:
        """Accepted, revoked or expired so long ago that nobody asks for it any more."""
        oldest = timezone.now() - timedelta(days=settings.RECORD_DAYS)
        is_closed = Q(accepted_at__lt=oldest) | Q(revoked_at__lt=oldest) | Q(expires_at__lt=oldest)
        return self.filter(is_closed)

    def unsent(self) -> InvitationQuerySet:
        """Open, no worker that lives is about the mail, and it need not wait."""
        from invitations.models import MAIL_TIME_LIMIT

        now = timezone.now()
        is_free = Q(mail_begun_at=None) | Q(mail_begun_at__lt=now - MAIL_TIME_LIMIT)
        return self.open().filter(is_free, ~Q(send_after__gt=now), sent_at=None)

    def unreminded(self) -> InvitationQuerySet:
        """Open for days after the mail, and no worker has begun the reminder."""
        return self.open().filter(sent_at__lt=timezone.now() - REMIND_AFTER, reminded_at=None)

    def with_token(self, token_hash: str) -> Invitation | None:
        """The invitation that a link of its mail or of its reminder opens, or None."""
        links = Q(token_hash=token_hash) | Q(reminder_token_hash=token_hash)
        return self.select_related("account", "invited_by").filter(links).first()

    def in_state(self, state: Invitation.State) -> InvitationQuerySet:
        """The invitations whose `state` it is."""
        from invitations.models import MAIL_TIME_LIMIT, Invitation

        now = timezone.now()
        states = Invitation.State
        is_kept_back = Q(send_after__gt=now, mail_problem="")
        has_trouble = ~Q(mail_problem="") | Q(mail_begun_at__lt=now - MAIL_TIME_LIMIT)
        conditions = {
            states.ACCEPTED: self.exclude(accepted_at=None),
            states.REVOKED: self.filter(accepted_at=None).exclude(revoked_at=None),
            states.EXPIRED: self.undecided().filter(expires_at__lte=now),
            states.PENDING: self.open().exclude(sent_at=None),
            states.WAITING: self.open().filter(is_kept_back, sent_at=None),
            states.NOT_SENT: self.open().filter(has_trouble, sent_at=None).exclude(is_kept_back),
            states.SENDING: self.open().filter(sent_at=None).exclude(has_trouble | is_kept_back),
        }
        return conditions[state]

    def for_display(self) -> InvitationQuerySet:
        """With the inviter and the teams, the newest first."""
        return self.select_related("invited_by").prefetch_related("teams")


class CsvUploadQuerySet(models.QuerySet["CsvUpload"]):
    def of_person(self, account: SalesAccount, user: User) -> CsvUploadQuerySet:
        """Uploads that this person may still use."""
        newest = timezone.now() - UPLOAD_LIFETIME
        return self.filter(account=account, uploaded_by=user, created_at__gt=newest)

    def outdated(self) -> CsvUploadQuerySet:
        return self.filter(created_at__lte=timezone.now() - UPLOAD_LIFETIME)
