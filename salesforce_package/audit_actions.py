"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.audit import reads, register


@register
class PackageAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    ITEM_TICKED = "salesforce_package.item_ticked", _("Ticked “%(target)s” in the Salesforce package")
    TEST_ACTIVITY_LOGGED = (
        "salesforce_package.test_activity_logged",
        _("Logged a test activity on the record %(target)s in Salesforce"),
    )
    ITEM_UNTICKED = (
        "salesforce_package.item_unticked",
        _("Unticked “%(target)s” in the Salesforce package"),
    )


reads(PackageAction.ITEM_TICKED, PackageAction.ITEM_UNTICKED, target=gettext)
