"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class MemberAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    REMOVED = "members.removed", _("Removed %(target)s from the Sales account; %(receiver)s received what they owned")
    USER_DELETED = "members.user_deleted", _("Deleted the user %(target)s, who was no member any more")
