"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class SignInAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    LINKED = "sign_in.linked", _("Linked their Salesforce user (%(salesforce_user)s) for signing in")
    UNLINKED = "sign_in.unlinked", _("Removed the link to their Salesforce user for signing in")
