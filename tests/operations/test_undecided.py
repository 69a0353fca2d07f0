"""A run that waits for people: that time is no work of it, and what it would do is not done."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import SalesAccount, User
from operations.progress import comparisons_of, progress_of
from operations.timeline import timeline_of
from sync.decisions import approve_run, start_previewed_run
from sync.models import Extract, HeldPerson, RunKind, Source, SyncRun
from sync.statuses import ExtractStatus, RunStatus
from tests.factories import (
    make_cursor,
    make_extract,
    make_marketo_connection,
    make_run,
    make_salesforce_connection,
)
from tests.pages import text_of

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
FORECAST = {"people": 0, "megabytes": 0, "marketo_calls": 0, "salesforce_calls": 0, "minutes": 1, "is_measured": True}


def after(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def loaded(begun: int, ended: int, rows: int, *, is_recheck: bool = False) -> Extract:
    times = {"requested_at": after(begun), "load_started_at": after(begun), "loaded_at": after(ended)}
    numbers = {"rows_expected": None if is_recheck else rows, "rows_loaded": rows}
    source, status = Source.MARKETO_PEOPLE, ExtractStatus.LOADED
    return Extract(source=source, status=status, is_recheck=is_recheck, **times, **numbers)


# Read in 20 seconds, decided an hour later, and done 10 seconds after that.
EXTRACTS = [loaded(0, 10, 100), loaded(10, 20, 100), loaded(3622, 3624, 7, is_recheck=True)]


def decided(**fields: object) -> SyncRun:
    ended = {"merge_started_at": after(3625), "finished_at": after(3630), "status": RunStatus.SUCCEEDED}
    return SyncRun(**{"started_at": START, "is_resumed": True, "paused_for": timedelta(hours=1), **ended, **fields})


def test_the_wait_is_in_no_phase_and_in_no_rate() -> None:
    progress = progress_of(decided(), EXTRACTS)
    assert [phase.took for phase in progress.phases] == ["0 s", "25 s", "5 s", ""]
    assert (progress.rows, progress.rate, progress.exports) == (200, 10, 2)
    assert progress.held == "1 h"
    assert decided().working_time == timedelta(seconds=30)


def test_people_who_are_read_again_are_not_expected_twice() -> None:
    again = Extract(source=Source.MARKETO_PEOPLE, status=ExtractStatus.PLANNED, is_recheck=True)
    found = Extract(source=Source.MARKETO_DELETIONS, status=ExtractStatus.LOADED, rows_loaded=70)
    run = decided(status=RunStatus.FAILED, merge_started_at=None)
    progress = progress_of(run, [*EXTRACTS[:2], found, again])
    assert (progress.rows, progress.rows_expected, progress.is_estimate) == (270, 270, False)


def test_the_wait_is_cut_out_of_the_timeline() -> None:
    seen = timeline_of(decided(), EXTRACTS)
    assert seen.seconds == 30
    assert [(row.waited, row.loaded) for row in seen.rows] == [(0, 10), (10, 10), (22, 2)]


def test_what_was_paused_before_stays_among_the_bars() -> None:
    """It lies between them: cutting it off at the end would leave them no room."""
    seen = timeline_of(decided(paused_for=timedelta(hours=9)), EXTRACTS)
    assert seen.seconds == 20
    assert max(row.waited + row.exported + row.loaded for row in seen.rows) == 20


def test_a_run_that_is_paused_does_not_count_on() -> None:
    run = SyncRun(started_at=timezone.now() - timedelta(hours=1), status=RunStatus.EXTRACTING)
    run.paused_at = timezone.now() - timedelta(minutes=59)
    assert run.working_time
    assert round(run.working_time.total_seconds()) == 60


@pytest.fixture
def account(account: SalesAccount) -> SalesAccount:
    make_marketo_connection(account)
    make_salesforce_connection(account)
    return account


def stopped(account: SalesAccount, status: RunStatus, **fields: object) -> SyncRun:
    """A run that was done after half a minute, an hour ago."""
    ended = timezone.now() - timedelta(hours=1)
    moments = {"started_at": ended - timedelta(seconds=30), "finished_at": ended}
    held = {"removed": {"queue_owner": 2}, "blanked": {}, "limit": 1} if status == RunStatus.HELD else {}
    return make_run(account, status, **{**moments, "held": held, **fields})


def test_a_decision_ends_the_wait(account: SalesAccount, admin: User) -> None:
    dry = stopped(account, RunStatus.PREVIEWED, is_dry_run=True)
    start_previewed_run(run=dry, started_by=admin)
    dry.refresh_from_db()
    assert abs(dry.paused_for - timedelta(hours=1)) < timedelta(seconds=30)


def test_the_page_names_the_wait_and_who_is_read_again(account: SalesAccount, admin: User, browser: Client) -> None:
    held = stopped(account, RunStatus.HELD)
    HeldPerson.objects.bulk_create(HeldPerson(run=held, marketo_id=number, reason="queue_owner") for number in (8, 9))
    make_extract(held, status=ExtractStatus.LOADED, rows_loaded=3)
    approve_run(run=held, approved_by=admin)
    page = text_of(browser.get(held.get_absolute_url()))
    assert "Paused or waiting for a decision: 1 h" in page
    assert page.count("the 2 people once more") == 3
    assert page.count("everything") == 1
    [(_run, _failure, _waiting, took)] = browser.get("/ops/sync/").context["rows"]
    assert took.endswith(" s"), "an hour less than from its start until now"


def test_the_forecast_is_judged_by_the_work(account: SalesAccount) -> None:
    run = make_run(account, started_at=START, finished_at=after(3660), paused_for=timedelta(hours=1))
    SyncRun.objects.filter(pk=run.pk).update(forecast=FORECAST)
    run.refresh_from_db()
    assert comparisons_of(run)[-1].outcome == "1 min"


NUMBERS = {"seen": 40, "synced": 30, "updated": 12, "removed": 20}


@pytest.mark.parametrize("status", [RunStatus.HELD, RunStatus.PREVIEWED, RunStatus.DISCARDED])
def test_the_list_counts_only_what_was_done(account: SalesAccount, browser: Client, status: RunStatus) -> None:
    stopped(account, status, **NUMBERS)
    page = text_of(browser.get("/ops/sync/"))
    assert 'data-label="Read">40<' in page
    assert 'data-label="Synced">–<' in page
    assert 'data-label="Changed">–<' in page


@pytest.mark.parametrize("status", [RunStatus.HELD, RunStatus.PREVIEWED])
def test_a_run_that_waits_has_not_ended(account: SalesAccount, browser: Client, status: RunStatus) -> None:
    page = text_of(browser.get(stopped(account, status, **NUMBERS).get_absolute_url()))
    assert "Waits for a decision since" in page
    assert "Ended" not in page


def test_the_backlog_names_what_waits_for_a_decision(account: SalesAccount, browser: Client) -> None:
    make_cursor(account)
    make_run(account, kind=RunKind.INCREMENTAL)
    held = stopped(account, RunStatus.HELD)
    page = text_of(browser.get("/ops/sync/"))
    assert f'<a href="{held.get_absolute_url()}">{held}</a>: 2 removals wait for a decision.' in page
    SyncRun.objects.filter(pk=held.pk).update(held={"removed": {}, "blanked": {"title": 9}, "limit": 1})
    assert f"{held}</a>: waits for a decision." in text_of(browser.get("/ops/sync/"))


def test_nothing_arrives_in_no_time(account: SalesAccount, browser: Client) -> None:
    """Zero minutes would be as fast as can be."""
    charts = browser.get("/ops/").context["charts"]
    [latency] = [chart for chart in charts if chart["title"] == "Minutes until 95 of 100 changes arrive"]
    assert (latency["now"], latency["sentence"]) == ("–", "No changes in the last 24 hours.")


def test_a_decision_says_how_many_stay_and_what_approving_does(account: SalesAccount, browser: Client) -> None:
    held = stopped(account, RunStatus.HELD, people=98, added=1, updated=3, removed=2)
    page = text_of(browser.get(held.get_absolute_url()))
    assert "This run would remove 2 of 99 people (2%). 97 stay." in page
    assert "Removes 2 people. These people are read once more first:" in page
    assert "Also added: 1. Updated: 3." in page
    SyncRun.objects.filter(pk=held.pk).update(people=9_998, held={"removed": {}, "blanked": {"title": 9}, "limit": 1})
    page = text_of(browser.get(held.get_absolute_url()))
    assert "Empties the fields that are listed." in page
    assert "Removes" not in page


def test_a_small_share_is_not_nothing(account: SalesAccount, browser: Client) -> None:
    held = stopped(account, RunStatus.HELD, people=9_998, removed=2)
    assert "2 of 10,000 people (<1%). 9,998 stay." in text_of(browser.get(held.get_absolute_url()))


def test_an_undo_reads_nobody_once_more(account: SalesAccount, browser: Client) -> None:
    held = stopped(account, RunStatus.HELD, kind=RunKind.UNDO, people=8, removed=2)
    assert "read once more" not in text_of(browser.get(held.get_absolute_url()))


def test_a_dry_run_says_that_it_will_have_to_be_decided(account: SalesAccount, browser: Client) -> None:
    few = stopped(account, RunStatus.PREVIEWED, is_dry_run=True, people=100, removed=25)
    assert "then decide" not in text_of(browser.get(few.get_absolute_url()))
    few.delete()
    many = stopped(account, RunStatus.PREVIEWED, is_dry_run=True, people=100, removed=26)
    page = text_of(browser.get(many.get_absolute_url()))
    assert "Start Sync, then decide about 26 removals" in page
    assert "It is held before anybody leaves: more than 25 people need a decision." in page


def test_who_started_a_run(account: SalesAccount, admin: User, browser: Client) -> None:
    by_itself = make_run(account, kind=RunKind.INCREMENTAL)
    assert "Started automatically," in text_of(browser.get(by_itself.get_absolute_url()))
    by_somebody_gone = stopped(account, RunStatus.HELD, kind=RunKind.UNDO)
    assert "Started automatically," not in text_of(browser.get(by_somebody_gone.get_absolute_url()))
    by_somebody = make_run(account, started_by=admin)
    assert f"Started by {admin}," in text_of(browser.get(by_somebody.get_absolute_url()))
