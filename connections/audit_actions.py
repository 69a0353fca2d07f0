"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class ConnectionAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    MARKETO_CONNECTED = "connections.marketo_connected", _("Connected the Sales account to Marketo (%(target)s)")
    MARKETO_DISCONNECTED = (
        "connections.marketo_disconnected",
        _("Disconnected the Sales account from Marketo (%(target)s)"),
    )
    MOVE_OFFERED = (
        "connections.move_offered",
        _("Connected to another Salesforce org; the move waits for a decision (%(target)s)"),
    )
    MOVE_CANCELLED = (
        "connections.move_cancelled",
        _("Cancelled the move to another Salesforce org (%(target)s)"),
    )
    MOVED = "connections.moved", _("Moved the Sales account to another Salesforce org (%(target)s)")
    MOVE_SETTLED = (
        "connections.move_settled",
        _("The move to another Salesforce org has ended (%(target)s)"),
    )
    MARKETO_TAKEN_OVER = (
        "connections.marketo_taken_over",
        _("Took over the connection to Marketo (%(target)s) from %(owner_was)s"),
    )
    SALESFORCE_KEY_REPLACED = (
        "connections.salesforce_key_replaced",
        _("The next key of the Salesforce app %(target)s took the place of the old one"),
    )
    SALESFORCE_CONNECTED = (
        "connections.salesforce_connected",
        _("Connected the Sales account to Salesforce (%(target)s)"),
    )
    SALESFORCE_DISCONNECTED = (
        "connections.salesforce_disconnected",
        _("Disconnected the Sales account from Salesforce (%(target)s)"),
    )
    SALESFORCE_OWN_CONNECTED = (
        "connections.salesforce_own_connected",
        _("Connected their own user to Salesforce (%(target)s)"),
    )
    SALESFORCE_OWN_DISCONNECTED = (
        "connections.salesforce_own_disconnected",
        _("Disconnected their own user from Salesforce (%(target)s)"),
    )
