"""What the page of a run shows while it works, and afterwards."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import SalesAccount, User
from connections import http
from sync import services
from sync.engine.load import CHUNK_BYTES
from sync.models import Extract, ExtractStatus, RunStatus, Source, SyncRun
from sync.querysets import LEASE
from sync.services import start_sync
from tests.conftest import ClientOf
from tests.sandbox_process import SandboxProcess
from tests.sync.driving import finish, work_until
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
FRAGMENT = {"HX-Request": "true"}
PREVIEW = "/marketo/sales-insight/actions-config/sync/"


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[SandboxProcess]:
    """Large enough for files of several pieces."""
    with SandboxProcess.start(people=6000) as process:
        settings.SANDBOX_ORIGIN = process.url
        yield process


@pytest.fixture
def stalled(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SyncRun]:
    """A run whose first file has come in half and then keeps silent for some seconds."""
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", (5.0, 4.0))
    stall = {"path": r"file\.json", "kind": "stall", "after_bytes": CHUNK_BYTES + 1_000, "count": 1}
    sandbox.post("/_sandbox/faults", stall)
    run = start_sync(account=connected, started_by=admin)
    ready = Extract.objects.of_run(run).filter(status=ExtractStatus.READY, source="marketo_people")
    work_until(ready.exists)
    worker = threading.Thread(target=load, args=(ready.earliest("pk").pk,))
    worker.start()
    wait_until(Extract.objects.of_run(run).filter(status=ExtractStatus.LOADING, rows_shown__gt=0).exists)
    yield run
    worker.join()


def load(extract_id: int) -> None:
    services.advance_extract(extract_id)
    connection.close()


def shown(browser: Client, run: SyncRun, **headers: str) -> int:
    """Rows that the page says are loaded."""
    return int(browser.get(run.get_absolute_url(), headers=headers).context["progress"].rows)


def test_progress_is_seen_while_the_rows_are_not_committed(
    stalled: SyncRun, admin: User, ops: User, client_of: ClientOf
) -> None:
    """Pain 6: rows, rate and stage; the same right after a reload, for a second viewer and in the fragment."""
    browser = client_of(admin)
    rows = shown(browser, stalled)
    assert rows > 0
    assert rows == shown(browser, stalled) == shown(client_of(ops), stalled) == shown(browser, stalled, **FRAGMENT)
    page = browser.get(stalled.get_absolute_url()).content.decode()
    assert "rows/s" in page
    assert 'aria-current="step"' in page


def test_what_is_shown_is_never_older_than_two_seconds(stalled: SyncRun, admin: User, client_of: ClientOf) -> None:
    """Pain 5, 6 and 26: beats come beside the load's transaction, so a silent neighbour is seen as that."""
    browser = client_of(admin)
    first = browser.get(stalled.get_absolute_url()).context["progress"].seen_alive_at
    wait_until(lambda: browser.get(stalled.get_absolute_url()).context["progress"].seen_alive_at > first, seconds=4)
    assert timezone.now() - first < timedelta(seconds=4)


def test_the_run_goes_on_with_what_had_come(stalled: SyncRun, sandbox: SandboxProcess) -> None:
    """Pain 4: a neighbour that falls silent costs the rest of the file, not its beginning."""
    loading = Extract.objects.of_run(stalled).get(status=ExtractStatus.LOADING)
    run = finish(stalled)
    assert run.status == RunStatus.SUCCEEDED
    assert run.synced == sandbox.get("/_sandbox/state")["expected"]["synced"]
    assert 206 in {call["status"] for call in sandbox.get("/_sandbox/calls")}
    assert Extract.objects.get(pk=loading.pk).attempt == loading.attempt


def test_after_the_run_its_forecast_is_judged(
    connected: SalesAccount, marketo_admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    browser = client_of(marketo_admin)
    forecast = browser.get(PREVIEW).context["preview"].forecast
    run_page = browser.post(PREVIEW).headers["Location"]
    assert not browser.get(run_page).context["comparisons"]
    run = finish(SyncRun.objects.get())
    page = browser.get(run_page)
    people, export, minutes = page.context["comparisons"]
    assert (people.forecast, people.outcome) == (f"{forecast.people:,}", f"{run.synced:,}")
    size = sum(Extract.objects.of_run(run).exclude(bytes=None).values_list("bytes", flat=True))
    assert export.outcome == f"{size / 1_000_000:.1f} MB"
    assert minutes.forecast == f"{forecast.minutes} min"
    assert minutes.outcome.endswith(" s")
    assert "Forecast and outcome" in page.content.decode()


def test_the_next_forecast_learns_from_the_last_run(
    connected: SalesAccount, admin: User, marketo_admin: User, client_of: ClientOf
) -> None:
    assert client_of(marketo_admin).get(PREVIEW).context["preview"].forecast.minutes > 1
    run = finish(start_sync(account=connected, started_by=admin))
    assert not client_of(admin).get(run.get_absolute_url()).context["comparisons"]
    assert client_of(marketo_admin).get(PREVIEW).context["preview"].forecast.minutes == 1


def test_missing_workers_are_reported(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    """Pain 5 and 25: that nobody takes the work up is seen within half a minute, and who must do something."""
    late = timezone.now() - timedelta(seconds=31)
    run = SyncRun.objects.create(account=account, status=RunStatus.EXTRACTING)
    extract = Extract.objects.create(run=run, source=Source.MARKETO_PEOPLE, due_at=late)
    browser = client_of(ops)
    assert "No worker takes this run up" in browser.get(run.get_absolute_url()).content.decode()
    busy = Extract.objects.create(run=run, source=Source.SALESFORCE_LEADS, lease_until=timezone.now() + LEASE)
    assert "No worker takes this run up" not in browser.get(run.get_absolute_url()).content.decode()
    busy.delete()
    Extract.objects.filter(pk=extract.pk).update(due_at=timezone.now())
    assert "No worker takes this run up" not in browser.get(run.get_absolute_url()).content.decode()


def test_files_that_are_not_ready_count_like_the_others(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    """Pain 26: the bar does not reach its end while files are still missing."""
    run = SyncRun.objects.create(account=account, status=RunStatus.EXTRACTING)
    began = timezone.now() - timedelta(seconds=10)
    for rows in (400, None):
        Extract.objects.create(
            run=run, source=Source.MARKETO_PEOPLE, rows_expected=rows, rows_loaded=rows or 0, load_started_at=began
        )
    page = client_of(ops).get(run.get_absolute_url()).content.decode()
    assert "400 of about 800 rows loaded" in page
    assert "seconds left" in page


def test_a_run_that_stopped_shows_nothing_as_going_on(account: SalesAccount, ops: User, client_of: ClientOf) -> None:
    """Pain 6: what has ended does not look as if it were still running."""
    run = SyncRun.objects.create(
        account=account, status=RunStatus.FAILED, failure="stage_lost", started_at=timezone.now()
    )
    Extract.objects.create(run=run, source=Source.SALESFORCE_LEADS, status=ExtractStatus.LOADED, rows_loaded=700)
    Extract.objects.create(run=run, source=Source.MARKETO_PEOPLE, status=ExtractStatus.RUNNING)
    answer = client_of(ops).get(run.get_absolute_url())
    page = answer.content.decode()
    assert [phase.state for phase in answer.context["progress"].phases] == ["done", "stopped", "later", "later"]
    assert "700 rows read" in page
    assert "Not read" in page
    assert "Running" not in page
    assert 'aria-current="step"' not in page
