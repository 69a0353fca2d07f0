"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class PackageAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    ITEM_TICKED = "salesforce_package.item_ticked", _("Ticked off the item %(target)s of the Salesforce package")
    ITEM_UNTICKED = (
        "salesforce_package.item_unticked",
        _("Took back the tick of the item %(target)s of the Salesforce package"),
    )
