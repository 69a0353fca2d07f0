"""Moving a Sales account to another Salesforce org: what becomes of everything that hangs on the old one."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Member, SalesAccount, User
from accounts.permissions import Permission
from clients.marketo.types import StaticList
from common.after_commit import after_commit
from connections.asking import PRESSES, asking
from connections.models import ConnectionStatus, MarketoConnection, SalesforceConnection
from connections.orgs import OrgMove
from org_moves.replacing import own_connections_to_end, replace_connection, try_offer
from problems.codes import ProblemCode
from problems.messages import ConnectionProblem
from salesforce_orgs.offers import take_offer
from salesforce_package.services import KeptOfOrg, kept_of, leave_org
from salesforce_package.tasks import check_package
from sign_in.links import links_to_org
from sync.models import SyncRun
from sync.moves import CopyOfOrg, copy_of
from sync.services import cancel_unasked, chosen_list, connection_problem, start_sync


@dataclass(frozen=True)
class WhatHangsOnIt:
    """What a move would touch, counted."""

    copy: CopyOfOrg
    # Is the account still connected to the old org?
    is_connected: bool
    own_connections: Sequence[SalesforceConnection]
    package: KeptOfOrg
    # Members who log in with Salesforce as their users of the old org.
    sign_ins: int
    # Without it no full run can follow at once.
    has_marketo: bool
    # The copy was made, or is being made; otherwise a person begins the first load.
    is_followed_by_run: bool


def what_hangs_on_it(move: OrgMove) -> WhatHangsOnIt:
    account = move.account
    return WhatHangsOnIt(
        copy=copy_of(account),
        is_connected=SalesforceConnection.objects.for_account(account).exists(),
        own_connections=list(own_connections_to_end(move)),
        package=kept_of(account, move.from_org_id),
        sign_ins=links_to_org(account, move.from_org_id),
        has_marketo=MarketoConnection.objects.for_account(account).filter(status=ConnectionStatus.CONNECTED).exists(),
        is_followed_by_run=_is_followed_by_run(account),
    )


def _is_followed_by_run(account: SalesAccount) -> bool:
    runs = SyncRun.objects.for_account(account)
    return bool(runs.last_success()) or _full_run(account) is not None


def _full_run(account: SalesAccount) -> SyncRun | None:
    """The run on its way that makes the copy, or makes it anew."""
    loading: SyncRun | None = SyncRun.objects.for_account(account).unfinished().full().filter(is_dry_run=False).first()
    return loading


def move_to_org(*, account: SalesAccount, move_id: int, by: User) -> OrgMove | None:
    """
    Do an offered move, whole or not at all; None when somebody has decided about it already.

    What follows the commit survives a kill: tokens are revoked every hour, notices and the full run are rows, and the
    package is looked at every night. Raises ConnectionProblem or SyncRefused; then nothing has changed.
    """
    with asking("org-move", account.pk, places=PRESSES):
        try_offer(account, move_id)
    with transaction.atomic():
        move = take_offer(account, move_id)
        if move is None:
            return None
        _check_allowed(account, by)
        is_followed, only = _is_followed_by_run(account), _list_to_read(account)
        _stop_reading(account)
        replace_connection(move, by=by)
        leave_org(account, move.from_org_id)
        after_commit(check_package.delay, account.pk)
        if is_followed and not connection_problem(account):
            # Nobody else's run can begin before the commit: an account has one at a time.
            start_sync(account=account, started_by=by, only=only)
    return move


def _check_allowed(account: SalesAccount, by: User) -> None:
    """In the seconds that the new org takes to answer the right may have been taken. Raises ConnectionProblem."""
    deciders = Member.objects.for_account(account).who_may(Permission.DECIDE_RUNS)
    if not deciders.filter(user=by).exists():
        raise ConnectionProblem(ProblemCode.SALESFORCE_NOT_ALLOWED)


def _list_to_read(account: SalesAccount) -> StaticList | None:
    """What the run that is stopped was to read, otherwise what the last one has read."""
    loading = _full_run(account)
    if loading is None:
        return chosen_list(account)
    return StaticList(loading.list_id, loading.list_name) if loading.list_id is not None else None


def _stop_reading(account: SalesAccount) -> None:
    """A worker that is in the middle of a step finds its lease lost, and what it has read is thrown away."""
    for run in SyncRun.objects.for_account(account).unfinished():
        cancel_unasked(run)
