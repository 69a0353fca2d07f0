"""What operators do by command, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class OperatorAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    ACCOUNT_EXPORTED = "msi_admin.account_exported", _("Exported everything that is stored of the Sales account")
    ACCOUNT_OFFBOARDED = "msi_admin.account_offboarded", _("Erased the Sales account %(target)s")
