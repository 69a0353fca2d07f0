"""Runs that are interrupted go on where they stopped, and read nothing twice that they need not."""

import pytest

from accounts.models import SalesAccount, User
from pipeline.engine.load import CHUNK_BYTES
from sandbox.testing import SandboxProcess
from sync.engine.restart import MOST_RESTARTS
from sync.engine.stage import CHANGED, StageTable
from sync.messages import failure_of
from sync.models import Extract, Person, RunKind, Source, SyncRun
from sync.services import start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.sync.conftest import Sync
from tests.sync.driving import finish, work_until

pytestmark = pytest.mark.django_db(transaction=True)


class TestLargeFiles:
    """Files that do not come in one piece."""

    @pytest.fixture
    def running_sandbox(self, large_sandbox: SandboxProcess) -> SandboxProcess:
        return large_sandbox

    def test_a_dropped_download_goes_on_where_it_broke(self, sync: Sync, sandbox: SandboxProcess) -> None:
        drop = {"path": r"file\.json", "kind": "truncate", "after_bytes": CHUNK_BYTES + 1_000, "nth": 1}
        sandbox.post("/_sandbox/faults", drop)
        run = sync()
        assert run.status == RunStatus.SUCCEEDED
        assert run.synced == sandbox.get("/_sandbox/state")["expected"]["synced"]
        assert 206 in {call["status"] for call in sandbox.get("/_sandbox/calls")}
        assert not Extract.objects.of_run(run).exclude(last_problem="").exists()


def loaded(run: SyncRun, source: str) -> None:
    """Work until something of that source is in its stage table."""
    work_until(Extract.objects.of_run(run).filter(status=ExtractStatus.LOADED, source=source, rows_loaded__gt=0).exists)
    run.refresh_from_db()


@pytest.mark.parametrize("source", [Source.MARKETO_PEOPLE, Source.SALESFORCE_LEADS])
def test_what_a_crash_of_the_database_emptied_is_loaded_again(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess, source: str
) -> None:
    """Pain 4: the exports are kept, and nothing more is taken from the day's allowance."""
    run = start_sync(account=connected, started_by=admin)
    loaded(run, source)
    StageTable(run, source).empty()
    run = finish(run)
    assert (run.status, run.restarts) == (RunStatus.SUCCEEDED, 1)
    expected = sandbox.get("/_sandbox/state")["expected"]
    assert {"synced": run.synced, **run.skipped} == expected
    assert Person.objects.for_account(connected).live().count() == expected["synced"]
    made = [call for call in sandbox.get("/_sandbox/calls") if call["path"].endswith("export/create.json")]
    assert len(made) == Extract.objects.of_run(run).filter(source=Source.MARKETO_PEOPLE).count()


def test_changes_that_a_crash_of_the_database_emptied_are_collected_again(
    sync: Sync, connected: SalesAccount, sandbox: SandboxProcess
) -> None:
    sync()
    person = Person.objects.for_account(connected).live().order_by("marketo_id")[0]
    sandbox.post("/_sandbox/people", {"action": "change", "id": person.marketo_id, "fields": {"title": "Chair"}})
    sandbox.delete("/_sandbox/calls")
    run = start_sync(account=connected, started_by=None, kind=RunKind.INCREMENTAL)
    loaded(run, Source.MARKETO_CHANGES)
    StageTable(run, CHANGED).empty()
    run = finish(run)
    assert (run.status, run.restarts, run.updated) == (RunStatus.SUCCEEDED, 1, 1)
    paths = [call["path"] for call in sandbox.get("/_sandbox/calls")]
    assert run.calls()["marketo_calls"] == sum(path.startswith("/rest/") for path in paths), "those in vain count too"


def test_a_database_that_never_stays_up_fails_the_run(connected: SalesAccount, admin: User) -> None:
    run = start_sync(account=connected, started_by=admin)
    SyncRun.objects.update(restarts=MOST_RESTARTS)
    loaded(run, Source.SALESFORCE_LEADS)
    StageTable(run, Source.SALESFORCE_LEADS).empty()
    run = finish(run)
    assert (run.status, run.failure) == (RunStatus.FAILED, "stage_lost")
    assert "restarted again and again" in str(failure_of(run).what)


def test_tokens_that_end_all_the_time_cost_nobody(sync: Sync, sandbox: SandboxProcess) -> None:
    """Pain 12: a token that ends within a run is renewed, however often."""
    sandbox.post("/_sandbox/switches", {"token_seconds": 1})
    for call in (2, 5, 8, 11):
        sandbox.post("/_sandbox/faults", {"path": "/services/data", "kind": "token_expired", "nth": call})
    run = sync()
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    assert {"synced": run.synced, **run.skipped} == sandbox.get("/_sandbox/state")["expected"]


def test_a_lost_place_in_the_results_begins_the_query_anew(sync: Sync, sandbox: SandboxProcess) -> None:
    """Pain 14: where the place in a result is forgotten, the job is made again and its earlier pages are dropped."""
    sandbox.post("/_sandbox/faults", {"path": "/results", "kind": "salesforce:invalid_locator", "count": 2})
    run = sync()
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    assert {"synced": run.synced, **run.skipped} == sandbox.get("/_sandbox/state")["expected"]
