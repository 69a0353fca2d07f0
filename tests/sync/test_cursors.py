"""How far the changes of an account have been followed, once runs that had waited go on."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import SalesAccount
from sync.engine.cursors import OVERLAP, STREAMS, move_cursors
from sync.models import Cursor, RunKind, Source, SyncRun
from tests.factories import make_extract, make_run


def ended(account: SalesAccount, hours_ago: int, kind: RunKind = RunKind.INCREMENTAL) -> SyncRun:
    """A run that began so long ago, and ends now: whatever is not of this hour has waited."""
    now = timezone.now()
    began = now - timedelta(hours=hours_ago)
    run = make_run(account, kind=kind, started_at=began, finished_at=now, is_resumed=bool(hours_ago))
    move_cursors(run)
    return run


def since(account: SalesAccount) -> set[datetime]:
    cursors = Cursor.objects.for_account(account)
    assert {cursor.stream for cursor in cursors} == set(STREAMS)
    return {cursor.since for cursor in cursors}


def from_start_of(run: SyncRun) -> set[datetime]:
    assert run.started_at
    return {run.started_at - OVERLAP}


@pytest.fixture
def full(account: SalesAccount) -> SyncRun:
    run = ended(account, hours_ago=9, kind=RunKind.FULL)
    SyncRun.objects.update(finished_at=timezone.now() - timedelta(hours=8))
    return run


@pytest.mark.parametrize("kind", [RunKind.FULL, RunKind.INCREMENTAL])
def test_what_two_runs_that_waited_have_missed_of_each_other_is_read_again(
    account: SalesAccount, full: SyncRun, kind: RunKind
) -> None:
    """The later one leaves alone whom the earlier one has written, and its cursors went past what that had not seen."""
    assert since(account) == from_start_of(full)
    earlier = ended(account, hours_ago=5)
    assert since(account) == from_start_of(earlier)
    ended(account, hours_ago=3, kind=kind)
    assert since(account) == from_start_of(earlier)


def test_a_run_that_waited_alone_goes_on_from_where_it_had_read(account: SalesAccount, full: SyncRun) -> None:
    """However long nothing had been followed before."""
    waited = ended(account, hours_ago=3, kind=RunKind.FULL)
    assert since(account) == from_start_of(waited)


def test_a_run_of_changes_between_the_two_has_read_it(account: SalesAccount, full: SyncRun) -> None:
    ended(account, hours_ago=5)
    ended(account, hours_ago=0)
    waited = ended(account, hours_ago=3)
    assert since(account) == from_start_of(waited)


def test_a_clock_that_is_ahead_keeps_nobody_behind(account: SalesAccount, full: SyncRun) -> None:
    """Of the worker that ended the run before: no cursor would ever go on."""
    SyncRun.objects.update(finished_at=timezone.now() + timedelta(hours=8))
    assert since(account) == from_start_of(full)
    followed = ended(account, hours_ago=0)
    assert since(account) == from_start_of(followed)


@pytest.mark.parametrize("is_resumed", [True, False])
def test_a_stream_that_was_not_read_goes_on_from_when_the_run_began_if_it_waited(
    account: SalesAccount, full: SyncRun, *, is_resumed: bool
) -> None:
    """Later runs have gone on: who was deleted since would stay, if the run brings them in."""
    Cursor.objects.update(token="of a later run")
    run = make_run(
        account, kind=RunKind.INCREMENTAL, started_at=timezone.now() - timedelta(hours=3), is_resumed=is_resumed
    )
    make_extract(run, Source.SALESFORCE_CHANGES, locator="its own")
    move_cursors(run)
    tokens = dict(Cursor.objects.for_account(account).values_list("stream", "token"))
    assert tokens.pop(Source.SALESFORCE_CHANGES) == "its own"
    assert set(tokens.values()) == {"" if is_resumed else "of a later run"}
    assert since(account) == from_start_of(run)
