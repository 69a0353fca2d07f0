"""How far the copy is behind, how many changes come, and when it will have caught up."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Occurrence, SalesAccount, User
from operations.backlog import backlog_of
from pipeline.engine import incremental as follow_engine
from sync.engine.cursors import STREAMS
from sync.events import COPY_OLD
from sync.models import Cursor, Extract, RunKind, Source, SyncRun
from sync.services import cancel_run, pause_run, start_sync
from sync.statuses import ExtractStatus, RunStatus
from sync.watch import watch_runs
from tests.conftest import ClientOf
from tests.factories import make_cursor, make_extract, make_marketo_connection, make_run, make_salesforce_connection
from tests.pages import text_of
from tests.sync.conftest import Change
from tests.sync.driving import work_until
from tests.sync.history import blocks_read, make_history
from tests.sync.incremental_runs import ids, sync_changes

pytestmark = pytest.mark.django_db(transaction=True)
RUNS = "/ops/sync/"


def test_how_old_the_copy_is_and_what_each_run_brought(synced: SalesAccount, change: Change, browser: Client) -> None:
    """Pain 22: the backlog by stream and its trend, on the page where runs are watched."""
    change("change", *ids(synced, "Lead", 3), fields={"title": "CFO"})
    first = sync_changes(synced)
    change("delete", *ids(synced, "Lead", 1))
    second = sync_changes(synced)
    backlog = browser.get(RUNS).context["backlog"]
    assert [one.run for one in backlog.runs] == [second, first]
    by_stream = [dict(zip(STREAMS, one.by_stream, strict=True)) for one in backlog.runs]
    assert by_stream[1][Source.MARKETO_CHANGES] >= 3
    assert by_stream[0][Source.MARKETO_DELETIONS] == 1
    assert backlog.runs[1].total == sum(by_stream[1].values()) <= backlog.most
    page = text_of(browser.get(RUNS))
    assert backlog.read_at == backlog.runs[0].run.started_at, "not the overlap before it"
    assert "Up to date as of" in page
    assert "changes each on average." in page
    assert page.count('class="p-bar"') == 2
    assert "Late" not in page


def test_a_copy_that_falls_behind_is_late(synced: SalesAccount, browser: Client) -> None:
    """Pain 22: nobody has to compare times."""
    assert not browser.get(RUNS).context["backlog"].is_late
    Cursor.objects.update(since=timezone.now() - timedelta(days=2))
    page = text_of(browser.get(RUNS))
    assert "Late" in page
    assert "(1 day, 23 hours ago)." in page


@pytest.mark.parametrize(("minutes", "expected"), [(25, False), (35, True)])
def test_a_copy_is_late_here_when_it_is_late_everywhere(account: SalesAccount, minutes: int, expected: bool) -> None:
    """The rhythm is five minutes: the overview, the mail and this page say it from half an hour on."""
    make_cursor(account)
    make_marketo_connection(account)
    make_salesforce_connection(account)
    Cursor.objects.update(since=timezone.now() - timedelta(minutes=minutes))
    backlog = backlog_of(account)
    assert backlog
    assert backlog.is_late is expected
    watch_runs()
    assert Occurrence.objects.going_on().filter(event=COPY_OLD.key).exists() is expected


def test_when_the_copy_will_have_caught_up(
    synced: SalesAccount,
    change: Change,
    browser: Client,
    admin: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pain 22: after a mass update, from the pace at which the changes are read."""
    monkeypatch.setattr(follow_engine, "PEOPLE_IN_A_CALL", 10)
    change("change", *ids(synced, "Lead", 50), fields={"title": "CFO"})
    run = start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL)
    people = Extract.objects.filter(run=run, source=Source.MARKETO_PEOPLE)
    assert "0 changes found so far" in text_of(browser.get(RUNS))
    work_until(lambda: people.filter(rows_loaded__gt=10).exists())
    read = people.get().rows_loaded
    people.update(load_started_at=timezone.now() - timedelta(minutes=10))
    backlog = browser.get(RUNS).context["backlog"]
    assert (backlog.current, backlog.found >= 50) == (run, True)
    expected = timedelta(minutes=10) * ((backlog.found * 2 - read) / read)
    assert abs(backlog.done_at - timezone.now() - expected) < timedelta(seconds=30)
    assert "At the present pace the copy has caught up at about" in text_of(browser.get(RUNS))
    pause_run(run=run, paused_by=admin)
    assert browser.get(RUNS).context["backlog"].done_at is None
    cancel_run(run=run, cancelled_by=admin)
    assert browser.get(RUNS).context["backlog"].current is None


def test_a_full_sync_catches_up_with_everything(synced: SalesAccount, admin: User, browser: Client) -> None:
    start_sync(account=synced, started_by=admin)
    assert "reads everybody now" in text_of(browser.get(RUNS))


def test_changes_wait_with_a_run_that_stands_still(synced: SalesAccount, admin: User, browser: Client) -> None:
    """Nobody is read while the day's allowance is used up, or while somebody holds the run."""
    run = start_sync(account=synced, started_by=admin)
    until = timezone.now() + timedelta(hours=6)
    SyncRun.objects.filter(pk=run.pk).update(waiting_reason="marketo_quota", due_at=until)
    page = text_of(browser.get(RUNS))
    assert "Marketo's daily limit is used up." in page
    assert "Until then no change arrives." in page
    assert "reads everybody now" not in page
    pause_run(run=run, paused_by=admin)
    assert "no change arrives until somebody presses Resume" in text_of(browser.get(RUNS))


def test_before_the_first_sync_there_is_none(account: SalesAccount, browser: Client) -> None:
    assert backlog_of(account) is None
    assert "Backlog" not in text_of(browser.get(RUNS))


def test_ops_staff_choose_the_account(account: SalesAccount, stranger: User, ops: User, client_of: ClientOf) -> None:
    for one in (account, stranger.member.account):
        make_cursor(one)
    browser = client_of(ops)
    assert browser.get(RUNS).context["backlog"] is None
    assert browser.get(RUNS, {"account": account.slug}).context["backlog"]
    assert client_of(stranger).get(RUNS, {"account": account.slug}).context["backlog"].complete_until == (
        Cursor.objects.get(account=stranger.member.account).since
    )


def test_it_costs_the_same_after_a_hundred_thousand_runs(account: SalesAccount, browser: Client) -> None:
    make_history(account, 100_000)
    make_cursor(account)
    make_run(account, RunStatus.EXTRACTING, kind=RunKind.INCREMENTAL)
    with blocks_read() as blocks:
        assert len(backlog_of(account).runs) == 12  # type: ignore[union-attr]
    assert sum(blocks) < 100


def test_a_forecast_needs_the_number_of_changes(account: SalesAccount) -> None:
    make_cursor(account)
    run = make_run(account, RunStatus.EXTRACTING, kind=RunKind.INCREMENTAL)
    began: dict[str, Any] = {"load_started_at": timezone.now() - timedelta(minutes=1), "rows_loaded": 10}
    stream = make_extract(run, Source.MARKETO_CHANGES, status=ExtractStatus.LOADING, **began)
    make_extract(run, status=ExtractStatus.LOADING, **began)
    with time_machine.travel(timezone.now(), tick=False):
        assert backlog_of(account).done_at is None  # type: ignore[union-attr]
        Extract.objects.filter(pk=stream.pk).update(status=ExtractStatus.LOADED)
        done_at = backlog_of(account).done_at  # type: ignore[union-attr]
        assert done_at
        assert timedelta(seconds=59) < done_at - timezone.now() < timedelta(seconds=62)
