"""From which org an account's copy comes, and whether it is moving to another."""

from django.utils import timezone

from accounts.models import SalesAccount, User
from accounts.services import record
from connections.orgs import CopiedOrg, OrgMove
from salesforce_orgs.audit_actions import OrgAction


def copied_org(account: SalesAccount) -> CopiedOrg | None:
    """The org that the account's copy was made from; None before the first connection."""
    org: CopiedOrg | None = CopiedOrg.objects.for_account(account).first()
    return org


def move_under_way(account: SalesAccount) -> OrgMove | None:
    """The move after which people of the copy may not be in the new org yet."""
    return OrgMove.objects.for_account(account).under_way().first()


def settle_move(move: OrgMove, *, by: User | None = None) -> None:
    """From now on, whoever is not in the new org leaves the copy as anybody does. Without `by`, everybody is in it."""
    if OrgMove.objects.for_account(move.account).under_way().filter(pk=move.pk).update(settled_at=timezone.now()):
        record(account=move.account, actor=by, action=OrgAction.MOVE_SETTLED, target=str(move))
