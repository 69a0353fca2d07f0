"""A real Celery worker with beat, killed in the middle of a load."""

from pathlib import Path

import pytest

from accounts.models import SalesAccount, User
from sandbox.testing import SandboxProcess
from sync.models import Extract, Person
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.sync.processes import forget_leases, kill, wait_for, wait_for_end, worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def test_a_worker_killed_while_loading_costs_nobody(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """Pain 25: what the dead worker had begun is undone by the database and begun anew by the next worker."""
    sandbox.post("/_sandbox/faults", {"path": r"file\.json", "kind": "stall", "after_bytes": 2_000, "count": 1})
    run = start_sync(account=connected, started_by=admin)
    stalled = Extract.objects.of_run(run).filter(status="loading", heartbeat_at__isnull=False)
    with worker(tmp_path, sandbox) as first:
        wait_for(stalled.exists, tmp_path)
        extract = stalled.get()
        kill(first)
    forget_leases()
    with worker(tmp_path, sandbox):
        wait_for_end(run, tmp_path)
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    expected = sandbox.get("/_sandbox/state")["expected"]
    assert {"synced": run.synced, **run.skipped} == expected
    assert Person.objects.for_account(connected).live().count() == expected["synced"]
    assert Extract.objects.get(pk=extract.pk).attempt > extract.attempt
