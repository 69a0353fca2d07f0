"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class ApiAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    TOKEN_MADE = "api.token_made", _("Made the API token %(target)s (%(scopes)s), good until %(until)s")
    TOKEN_REVOKED = "api.token_revoked", _("Revoked the API token %(target)s")
