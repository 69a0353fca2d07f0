"""Random changes in both systems, faults, and workers killed anywhere: the copy equals what an oracle judges."""

import os
import random
from collections.abc import Iterator
from itertools import cycle

import pytest

from accounts.models import Occurrence, SalesAccount, User
from sandbox.testing import SandboxProcess
from sync.engine.partitions import SHARED, OwnPartition
from sync.events import FULL_SYNC_DONE
from sync.models import RunKind, SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.sync.driving import cut_waits_short, run_has_ended
from tests.sync.mortal_workers import MortalWorkers, mortal_workers
from tests.sync.oracle import people_in_copy, people_that_belong
from tests.sync.processes import forget_leases
from tests.sync.test_any_changes import FAULTS, something_happens
from tests.sync.test_partitions import definitions

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = int(os.environ.get("KILLS", "20"))
# Statements; the longest step, the merge, sends about 70, so that every step can be got over, on any machine.
LONGEST_LIFE = 150
# Nearly every life ends early; a run that needs more of them gets nowhere.
MOST_LIVES = 60


@pytest.fixture
def workers(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[MortalWorkers]:
    """The account's first load gets a partition of its own; many are killed before there is one."""
    monkeypatch.setenv("PEOPLE_OF_OWN_PARTITION", "1")
    with mortal_workers(sandbox) as started:
        yield started


@pytest.mark.usefixtures("young_company")
def test_whatever_happens_the_copy_equals_the_oracle(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess, workers: MortalWorkers
) -> None:
    """
    Pain 2 and 20, Security statement 18 and 19: nobody is lost, doubled or kept, and every value is right.

    KILLS in the environment says how often a worker is killed at least, in as many runs as that takes.
    """
    dice, kills = random.Random(7), 0
    for number, kind in enumerate(cycle((RunKind.FULL, RunKind.INCREMENTAL))):
        if number >= 2 and kills >= KILLS:
            break
        for _ in range(dice.randint(5, 15)):
            something_happens(sandbox, dice)
        path, fault = dice.choice(FAULTS)
        sandbox.post("/_sandbox/faults", {"path": path, "kind": fault, "nth": dice.randint(1, 9)})
        run = start_sync(account=connected, started_by=admin, kind=kind)
        kills += kill_workers_of(run, dice, workers)
        assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
        assert run.receipt["source"] == run.receipt["copy"]
        assert told_of(run) == ([FULL_SYNC_DONE.key] if kind == RunKind.FULL else [])
        sandbox.delete("/_sandbox/faults")
        assert people_in_copy(connected) == people_that_belong(connected, sandbox)
        assert len(people_in_copy(connected)) == sandbox.get("/_sandbox/state")["expected"]["synced"]
    assert OwnPartition(connected.pk).state() == (True, False, True)
    assert definitions(OwnPartition(connected.pk).name) == definitions(SHARED)


def told_of(run: SyncRun) -> list[str]:
    """The events that were recorded of a run: each is told once, however many workers died at it."""
    return list(Occurrence.objects.filter(details__run=str(run.pk)).values_list("event", flat=True))


def kill_workers_of(run: SyncRun, dice: random.Random, workers: MortalWorkers) -> int:
    """Let one worker after another live a little of the run, until it has ended; answers how many were killed."""
    kills = 0
    for _ in range(MOST_LIVES):
        kills += workers.live(run.pk, dice.randint(1, LONGEST_LIFE))
        if run_has_ended(run):
            return kills
        forget_leases()
        cut_waits_short()
    raise AssertionError(f"{run} has not ended in {MOST_LIVES} lives: {run.status}, tries {run.tries}")
