"""What people do in this room, as the audit trail keeps and tells it; the codes are from before this room."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class InstanceAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    ADMIN_ROLES_CHANGED = (
        "connections.admin_roles_changed",
        _("Let these roles of Marketo open the Marketo pages: %(target)s"),
    )
    ALLOWANCE_CHANGED = (
        "connections.allowance_changed",
        _("Marketo %(target)s: %(calls)s calls and %(megabytes)s MB of exports a day, of which %(percent)s%% here"),
    )
    ADMIN_REMOVED = "connections.instance_admin_removed", _("Took the Marketo pages of %(target)s from %(admin)s")
    REGISTERED = "connections.instance_registered", _("Registered the Marketo instance %(target)s")
    MARKETO_CONNECTED = "connections.marketo_connected", _("Connected the Sales account to Marketo (%(target)s)")
    MARKETO_TAKEN_OVER = (
        "connections.marketo_taken_over",
        _("Took over the connection to Marketo (%(target)s) from %(owner_was)s"),
    )
