"""Random changes in both systems, faults, and workers killed anywhere: the copy equals what an oracle judges."""

import os
import random
import signal
import time
from itertools import cycle

import pytest
from django.db import connection

from accounts.models import SalesAccount, User
from sync.models import RunKind, RunStatus, SyncRun
from sync.services import start_sync
from tests.sandbox_process import SandboxProcess
from tests.sync.driving import cut_waits_short, run_has_ended, work_until
from tests.sync.oracle import people_in_copy, people_that_belong
from tests.sync.processes import forget_leases
from tests.sync.test_any_changes import FAULTS, something_happens

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
    # The child touches nothing that another thread of its parent may hold.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]

KILLS = int(os.environ.get("KILLS", "20"))
# Some steps of the small sandbox fit in, the longest just so.
LONGEST_LIFE = 0.4


def test_whatever_happens_the_copy_equals_the_oracle(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    """
    Pain 2 and 20, Security statement 18 and 19: nobody is lost, doubled or kept, and every value is right.

    KILLS in the environment says how often a worker is killed in all, in as many runs as that takes.
    """
    dice, kills = random.Random(7), 0
    for number, kind in enumerate(cycle((RunKind.FULL, RunKind.FOLLOW))):
        if number >= 2 and kills >= KILLS:
            break
        for _ in range(dice.randint(5, 15)):
            something_happens(sandbox, dice)
        path, fault = dice.choice(FAULTS)
        sandbox.post("/_sandbox/faults", {"path": path, "kind": fault, "nth": dice.randint(1, 9)})
        run = start_sync(account=connected, started_by=admin, kind=kind)
        kills += kill_workers_of(run, dice)
        assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
        assert run.receipt["source"] == run.receipt["copy"]
        sandbox.delete("/_sandbox/faults")
        assert people_in_copy(connected) == people_that_belong(connected, sandbox)
        assert len(people_in_copy(connected)) == sandbox.get("/_sandbox/state")["expected"]["synced"]


def kill_workers_of(run: SyncRun, dice: random.Random) -> int:
    """Let worker after worker work for a moment, until the run has ended; answers how many were killed on the way."""
    kills = 0
    while not run_has_ended(run):
        work_and_die(dice.uniform(0, LONGEST_LIFE))
        kills += 1
        forget_leases()
        cut_waits_short()
    return kills


def work_and_die(seconds: float) -> None:
    """A worker with a connection of its own, killed wherever it is after so long."""
    connection.close()
    worker = os.fork()
    if not worker:
        try:
            work_until(lambda: False)
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
