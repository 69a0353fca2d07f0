"""What people do in this room, as the audit trail keeps and tells it."""

from datetime import date

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.audit import reads, register
from api.scopes import Scope


@register
class ApiAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    TOKEN_MADE = "api.token_made", _("Made the API token %(target)s (%(scopes)s), good until %(until)s")
    TOKEN_REVOKED = "api.token_revoked", _("Revoked the API token %(target)s")


def _day(until: str) -> str:
    return date_format(date.fromisoformat(until))


reads(ApiAction.TOKEN_MADE, scopes=lambda scope: dict(Scope.choices).get(scope, scope), until=_day)
