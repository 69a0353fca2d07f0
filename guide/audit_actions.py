"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class GuideAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    MARKETO_SECRET_SHOWN = "guide.marketo_secret_shown", _("Looked at the credentials for Marketo")
