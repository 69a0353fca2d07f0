"""
Offers to move an account to another org than the one its copy was made from.

Whoever connects to another org replaces nothing: the new connection waits, encrypted, until somebody who decides about
people has seen what would become of them. What the rooms do in a move stands in guide.org_move.
"""

import json
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import SalesAccount, User
from accounts.services import record
from connections.audit_actions import ConnectionAction
from connections.messages import ConnectionProblem
from connections.models import OrphanedToken
from connections.orgs import CopiedOrg, OrgMove
from connections.problem_codes import ProblemCode
from connections.services.revocation import revoke

# Whoever can connect to the org need not be whoever decides about the people.
OFFERED_FOR = timedelta(days=1)


class OtherOrgError(ConnectionProblem):
    """Somebody has connected to another org than the one of the copy: the move to it waits for a decision."""

    def __init__(self) -> None:
        super().__init__(ProblemCode.SALESFORCE_OTHER_ORG)


def copied_org(account: SalesAccount) -> CopiedOrg | None:
    """The org that the account's copy was made from; None before the first connection."""
    org: CopiedOrg | None = CopiedOrg.objects.for_account(account).first()
    return org


def offer_move(*, account: SalesAccount, by: User, values: dict[str, Any]) -> OrgMove:
    """Keep a connection to another org until somebody decides; an older offer was withdrawn before."""
    known = copied_org(account)
    assert known  # noqa: S101 (there is no other org without one)
    move = OrgMove.objects.create(
        account=account,
        from_org_id=known.org_id,
        from_org_name=known.org_name,
        connection=json.dumps(values),
        offered_by=by,
        **{name: values[name] for name in ("org_id", "org_name", "is_sandbox", "username")},
    )
    record(account=account, actor=by, action=ConnectionAction.MOVE_OFFERED, target=str(move))
    return move


def offered_move(account: SalesAccount) -> OrgMove | None:
    """The move that waits for a decision, unless it has waited for too long."""
    oldest = timezone.now() - OFFERED_FOR
    return OrgMove.objects.for_account(account).offered().filter(offered_at__gt=oldest).first()


def move_under_way(account: SalesAccount) -> OrgMove | None:
    """The move after which people of the copy may not be in the new org yet."""
    return OrgMove.objects.for_account(account).under_way().first()


def cancel_move(move: OrgMove, *, by: User) -> None:
    """Take an offer back: the old connection was never touched, and the new tokens are revoked."""
    with transaction.atomic():
        orphan = withdraw_move(move.account)
        if orphan:
            record(account=move.account, actor=by, action=ConnectionAction.MOVE_CANCELLED, target=str(move))
    if orphan:
        revoke(orphan)


@transaction.atomic
def withdraw_move(account: SalesAccount) -> OrphanedToken | None:
    """Forget what is offered to an account, if anything; its token is to be revoked after the transaction."""
    move = OrgMove.objects.for_account(account).offered().select_for_update().first()
    if move is None:
        return None
    values = unsealed(move)
    token = values.get("refresh_token") or values.get("access_token") or ""
    orphan = OrphanedToken.objects.create(login_origin=values.get("login_origin", ""), token=token)
    move.delete()
    return orphan


def withdraw_old_moves() -> None:
    """Nobody has decided in time: nothing is changed."""
    old = OrgMove.objects.offered().filter(offered_at__lte=timezone.now() - OFFERED_FOR).select_related("account")
    for move in old:
        orphan = withdraw_move(move.account)
        if orphan:
            revoke(orphan)


def take_offer(account: SalesAccount, move_id: int) -> OrgMove | None:
    """The offered move, its row held by this transaction; None when somebody has decided already."""
    oldest = timezone.now() - OFFERED_FOR
    offered = OrgMove.objects.for_account(account).offered().filter(offered_at__gt=oldest, pk=move_id)
    return offered.select_for_update(of=("self",)).select_related("account", "offered_by").first()


def settle_move(move: OrgMove, *, by: User | None = None) -> None:
    """From now on, whoever is not in the new org leaves the copy as anybody does. Without `by`, everybody is in it."""
    if OrgMove.objects.for_account(move.account).under_way().filter(pk=move.pk).update(settled_at=timezone.now()):
        record(account=move.account, actor=by, action=ConnectionAction.MOVE_SETTLED, target=str(move))


def unsealed(move: OrgMove) -> dict[str, Any]:
    """The columns of the connection that is offered; empty where no key can read them any more."""
    values: dict[str, Any] = json.loads(move.connection or "{}")
    return values
