"""What people do in this room, as the audit trail keeps and tells it; the codes are from before this room."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class MoveAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    MOVED = "connections.moved", _("Moved the Sales account to another Salesforce org (%(target)s)")
