"""What people do in this room, as the audit trail keeps and tells it; the codes are from before this room."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class RightsAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    MARKETO_ACCESS_GRANTED = (
        "connections.marketo_access_granted",
        _("Let %(target)s use the connection to Marketo in the workspace %(workspace)s"),
    )
    MARKETO_ACCESS_REMOVED = (
        "connections.marketo_access_removed",
        _("Removed %(target)s from those who use the connection to Marketo"),
    )
