"""What people do in this room, as the audit trail keeps and tells it; the codes are from before this room."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class OrgAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    MOVE_OFFERED = (
        "connections.move_offered",
        _("Connected to another Salesforce org; the move waits for a decision (%(target)s)"),
    )
    MOVE_CANCELLED = (
        "connections.move_cancelled",
        _("Cancelled the move to another Salesforce org (%(target)s)"),
    )
    MOVE_SETTLED = (
        "connections.move_settled",
        _("The move to another Salesforce org has ended (%(target)s)"),
    )
    SALESFORCE_CONNECTED = (
        "connections.salesforce_connected",
        _("Connected the Sales account to Salesforce (%(target)s)"),
    )
    SALESFORCE_OWN_CONNECTED = (
        "connections.salesforce_own_connected",
        _("Connected their own user to Salesforce (%(target)s)"),
    )
    SALESFORCE_OWN_DISCONNECTED = (
        "connections.salesforce_own_disconnected",
        _("Disconnected their own user from Salesforce (%(target)s)"),
    )
