"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.audit import reads, register


@register
class DiagnosticsAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    HELP_LINK_MADE = (
        "diagnostics.help_link_made",
        _("Made a link that asks somebody outside the Sales account for help (%(target)s)"),
    )


reads(DiagnosticsAction.HELP_LINK_MADE, target=gettext)
