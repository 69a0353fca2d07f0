"""What people do in this room, as the audit trail keeps and tells it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.audit import register


@register
class InvitationAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    ACCEPTED = "invitations.accepted", _("Joined the Sales account as %(role)s")
    CREATED = "invitations.created", _("Invited %(target)s as %(role)s")
    REPORT_EXPORTED = "invitations.report_exported", _("Downloaded the verdicts on a file of people to invite")
    RESENT = "invitations.resent", _("Sent the invitation to %(target)s again")
    REVOKED = "invitations.revoked", _("Revoked the invitation to %(target)s")
    STEP_ASKED = "invitations.step_asked", _("Asked %(target)s to do step %(step)s of the Setup guide")
