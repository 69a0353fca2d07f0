"""
What a move to another Salesforce org means for the copy: what was read from the old one counts no more, and nobody
leaves for not being in the new one until the move is settled.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import SalesAccount, User
from accounts.services import RefusedError
from connections.orgs import OrgMove
from salesforce_orgs.moves import move_under_way, settle_move
from sync.models import Person, SyncRun

# Columns of the copy that hold ids of records and users of Salesforce, or what goes with them.
RECORD_COLUMNS = (
    "salesforce_lead_id",
    "salesforce_contact_id",
    "salesforce_account_id",
    "salesforce_opportunity_id",
    "owner_id",
    "owner_name",
)


@dataclass(frozen=True)
class CopyOfOrg:
    """What of an account's copy hangs on the org it was made from."""

    people: int
    running: SyncRun | None
    stopped: list[SyncRun]


def copy_of(account: SalesAccount) -> CopyOfOrg:
    runs = SyncRun.objects.for_account(account)
    return CopyOfOrg(
        people=Person.objects.for_account(account).live().exclude(owner_id="").count(),
        running=runs.unfinished().first(),
        stopped=list(runs.waiting_for_a_decision()),
    )


def people_not_found(account: SalesAccount) -> int:
    """Whose records the new org has not shown: what the first full run after a move has let go of is not there."""
    return Person.objects.for_account(account).live().filter(owner_id="").count()


def needs_full_run(account: SalesAccount) -> bool:
    """Has nobody been read from the new org yet?"""
    move = move_under_way(account)
    if move is None:
        return False
    read = SyncRun.objects.for_account(account).full().filter(created_at__gte=move.moved_at)
    return not read.last_success()


@transaction.atomic
def end_move(move: OrgMove, *, by: User) -> None:
    """
    From now on, whoever is not in the new org leaves the copy.

    Raises RefusedError before a full run has read the new org: until then nobody would be found in it.
    """
    if needs_full_run(move.account):
        raise RefusedError(_("Nobody has been read from the new org yet. End the move after its first full run."))
    settle_move(move, by=by)


def was_before_move(run: SyncRun) -> bool:
    """Has the account moved since the run began? What it has read is of the old org."""
    return OrgMove.objects.for_account(run.account).filter(moved_at__gt=run.created_at).exists()


def move_of(run: SyncRun) -> OrgMove | None:
    """The move that was under way when the run began."""
    return OrgMove.objects.for_account(run.account).under_way_at(run.created_at).order_by("-moved_at").first()


def has_old_ids(run: SyncRun) -> bool:
    """Would taking the run back bring ids of an old org into the copy?"""
    return (
        OrgMove.objects.for_account(run.account)
        .filter(Q(settled_at=None) | Q(settled_at__gte=run.created_at), moved_at__isnull=False)
        .exists()
    )
