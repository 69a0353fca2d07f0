"""A real Celery worker with beat, killed in the middle of a load."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from accounts.models import SalesAccount, User
from sync.models import Extract, Person, RunStatus
from sync.services import start_sync
from tests.sandbox_process import ROOT, SandboxProcess
from tests.sync.driving import describe

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
DEADLINE_SECONDS = 60


@contextmanager
def worker(folder: Path, sandbox: SandboxProcess) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of two processes and beat on the test's database; killed at the end if it still runs."""
    place = connection.settings_dict
    environment = {
        "DATABASE_URL": f"postgresql://{place['USER']}@/{place['NAME']}?host={place['OPTIONS']['host']}",
        "SANDBOX_ORIGIN": sandbox.url,
        "REDIS_URL": settings.REDIS_URL,
        # Where the keys are that the test's connections are encrypted with.
        "VAR_DIR": str(settings.VAR_DIR),
    }
    command = [sys.executable, "-m", "celery", "-A", "msi_admin", "worker", "-B", "-c", "2", "-l", "WARNING"]
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "-s", str(folder / "beat")],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """As when the machine loses power: no process of the worker can say a word."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(is_reached: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_reached():
        assert time.monotonic() < deadline, f"{describe()}\n{(folder / 'worker.log').read_text()[-2_000:]}"
        time.sleep(0.1)


def test_a_worker_killed_while_loading_costs_nobody(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """Pain 24 and 25: what the dead worker had begun is undone by the database and begun anew by the next worker."""
    sandbox.post("/_sandbox/faults", {"path": r"file\.json", "kind": "stall", "after_bytes": 2_000, "count": 1})
    run = start_sync(account=connected, started_by=admin)
    stalled = Extract.objects.of_run(run).filter(status="loading", heartbeat_at__isnull=False)
    with worker(tmp_path, sandbox) as first:
        wait_for(stalled.exists, tmp_path)
        extract = stalled.get()
        kill(first)
    # The lease of a dead worker runs out by itself; the test does not wait for it.
    Extract.objects.of_run(run).update(lease_until=Now())
    with worker(tmp_path, sandbox):
        wait_for(lambda: _has_ended(run), tmp_path)
    run.refresh_from_db()
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    expected = sandbox.get("/_sandbox/state")["expected"]
    assert {"synced": run.synced, **run.skipped} == expected
    assert Person.objects.of_account(connected).live().count() == expected["synced"]
    assert Extract.objects.get(pk=extract.pk).attempt > extract.attempt


def _has_ended(run: object) -> bool:
    run.refresh_from_db()  # type: ignore[attr-defined]
    return bool(run.is_finished)  # type: ignore[attr-defined]
