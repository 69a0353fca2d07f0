"""Inviting people into a Sales account."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import SalesAccount, Team, User
from accounts.permissions import Role
from common.address_fields import AddressField
from connections.credentials import CredentialField
from invitations.querysets import CsvUploadQuerySet, InvitationQuerySet

# After this time a mail that was begun and not finished counts as failed: its worker died.
MAIL_TIME_LIMIT = timedelta(minutes=5)
# How long an invitation can be accepted, from its mail on.
LIFETIME = timedelta(days=7)


class Invitation(models.Model):
    """An offer to join a Sales account, mailed to one address. Only the hash of its token is kept."""

    class Purpose(models.TextChoices):
        """Which mail goes out."""

        FIRST_ADMIN = "first_admin", _("First admin")
        USER = "user", _("User")
        SALESFORCE_STEPS = "salesforce_steps", _("Salesforce steps")

    class State(models.TextChoices):
        """What a person sees; computed from the columns and the time."""

        SENDING = "sending", _("Being sent")
        WAITING = "waiting", _("Waiting")
        NOT_SENT = "not_sent", _("Mail failed")
        PENDING = "pending", _("Pending")
        EXPIRED = "expired", _("Expired")
        ACCEPTED = "accepted", _("Accepted")
        REVOKED = "revoked", _("Revoked")

    class MailProblem(models.TextChoices):
        """Why the mail could not be handed over."""

        ADDRESS_REFUSED = (
            "address_refused",
            _("The mail server refused this address. Check its spelling; revoke this invitation and invite again."),
        )
        ADDRESS_UNUSABLE = (
            "address_unusable",
            _("No mail can be sent to this address. Revoke this invitation, and invite the person at another address."),
        )
        NOT_DELIVERED = (
            "not_delivered",
            _("The mail server did not take the mail. It is tried again by itself; press Resend to try now."),
        )
        INTERRUPTED = (
            "interrupted",
            _("Sending was interrupted, and the mail may not have gone out. It is sent again by itself in a moment."),
        )

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="invitations")
    email = AddressField(_("email address"))
    name = models.CharField(_("name"), max_length=150, blank=True)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.USER)
    teams = models.ManyToManyField(Team, blank=True, related_name="+")
    # Of the mails, unless the address has a user with a language of their own.
    language = models.CharField(max_length=5, choices=settings.LANGUAGES, default="en")
    purpose = models.CharField(max_length=20, choices=Purpose.choices, default=Purpose.USER)
    # The step of the Setup guide that a Salesforce admin is asked to do (2, 6 or 7).
    step = models.PositiveSmallIntegerField(null=True)
    # Hex SHA-256 of the token; empty until the mail is made. Once it is sent the token exists only in the mail.
    token_hash = models.CharField(max_length=64, blank=True)
    # The token itself, encrypted, while the mail is being sent: a second try must be the same mail.
    mail_token = CredentialField(blank=True, default="")
    # The same for the link in the reminder: both links work, so that a lost reminder loses nothing.
    reminder_token_hash = models.CharField(max_length=64, blank=True)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    accepted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    # A worker claims the mail by setting this; only one can.
    mail_begun_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    # Set while the day's limit of mails keeps it back, or until it is tried again.
    send_after = models.DateTimeField(null=True)
    # A worker claims the reminder by setting this; only one can.
    reminded_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    mail_problem = models.CharField(max_length=20, blank=True, choices=MailProblem.choices)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "account",
                "email",
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_one_open_per_address",
            ),
            models.UniqueConstraint("token_hash", condition=~Q(token_hash=""), name="invitation_token_unique"),
            models.UniqueConstraint(
                "reminder_token_hash", condition=~Q(reminder_token_hash=""), name="invitation_reminder_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.account}"

    @property
    def is_open(self) -> bool:
        """True while it can be accepted."""
        return not self.accepted_at and not self.revoked_at and self.expires_at > timezone.now()

    @property
    def state(self) -> State:
        if self.accepted_at:
            return self.State.ACCEPTED
        if self.revoked_at:
            return self.State.REVOKED
        if self.expires_at <= timezone.now():
            return self.State.EXPIRED
        if self.sent_at:
            return self.State.PENDING
        if self.send_after and self.send_after > timezone.now() and not self.mail_problem:
            return self.State.WAITING
        return self.State.NOT_SENT if self.mail_trouble else self.State.SENDING

    @property
    def mail_trouble(self) -> str:
        """A sentence about the mail for the person who invited; empty when there is nothing to do."""
        if self.mail_problem:
            return str(self.MailProblem(self.mail_problem).label)
        is_stuck = self.mail_begun_at and not self.sent_at and self.mail_begun_at < timezone.now() - MAIL_TIME_LIMIT
        return str(self.MailProblem.INTERRUPTED.label) if is_stuck else ""


class CsvUpload(models.Model):
    """A file of people to invite, kept between the two pages of Invite Users via CSV, for a day at most."""

    account = models.ForeignKey(SalesAccount, on_delete=models.CASCADE, related_name="+")
    uploaded_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # As it came: its encoding can still be chosen on the second page.
    data = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CsvUploadQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.uploaded_by}, {self.created_at}"
