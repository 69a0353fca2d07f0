"""A worker that is asked to end hands over what takes long, and nothing is lost or done twice."""

import signal
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import SalesAccount, User
from common import draining
from sandbox.testing import SandboxProcess
from sync.engine.heartbeat import Heartbeat
from sync.leases import LeaseLost
from sync.models import Extract, Person
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.factories import make_extract
from tests.sync.processes import wait_for, wait_for_end, worker
from tests.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


@pytest.fixture
def asked_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "has_begun", lambda: True)
    monkeypatch.setattr("sync.engine.heartbeat.BEAT_SECONDS", 0.05)


@pytest.mark.usefixtures("asked_to_end")
@pytest.mark.parametrize("may_be_handed_over", [True, False])
def test_a_load_loses_its_lease_and_everything_else_goes_on(account: SalesAccount, *, may_be_handed_over: bool) -> None:
    due = make_extract(due_at=timezone.now())
    step = Extract.objects.claim(due.pk)
    with Heartbeat(step, may_be_handed_over=may_be_handed_over) as heartbeat:
        wait_until(lambda: Extract.objects.get(pk=step.pk).lease_until != step.lease_until)
        if may_be_handed_over:
            wait_until(heartbeat._lost.is_set)
            with pytest.raises(LeaseLost):
                heartbeat.check()
    assert Extract.objects.due().filter(pk=step.pk).exists() == may_be_handed_over
    if may_be_handed_over:
        with pytest.raises(LeaseLost):
            step.write(status=step.status)


def test_a_loader_that_ends_hands_its_load_to_another(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """An upgrade waited a minute for each loader, and was then killed: the load began anew only after that."""
    sandbox.post("/_sandbox/faults", {"path": r"file\.json", "kind": "stall", "after_bytes": 2_000, "count": 1})
    run = start_sync(account=connected, started_by=admin)
    loading = Extract.objects.of_run(run).filter(status="loading", heartbeat_at__isnull=False)
    with worker(tmp_path, sandbox, name="old") as old:
        wait_for(loading.exists, tmp_path)
        stalled = loading.get()
        old.send_signal(signal.SIGTERM)
        # It still waits for its answer, and renews no lease meanwhile.
        wait_for(Extract.objects.due().filter(pk=stalled.pk).exists, tmp_path)
        with worker(tmp_path, sandbox, name="new"):
            run = wait_for_end(run, tmp_path)
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    expected = sandbox.get("/_sandbox/state")["expected"]
    assert {"synced": run.synced, **run.skipped} == expected
    assert Person.objects.for_account(connected).live().count() == expected["synced"]
