"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class ConnectionAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    SALESFORCE_DISCONNECTED = (
        "connections.salesforce_disconnected",
        _("Disconnected the Sales account from Salesforce (%(target)s)"),
    )
    MARKETO_DISCONNECTED = (
        "connections.marketo_disconnected",
        _("Disconnected the Sales account from Marketo (%(target)s)"),
    )
    SALESFORCE_KEY_REPLACED = (
        "connections.salesforce_key_replaced",
        _("The next key of the Salesforce app %(target)s took the place of the old one"),
    )
