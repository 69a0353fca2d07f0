"""What people do in this room, as the audit trail keeps and tells it; the codes are from before this room."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class AppAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    ENTERED = "connections.salesforce_app_entered", _("Entered the Salesforce app %(target)s")
    REPLACED = (
        "connections.salesforce_app_replaced",
        _("Replaced key and secret of the Salesforce app %(target)s"),
    )
    REMOVED = "connections.salesforce_app_removed", _("Removed the Salesforce app %(target)s")
    KEY_MADE = "connections.salesforce_key_made", _("Made a key for the Salesforce app %(target)s")
