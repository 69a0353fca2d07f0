"""
Offers to move an account to another org than the one its copy was made from.

Whoever connects to another org replaces nothing: the new connection waits, encrypted, until somebody who decides about
people has seen what would become of them. The move itself is done by org_moves.services.
"""

import json
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Member, SalesAccount, User
from accounts.occurrences import begin, end
from accounts.permissions import Permission
from accounts.services import record
from connections.orgs import OrgMove
from connections.querysets import OrgMoveQuerySet
from connections.services.revocation import abandon_offer, revoke_soon
from problems.codes import ProblemCode
from problems.messages import ConnectionProblem
from salesforce_orgs.audit_actions import OrgAction
from salesforce_orgs.events import MOVE_WAITS
from salesforce_orgs.moves import copied_org

# Whoever can connect to the org need not be whoever decides about the people.
OFFERED_FOR = timedelta(days=1)


class OtherOrgError(ConnectionProblem):
    """Somebody has connected to another org than the one of the copy: the move to it waits for a decision."""

    def __init__(self) -> None:
        super().__init__(ProblemCode.SALESFORCE_OTHER_ORG)


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
    record(account=account, actor=by, action=OrgAction.MOVE_OFFERED, target=str(move))
    begin(MOVE_WAITS, account=account, link=reverse("guide:org_move"), org=move.from_org_name, new_org=move.org_name)
    return move


def offered_move(account: SalesAccount) -> OrgMove | None:
    """The move that waits for a decision, unless it has waited for too long."""
    return _offers_to(account).first()


def hold_offer(account: SalesAccount) -> None:
    """
    Keep others from what is offered until the transaction ends. Whoever withdraws it and changes connections holds it
    first, as a move does: its row, then those of the connections, then the turn of the audit trail.
    """
    list(OrgMove.objects.for_account(account).offered().select_for_update().values_list("pk"))


def withdraw_offer_of(*, account: SalesAccount, user: User) -> None:
    """Forget what somebody has offered from whom this transaction takes the right to connect the account."""
    for move_id in OrgMove.objects.for_account(account).offered().filter(offered_by=user).values_list("pk", flat=True):
        withdraw_move(account, by=None, move_id=move_id)


@transaction.atomic
def withdraw_move(account: SalesAccount, *, by: User | None, move_id: int | None = None) -> bool:
    """
    Forget what is offered to an account, if anything, or that one offer; `by` is None where nobody decided that. The
    old connection was never touched, and the new tokens are revoked.

    False when there is nothing to forget, as where somebody has decided about it already.
    """
    offers = OrgMove.objects.for_account(account).offered().select_for_update()
    move = offers.first() if move_id is None else offers.filter(pk=move_id).first()
    if move is None:
        return False
    revoke_soon(abandon_offer(move))
    end(MOVE_WAITS, account=account)
    record(account=account, actor=by, action=OrgAction.MOVE_CANCELLED, target=str(move))
    return True


def withdraw_old_moves() -> None:
    """Nobody has decided in time: nothing is changed."""
    old = OrgMove.objects.offered().filter(offered_at__lte=timezone.now() - OFFERED_FOR).select_related("account")
    for move in old:
        # That one alone: somebody may have made a new offer since.
        withdraw_move(move.account, by=None, move_id=move.pk)


def find_offer(account: SalesAccount, move_id: int) -> OrgMove | None:
    """The offered move that was shown; None when somebody has decided already."""
    return _offers_to(account).filter(pk=move_id).first()


def take_offer(account: SalesAccount, move_id: int) -> OrgMove | None:
    """The same, its row held by this transaction."""
    return _offers_to(account).filter(pk=move_id).select_for_update(of=("self",)).first()


def _offers_to(account: SalesAccount) -> OrgMoveQuerySet:
    """What is offered to an account by somebody who still may, and has not waited for too long."""
    makers = Member.objects.for_account(account).who_may(Permission.CONNECT_SALESFORCE)
    offered = OrgMove.objects.for_account(account).offered().filter(offered_at__gt=timezone.now() - OFFERED_FOR)
    return offered.filter(offered_by__in=makers.values("user")).select_related("account", "offered_by")
