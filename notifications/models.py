"""Where messages go, the messages that are on their way, and how far somebody has read."""

import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Member, Occurrence, SalesAccount, User
from common.events import Event
from connections.credentials import CredentialField
from notifications.querysets import ChannelQuerySet, DeliveryQuerySet


class ChannelKind(models.TextChoices):
    """How messages are handed over."""

    EMAIL = "email", _("Email")
    SLACK = "slack", _("Slack")
    TEAMS = "teams", _("Teams")
    WEBHOOK = "webhook", _("Webhook")


class Pace(models.TextChoices):
    """When messages that are not urgent are sent."""

    AT_ONCE = "at_once", _("At once")
    HOURLY = "hourly", _("Together, every hour")
    DAILY = "daily", _("Together, every morning at 8")


class Trouble(models.TextChoices):
    """Why a channel did not take a message."""

    TIMEOUT = "timeout", _("It did not answer in time.")
    UNREACHABLE = "unreachable", _("It could not be reached.")
    CERTIFICATE = "certificate", _("Its certificate is not valid.")
    FORBIDDEN_HOST = "forbidden_host", _("Its address does not lead to the public internet.")
    REDIRECTED = "redirected", _("It answered that it has moved. Enter the new address.")
    REFUSED = "refused", _("It refused the message. Check the address.")
    GONE = "gone", _("It answered that it is gone for good. Make a new address there.")
    BUSY = "busy", _("It is busy or out of order.")
    UNREADABLE = "unreadable", _("Its stored address cannot be read any more. Enter it again.")
    MAIL_SERVER = "mail_server", _("The mail server did not take the message.")
    ADDRESS_REFUSED = "address_refused", _("The mail server refused the email address.")


class Channel(models.Model):
    """Where messages go: of an account, of one of its members, or of one of the ops staff for every account."""

    account = models.ForeignKey(SalesAccount, null=True, on_delete=models.CASCADE, related_name="+")
    # Whose own it is; it ends with their place in the account.
    member = models.ForeignKey(Member, null=True, on_delete=models.CASCADE, related_name="+")
    # Of the ops staff.
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("Kind"), max_length=10, choices=ChannelKind.choices)
    # Whoever knows the address of a chat may write there.
    address = CredentialField(_("Address"), blank=True)
    # Signs what webhooks are sent.
    secret = CredentialField(blank=True)
    # Keys of the events that were chosen; null for those that are told by default.
    events = models.JSONField(null=True)
    pace = models.CharField(_("When"), max_length=10, choices=Pace.choices, default=Pace.AT_ONCE)
    quiet_from = models.TimeField(_("Quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("until"), null=True, blank=True)
    # Of a chat or a program; a mail is in the language and the time zone of its reader.
    language = models.CharField(_("Language"), max_length=5, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("Time zone"), max_length=50, default="UTC")
    last_sent_at = models.DateTimeField(null=True)
    # Since when nothing was taken, and why; empty while it works.
    failing_since = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=20, choices=Trouble.choices, blank=True)
    # When an Admin said that the account's mails are right as they are, or changed them.
    settled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(account__isnull=False, user=None) | Q(account=None, member=None, user__isnull=False),
                name="channel_is_somebodys",
            ),
            models.UniqueConstraint(
                fields=["account", "member", "user"],
                condition=Q(kind=ChannelKind.EMAIL),
                nulls_distinct=False,
                name="channel_one_mail_each",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.host}".strip()

    @property
    def owner(self) -> User | None:
        """Whose own it is; None for the account's."""
        return self.member.user if self.member else self.user

    @property
    def whose(self) -> str:
        """Whoever must not keep others waiting: an account with all its members, or one of the ops staff."""
        return f"account-{self.account_id}" if self.account_id else f"user-{self.user_id}"

    @property
    def host(self) -> str:
        """What may be shown of the address."""
        return urlsplit(self.address).hostname or ""

    @property
    def is_unreadable(self) -> bool:
        """Is its address there, but encrypted with a key that is gone?"""
        return not self.is_mail and not (self.address and (self.secret or self.kind != ChannelKind.WEBHOOK))

    @property
    def is_mail(self) -> bool:
        return self.kind == ChannelKind.EMAIL

    def wants(self, event: Event, *, is_of_account: bool) -> bool:
        """
        Was the event chosen? Ops staff who have chosen nothing hear of what concerns the operator alone. What is told
        to one person alone is for that person to choose: the account's mails tell it.
        """
        if event.is_personal and self.owner is None:
            return True
        if self.events is not None:
            return event.key in self.events
        if self.user_id:
            return event.is_for_operators and not is_of_account
        return event.is_default and is_of_account


class Phase(models.TextChoices):
    """Which of an occurrence's two messages it is."""

    BEGIN = "begin", _("begins")
    END = "end", _("is over")


class Delivery(models.Model):
    """One message on its way to one receiver. The lock of its row is the claim of whoever hands it over."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    occurrence = models.ForeignKey(Occurrence, on_delete=models.CASCADE, related_name="+")
    phase = models.CharField(max_length=5, choices=Phase.choices)
    # Whom a mail is for.
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    # By which the receiver knows a message that comes twice.
    message_id = models.UUIDField(default=uuid.uuid4, unique=True)
    # When it goes out together with others; empty for one that goes alone.
    digest_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="delivery_due", condition=Q(sent_at=None, given_up_at=None))]
        constraints = [
            models.UniqueConstraint(
                fields=["occurrence", "phase", "channel", "user"], nulls_distinct=False, name="delivery_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.occurrence} {self.phase}"


class BellMark(models.Model):
    """How far somebody has read what the bell shows."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user} {self.seen_at}"
