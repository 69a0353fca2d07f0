"""Waiting for something outside: with a reason, patiently, and not for ever; and what is never taken for an answer."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import OperationalError, connection
from django.utils import timezone
from psycopg import sql
from psycopg.errors import DiskFull

from accounts.models import SalesAccount, User
from clients.circuit import FAILURES_IN_A_ROW, FIRST_PAUSE_SECONDS, Circuit
from clients.marketo.errors import ExportQueueFull
from pipeline.engine import extract as extract_engine
from pipeline.engine import load
from pipeline.runner import advance_extract, advance_run
from sandbox.testing import SandboxProcess
from sync.engine.problems import LONGEST_WAIT, MAX_TRIES, Wait, decide_retry, wait_for_database
from sync.engine.stage import StageTable
from sync.messages import failure_of
from sync.models import Extract, Person, Source, SyncRun
from sync.services import pause_run, resume_run, start_sync
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.pages import text_of
from tests.sync.conftest import Sync
from tests.sync.driving import finish, work_until

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE_FULL = {"path": r"enqueue\.json", "kind": "marketo:1029", "message": "Too many jobs in queue"}


@pytest.fixture
def waiting(connected: SalesAccount, admin: User, sandbox: SandboxProcess) -> Extract:
    """An extract that waits because Marketo's queue is full."""
    sandbox.post("/_sandbox/faults", QUEUE_FULL)
    run = start_sync(account=connected, started_by=admin)
    extracts = Extract.objects.of_run(run).filter(waiting_reason="marketo_queue_full")
    work_until(extracts.exists)
    extract: Extract = extracts.earliest("pk")
    return extract


def ask_again(extract: Extract, waited: timedelta) -> None:
    """Let the extract take its next step after waiting so long."""
    Extract.objects.filter(pk=extract.pk).update(due_at=timezone.now(), waiting_since=timezone.now() - waited)
    advance_extract(extract.pk)
    extract.refresh_from_db()


def test_a_full_queue_is_waited_for_however_often_it_is_asked(waiting: Extract, sandbox: SandboxProcess) -> None:
    Extract.objects.filter(pk=waiting.pk).update(tries=MAX_TRIES - 1)
    for _ in range(3):
        ask_again(waiting, timedelta(hours=8))
    assert waiting.waiting_reason == "marketo_queue_full"
    sandbox.delete("/_sandbox/faults")
    Extract.objects.update(due_at=timezone.now())
    assert finish(waiting.run).status == RunStatus.SUCCEEDED


def test_a_pause_of_the_console_is_waited_for_and_costs_no_call(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    """Nobody was called, so neither a call nor a try is counted."""
    for _ in range(FAILURES_IN_A_ROW):
        Circuit(f"{sandbox.url}/rest/v1/leads.json", cache).failed()
    run = start_sync(account=connected, started_by=admin)
    for _ in range(3):
        SyncRun.objects.filter(pk=run.pk).update(due_at=timezone.now())
        advance_run(run.pk)
    run.refresh_from_db()
    assert (run.waiting_reason, run.marketo_calls, run.tries) == ("marketo_paused", 0, 0)
    assert run.due_at
    assert timedelta(0) < run.due_at - timezone.now() <= timedelta(seconds=FIRST_PAUSE_SECONDS)


@pytest.mark.parametrize(("waited", "pause"), [(0, 1), (1, 1), (2, 2), (4, 4), (90, 4)])
def test_a_full_queue_is_asked_less_and_less_often(waited: int, pause: int) -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        wait = decide_retry(ExportQueueFull("marketo", "1029"), 1, timedelta(minutes=waited))
    assert isinstance(wait, Wait)
    assert wait.until - now == timedelta(minutes=pause)


def test_nothing_is_waited_for_for_ever(waiting: Extract) -> None:
    """Pain 5: after days the run ends with a sentence that names what it waited for."""
    ask_again(waiting, LONGEST_WAIT + timedelta(hours=1))
    run = SyncRun.objects.get()
    assert (run.status, run.failure) == (RunStatus.FAILED, "waited_too_long")
    assert "stood still for 5 days" in str(failure_of(run).what)
    assert "queue of exports is full" in str(failure_of(run).what)


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [("53100", "database_full", "database is full"), ("53200", "database_trouble", "The step is tried again")],
)
def test_a_database_that_refuses_is_waited_for(
    connected: SalesAccount,
    admin: User,
    client_of: ClientOf,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    reason: str,
    words: str,
) -> None:
    """Pain 5: the page says so within a step; afterwards the run goes on."""

    def refuse(extract: Extract) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")

    run = start_sync(account=connected, started_by=admin)
    with monkeypatch.context() as patched:
        patched.setattr(extract_engine, "take_step", refuse)
        work_until(Extract.objects.of_run(run).filter(waiting_reason=reason).exists)
        assert words in text_of(client_of(admin).get(run.get_absolute_url()))
    Extract.objects.update(due_at=timezone.now(), waiting_reason="")
    assert finish(run).status == RunStatus.SUCCEEDED


def test_a_disk_that_fills_while_a_file_is_loaded_is_waited_for(
    connected: SalesAccount, admin: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pain 5: COPY goes past Django, and its errors ended the step as one of ours; the page told of nothing."""

    def fill(extract: Extract) -> None:
        begin(extract)
        trigger = sql.SQL("CREATE OR REPLACE TRIGGER full_ BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION no_room()")
        with connection.cursor() as cursor:
            cursor.execute(trigger.format(StageTable(extract.run, extract.source).name))

    begin, body = load._begin, "$$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS {body}")
    run = start_sync(account=connected, started_by=admin)
    with monkeypatch.context() as patched:
        patched.setattr(load, "_begin", fill)
        work_until(Extract.objects.of_run(run).filter(waiting_reason="database_full").exists)
        assert "database is full" in text_of(client_of(admin).get(run.get_absolute_url()))
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION no_room CASCADE")
    Extract.objects.exclude(waiting_reason="").update(due_at=timezone.now(), waiting_reason="")
    assert finish(run).status == RunStatus.SUCCEEDED


def test_room_is_waited_for_however_often_it_is_missing() -> None:
    full, lost = OperationalError(), OperationalError()
    full.__cause__ = DiskFull()
    assert wait_for_database(full, MAX_TRIES).tries < MAX_TRIES
    assert wait_for_database(lost, 2).tries == 2


def test_a_pause_does_not_count_as_waiting(waiting: Extract, admin: User) -> None:
    run = waiting.run
    assert pause_run(run=run, paused_by=admin)
    Extract.objects.update(waiting_since=timezone.now() - LONGEST_WAIT * 2, due_at=timezone.now())
    assert resume_run(run=run, resumed_by=admin)
    advance_extract(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.waited < timedelta(minutes=1)
    assert not SyncRun.objects.get().is_finished


def test_a_job_that_lost_its_rows_is_made_anew(sync: Sync, sandbox: SandboxProcess) -> None:
    """Pain 3: no rows count as an answer only if Salesforce counts none."""
    sandbox.post("/_sandbox/faults", {"path": "jobs/query$", "kind": "salesforce:bulk_empty", "nth": 1})
    run = sync()
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    assert {"synced": run.synced, **run.skipped} == sandbox.get("/_sandbox/state")["expected"]
    assert Extract.objects.of_run(run).get(is_recreated=True).source == Source.SALESFORCE_LEADS


def test_jobs_that_always_lose_their_rows_fail_the_run(sync: Sync, sandbox: SandboxProcess) -> None:
    """Pain 3: an error at the source never ends green."""
    before = sync().synced
    sandbox.post("/_sandbox/faults", {"path": "jobs/query$", "kind": "salesforce:bulk_empty"})
    run = sync()
    assert (run.status, run.failure) == (RunStatus.FAILED, "extract_failed")
    assert Person.objects.for_account(run.account).live().count() == before


@pytest.mark.usefixtures("young_company")
def test_a_marketo_that_shows_nobody_any_more_changes_nothing(sync: Sync, sandbox: SandboxProcess) -> None:
    """Pain 3: nobody at all is rather a right that was taken away."""
    before = sync()
    sandbox.post("/_sandbox/people", {"action": "delete", "ids": list(range(1, before.seen + 1))})
    run = sync()
    assert (run.status, run.failure) == (RunStatus.FAILED, "nobody_read")
    assert "Marketo" in str(failure_of(run).what)
    assert Person.objects.for_account(run.account).live().count() == before.synced
