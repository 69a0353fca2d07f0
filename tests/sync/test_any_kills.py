"""Random changes in both systems, faults, and workers killed anywhere: the copy equals what an oracle judges."""

import random
from pathlib import Path

import pytest

from accounts.models import SalesAccount, User
from sync.models import Extract, RunKind, RunStatus, SyncRun
from sync.services import start_sync
from tests.sandbox_process import SandboxProcess
from tests.sync.oracle import people_in_copy, people_that_belong
from tests.sync.processes import forget_leases, kill, wait_for, wait_for_end, worker
from tests.sync.test_any_changes import FAULTS, something_happens

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

ROUNDS = (RunKind.FULL, RunKind.FOLLOW)


def steps_taken(run: SyncRun) -> int:
    return sum(Extract.objects.of_run(run).values_list("attempt", flat=True))


def test_whatever_happens_the_copy_equals_the_oracle(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """Pain 2 and 20, Security statement 18 and 19: nobody is lost, doubled or kept, and every value is right."""
    dice = random.Random(7)
    for kind in ROUNDS:
        for _ in range(dice.randint(5, 15)):
            something_happens(sandbox, dice)
        path, fault = dice.choice(FAULTS)
        sandbox.post("/_sandbox/faults", {"path": path, "kind": fault, "nth": dice.randint(1, 9)})
        run = start_sync(account=connected, started_by=admin, kind=kind)
        kill_a_worker_after(run, dice.randint(1, 25), sandbox, tmp_path)
        with worker(tmp_path, sandbox):
            wait_for_end(run, tmp_path)
        assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
        sandbox.delete("/_sandbox/faults")
        assert people_in_copy(connected) == people_that_belong(connected, sandbox)
        assert len(people_in_copy(connected)) == sandbox.get("/_sandbox/state")["expected"]["synced"]


def kill_a_worker_after(run: SyncRun, steps: int, sandbox: SandboxProcess, folder: Path) -> None:
    """Wherever it is by then, perhaps at the end."""
    ended = SyncRun.objects.exclude(finished_at=None).filter(pk=run.pk)
    with worker(folder, sandbox) as process:
        wait_for(lambda: steps_taken(run) >= steps or ended.exists(), folder)
        kill(process)
    forget_leases()
