"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.audit import reads, register


@register
class NotificationAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    CHANNEL_ADDED = "notifications.channel_added", _("Added the channel %(target)s for notifications")
    CHANNEL_CHANGED = "notifications.channel_changed", _("Changed the channel %(target)s for notifications")
    CHANNEL_REMOVED = "notifications.channel_removed", _("Removed the channel %(target)s for notifications")
    EVENTS_CHOSEN = "notifications.events_chosen", _("Chose what is told by %(target)s")


def _channel(name: str) -> str:
    """A kind of channel, and the host of its address."""
    kind, _space, host = name.partition(" ")
    return " ".join([gettext(kind), host]).strip()


reads(*NotificationAction, target=_channel)
