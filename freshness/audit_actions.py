"""What people do in this room, as the audit trail keeps and tells it; the codes are from before this room."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class FreshnessAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    FRESHNESS_EXPORTED = "sync.freshness_exported", _("Downloaded how fresh the copy was (%(target)s)")
    PROMISE_CHANGED = "sync.promise_changed", _("Promised that changes arrive within %(minutes)s minutes")
