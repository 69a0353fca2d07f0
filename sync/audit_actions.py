"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class SyncAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    CANCELLED = "sync.cancelled", _("Cancelled the data sync %(target)s")
    PAUSED = "sync.paused", _("Paused the data sync %(target)s")
    RESUMED = "sync.resumed", _("Resumed the data sync %(target)s")
    STARTED = "sync.started", _("Started the data sync %(target)s")
