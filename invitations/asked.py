"""Who has asked somebody for steps of the Setup guide."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from accounts.models import AuditEvent, SalesAccount, User
from invitations.audit_actions import InvitationAction
from invitations.models import Invitation


def askers_of(account: SalesAccount, steps: Collection[int]) -> QuerySet[User]:
    """By an invitation, or as the audit trail tells of those who were members already."""
    invited = Invitation.objects.for_account(account).filter(step__in=steps)
    asked = AuditEvent.objects.for_account(account).filter(
        action=InvitationAction.STEP_ASKED, details__step__in=list(steps)
    )
    found: QuerySet[User] = User.objects.filter(
        Q(pk__in=invited.values("invited_by")) | Q(pk__in=asked.values("actor"))
    )
    return found
