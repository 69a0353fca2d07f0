"""What the page of a run shows while it works, and afterwards."""

import os
import re
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import SalesAccount, User
from clients import http
from operations.progress import MERGE_SECONDS, Progress, progress_of
from pipeline import runner
from pipeline.engine.load import CHUNK_BYTES
from pipeline.engine.preview import preview
from sandbox.testing import SandboxProcess
from sync.models import Extract, RunKind, Source, SyncRun
from sync.querysets import LEASE
from sync.services import pause_run, resume_run, start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.conftest import ClientOf
from tests.factories import make_extract, make_run
from tests.sync.conftest import PREVIEW
from tests.sync.driving import finish, work_until
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
FRAGMENT = {"HX-Request": "true"}


def load(extract_id: int) -> None:
    runner.advance_extract(extract_id)
    connection.close()


def beat(extract: Extract) -> datetime:
    """The last sign of life."""
    extract.refresh_from_db()
    assert extract.heartbeat_at
    return extract.heartbeat_at


def shown(browser: Client, run: SyncRun, **headers: str) -> int:
    """Rows that the page says are loaded."""
    return int(browser.get(run.get_absolute_url(), headers=headers).context["progress"].rows)


def drop_connections(sandbox: SandboxProcess) -> None:
    """What this process still waits for from the sandbox breaks off."""
    port = urlsplit(sandbox.url).port
    for found in psutil.Process().net_connections("tcp"):
        if found.status == psutil.CONN_ESTABLISHED and found.raddr.port == port:
            with socket.socket(fileno=os.dup(found.fd)) as twin:
                twin.shutdown(socket.SHUT_RDWR)


class TestWhileAFileComes:
    """A file that keeps silent after its first half."""

    @pytest.fixture
    def running_sandbox(self, large_sandbox: SandboxProcess) -> SandboxProcess:
        return large_sandbox

    @pytest.fixture
    def sandbox(self, sandbox: SandboxProcess) -> SandboxProcess:
        sandbox.post(
            "/_sandbox/faults", {"path": r"file\.json", "kind": "stall", "after_bytes": CHUNK_BYTES + 1_000, "count": 1}
        )
        return sandbox

    @pytest.fixture
    def ready(self, connected: SalesAccount, admin: User) -> Extract:
        """The file that will be loaded first."""
        run = start_sync(account=connected, started_by=admin)
        files = Extract.objects.of_run(run).filter(status=ExtractStatus.READY, source=Source.MARKETO_PEOPLE)
        work_until(files.exists)
        file: Extract = files.earliest("pk")
        return file

    @pytest.fixture
    def stalled(self, ready: Extract, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncRun]:
        """A run whose worker waits for the second half; the connection drops at the end of the test."""
        monkeypatch.setattr(http, "TIMEOUT_SECONDS", (5.0, 20.0))
        worker = threading.Thread(target=load, args=(ready.pk,))
        worker.start()
        wait_until(Extract.objects.filter(pk=ready.pk, status=ExtractStatus.LOADING, rows_shown__gt=0).exists)
        yield ready.run
        drop_connections(sandbox)
        worker.join()

    def test_progress_is_seen_while_the_rows_are_not_committed(
        self, stalled: SyncRun, admin: User, ops: User, client_of: ClientOf
    ) -> None:
        """Pain 6: rows, rate and stage; the same right after a reload, for a second viewer and in the fragment."""
        browser = client_of(admin)
        rows = shown(browser, stalled)
        assert rows > 0
        assert rows == shown(browser, stalled) == shown(client_of(ops), stalled) == shown(browser, stalled, **FRAGMENT)
        page = browser.get(stalled.get_absolute_url()).content.decode()
        assert "rows/s" in page
        assert 'aria-current="step"' in page

    def test_what_is_shown_is_never_older_than_two_seconds(
        self, stalled: SyncRun, ready: Extract, admin: User, client_of: ClientOf
    ) -> None:
        """Pain 5, 6 and 26: beats come beside the load's transaction, so a silent provider is seen as that."""
        first = beat(ready)
        wait_until(lambda: beat(ready) > first)
        second = beat(ready)
        assert second - first < timedelta(seconds=2)
        page = client_of(admin).get(stalled.get_absolute_url())
        assert page.context["progress"].seen_alive_at >= second

    def test_the_run_goes_on_with_what_had_come(
        self, ready: Extract, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Pain 4: a provider that falls silent costs the rest of the file, not its beginning."""
        monkeypatch.setattr(http, "TIMEOUT_SECONDS", (5.0, 1.0))
        runner.advance_extract(ready.pk)
        loaded = Extract.objects.get(pk=ready.pk)
        assert (loaded.status, loaded.attempt) == (ExtractStatus.LOADED, ready.attempt + 1)
        assert 206 in {call["status"] for call in sandbox.get("/_sandbox/calls")}
        run = finish(ready.run)
        assert run.status == RunStatus.SUCCEEDED
        assert run.synced == sandbox.get("/_sandbox/state")["expected"]["synced"]


def test_after_the_run_its_forecast_is_judged(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    browser = client_of(marketo_admin)
    forecast = browser.get(PREVIEW).context["preview"].forecast
    run_page = browser.post(PREVIEW).headers["Location"]
    assert not browser.get(run_page).context["comparisons"]
    sandbox.delete("/_sandbox/calls")
    run = finish(SyncRun.objects.get())
    paths = [call["path"] for call in sandbox.get("/_sandbox/calls")]
    page = browser.get(run_page)
    people, export, marketo, salesforce, minutes = page.context["comparisons"]
    assert (people.forecast, people.outcome) == (f"{forecast.people:,}", f"{run.synced:,}")
    size = sum(Extract.objects.of_run(run).exclude(bytes=None).values_list("bytes", flat=True))
    assert export.outcome == f"{size / 1_000_000:.1f} MB"
    assert (marketo.forecast, salesforce.forecast) == (f"{forecast.marketo_calls:,}", f"{forecast.salesforce_calls:,}")
    assert (
        marketo.outcome
        == f"{sum(path.startswith(('/rest/', '/bulk/', '/userservice/', '/identity/')) for path in paths):,}"
    )
    assert salesforce.outcome == f"{sum(path.startswith('/services/data/') for path in paths):,}"
    assert minutes.forecast == f"at most {forecast.minutes} min"
    assert (marketo.difference[-1], minutes.difference) == ("%", "–")
    assert minutes.outcome.endswith(" s")
    assert "Forecast and outcome" in page.content.decode()


def test_the_next_forecast_learns_from_the_last_run(
    connected: SalesAccount, admin: User, marketo_admin: User, client_of: ClientOf
) -> None:
    assert client_of(marketo_admin).get(PREVIEW).context["preview"].forecast.minutes > 1
    run = finish(start_sync(account=connected, started_by=admin))
    assert not client_of(admin).get(run.get_absolute_url()).context["comparisons"]
    forecast = client_of(marketo_admin).get(PREVIEW).context["preview"].forecast
    assert (forecast.minutes, forecast.is_measured) == (1, True)
    assert {"marketo_calls": forecast.marketo_calls, "salesforce_calls": forecast.salesforce_calls} == run.calls()


def test_a_run_of_a_list_is_no_forecast_of_reading_everybody(connected: SalesAccount) -> None:
    ended = timezone.now()
    began = ended - timedelta(minutes=7)
    make_run(connected, started_at=began, finished_at=ended)
    make_run(connected, started_at=began, finished_at=ended + timedelta(hours=1), list_id=2, list_name="Newsletter")
    assert preview(connected).forecast.minutes == 7


def test_hours_for_which_a_person_held_a_run_are_not_what_reading_takes(connected: SalesAccount, admin: User) -> None:
    now = timezone.now()
    held = make_run(connected, RunStatus.EXTRACTING, started_at=now - timedelta(hours=9, minutes=7))
    for hours in (4, 5):
        assert pause_run(run=held, paused_by=admin)
        SyncRun.objects.filter(pk=held.pk).update(paused_at=now - timedelta(hours=hours))
        assert resume_run(run=held, resumed_by=admin)
    SyncRun.objects.filter(pk=held.pk).update(status=RunStatus.SUCCEEDED, finished_at=now)
    assert preview(connected).forecast.minutes == 7


def test_missing_workers_are_reported(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    """Pain 5 and 25: that nobody takes the work up is seen within half a minute, and who must do something."""
    late = timezone.now() - timedelta(seconds=31)
    run = make_run(account, RunStatus.EXTRACTING)
    extract = make_extract(run, due_at=late)
    browser = client_of(ops)
    assert "No worker has picked up this run" in browser.get(run.get_absolute_url()).content.decode()
    busy = make_extract(run, Source.SALESFORCE_LEADS, lease_until=timezone.now() + LEASE)
    assert "No worker has picked up this run" not in browser.get(run.get_absolute_url()).content.decode()
    busy.delete()
    Extract.objects.filter(pk=extract.pk).update(due_at=timezone.now())
    assert "No worker has picked up this run" not in browser.get(run.get_absolute_url()).content.decode()


def test_a_busy_worker_of_another_kind_hides_nobody(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    """Pain 5 and 25: short steps go on while whoever should load files is gone, and the other way round."""
    now = timezone.now()
    run = make_run(account, RunStatus.EXTRACTING)
    busy: dict[str, Any] = {"lease_until": now + LEASE}
    late: dict[str, Any] = {"due_at": now - timedelta(seconds=31)}
    light = make_extract(run, Source.SALESFORCE_LEADS, **busy)
    heavy = make_extract(run, status=ExtractStatus.READY, **late)
    assert is_stalled(run)
    Extract.objects.filter(pk=heavy.pk).update(due_at=None, **busy)
    Extract.objects.filter(pk=light.pk).update(lease_until=None, **late)
    assert is_stalled(run)
    Extract.objects.filter(pk=light.pk).update(**busy)
    assert not is_stalled(run)


def is_stalled(run: SyncRun) -> bool:
    return progress_of(run, list(Extract.objects.of_run(run))).is_stalled


def test_files_that_are_not_ready_count_like_the_others(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    """Pain 26: the bar does not reach its end while files are still missing."""
    run = make_run(account, RunStatus.EXTRACTING)
    began = timezone.now() - timedelta(seconds=10)
    for rows in (400, None):
        make_extract(
            run,
            status=ExtractStatus.LOADING if rows else ExtractStatus.RUNNING,
            rows_expected=rows,
            rows_shown=rows or 0,
            load_started_at=began if rows else None,
        )
    page = client_of(ops).get(run.get_absolute_url()).content.decode()
    assert "400 of about 800 rows loaded" in page
    assert "1 of 2 exports ready" in page
    assert "seconds left" in page


def test_only_a_run_that_waits_for_exports_counts_them(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    """Pain 26: people who changed are read one by one, not from a file."""
    run = make_run(account, RunStatus.EXTRACTING, kind=RunKind.INCREMENTAL)
    make_extract(run)
    page = client_of(ops).get(run.get_absolute_url()).content.decode()
    assert "exports ready" not in page
    assert "You may leave this page" in page


class TestRateAndTimeLeft:
    """Ten exports of 100 rows, each of which takes Marketo 15 seconds; three are loaded, the last one just now."""

    NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)

    @pytest.fixture
    def run(self, account: SalesAccount) -> SyncRun:
        start = self.NOW - timedelta(seconds=45)
        run = make_run(account, RunStatus.EXTRACTING, started_at=start)
        for number in range(1, 11):
            export = Extract(run=run, source=Source.MARKETO_PEOPLE)
            if number <= 3:
                export.status, export.rows_expected, export.rows_loaded = ExtractStatus.LOADED, 100, 100
                export.loaded_at = start + timedelta(seconds=15 * number)
                export.load_started_at = export.loaded_at - timedelta(seconds=5)
            export.save()
        return run

    def seen(self, run: SyncRun, seconds: int = 0) -> Progress:
        """What is shown so long after the last export was loaded."""
        with time_machine.travel(self.NOW + timedelta(seconds=seconds), tick=False):
            return progress_of(run, list(Extract.objects.of_run(run)))

    def test_marketos_time_for_the_exports_counts(self, run: SyncRun) -> None:
        progress = self.seen(run)
        assert (progress.rows, progress.rows_expected, progress.exports_ready, progress.exports) == (300, 1000, 3, 10)
        assert progress.seconds_left == 7 * 15 + MERGE_SECONDS
        assert progress.rate == 300 / 35

    def test_while_the_next_export_is_made_the_time_left_falls_and_the_rate_stays(self, run: SyncRun) -> None:
        later = self.seen(run, 10)
        assert (later.seconds_left, later.rate) == (7 * 15 - 10 + MERGE_SECONDS, self.seen(run).rate)

    def test_the_time_left_is_never_shorter_than_the_missing_rows_take_at_the_rate_shown(self, run: SyncRun) -> None:
        late = self.seen(run, 1_000)
        assert late.rate
        assert late.seconds_left == round((late.rows_expected - late.rows) / late.rate + MERGE_SECONDS)

    def test_an_export_that_is_being_loaded_counts_until_now(self, run: SyncRun) -> None:
        loading = {"status": ExtractStatus.LOADING, "rows_expected": 100, "rows_shown": 50}
        Extract.objects.filter(pk=Extract.objects.of_run(run).filter(loaded_at=None).earliest("pk").pk).update(
            **loading
        )
        progress = self.seen(run, 7)
        assert progress.rate == 350 / 42
        assert progress.seconds_left == round(52 * 1000 / 350 - 52 + MERGE_SECONDS)

    def test_the_time_left_is_never_shorter_than_a_wait(self, run: SyncRun) -> None:
        Extract.objects.of_run(run).filter(loaded_at=None).update(
            waiting_reason="marketo_quota", due_at=self.NOW + timedelta(hours=9)
        )
        assert self.seen(run).seconds_left == 9 * 3600 + MERGE_SECONDS

    def test_who_waits_for_room_promises_nothing(self, run: SyncRun) -> None:
        left = Extract.objects.of_run(run).filter(loaded_at=None)
        left.update(status=ExtractStatus.LOADING, waiting_reason="database_full", due_at=self.NOW)
        assert self.seen(run).seconds_left is None

    def test_a_paused_run_promises_nothing(self, run: SyncRun) -> None:
        run.paused_at = self.NOW
        assert (self.seen(run).rate, self.seen(run).seconds_left) == (None, None)

    @pytest.mark.parametrize("status", [ExtractStatus.RUNNING, ExtractStatus.LOADING])
    def test_the_rate_of_a_run_that_stopped_stays(self, run: SyncRun, status: ExtractStatus) -> None:
        run.status, run.finished_at = RunStatus.FAILED, self.NOW
        Extract.objects.of_run(run).filter(loaded_at=None).update(status=status)
        for seconds in (0, 3_600):
            assert (self.seen(run, seconds).rate, self.seen(run, seconds).seconds_left) == (300 / 35, None)


def test_a_run_that_stopped_shows_nothing_as_going_on(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    """Pain 6: what has ended does not look as if it were still running."""
    run = make_run(account, RunStatus.FAILED, failure="stage_lost", started_at=timezone.now())
    make_extract(run, Source.SALESFORCE_LEADS, status=ExtractStatus.LOADED, rows_loaded=700)
    make_extract(run, status=ExtractStatus.RUNNING)
    answer = client_of(ops).get(run.get_absolute_url())
    page = answer.content.decode()
    assert [phase.state for phase in answer.context["progress"].phases] == ["done", "stopped", "later", "later"]
    assert "700 rows read" in page
    assert "Not read" in page
    assert "Running" not in page
    assert 'aria-current="step"' not in page


def test_a_run_that_stands_still_is_asked_for_less_often(
    account: SalesAccount, admin: User, client_of: ClientOf
) -> None:
    """It may wait for days, and each look is the whole page."""
    run, browser = make_run(account, RunStatus.EXTRACTING), client_of(admin)
    waits = make_extract(run, waiting_reason="marketo_export_share", due_at=timezone.now() + timedelta(hours=1))
    works = make_extract(run, due_at=timezone.now())

    def every() -> str:
        [seconds] = re.findall(r'hx-trigger="every (\d+)s"', browser.get(run.get_absolute_url()).content.decode())
        return str(seconds)

    assert every() == "1", "another file is on its way"
    Extract.objects.filter(pk=works.pk).update(due_at=None)
    assert every() == "10"
    Extract.objects.filter(pk=waits.pk).update(due_at=timezone.now() + timedelta(seconds=20))
    assert every() == "1"
    pause_run(run=run, paused_by=admin)
    assert every() == "10"
