"""A lease lives as long as its worker works, however slow the providers are."""

import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import SalesAccount, User
from pipeline import runner
from sandbox.testing import SandboxProcess
from sync import querysets, services
from sync.engine import heartbeat
from sync.models import Extract, Source, SyncRun
from sync.statuses import RunStatus
from tests.sync.processes import WORKER_OPTIONS, console_environment, running, wait_for_end
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_calls_longer_than_a_lease_keep_it(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (querysets, heartbeat):
        monkeypatch.setattr(module, "LEASE", timedelta(seconds=1))
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.2)
    sandbox.post("/_sandbox/faults", {"path": r"/rest/.*", "kind": "delay", "seconds": 3, "count": 1})
    run = services.start_sync(account=connected, started_by=admin)
    worker = threading.Thread(target=take_step, args=(run,))
    worker.start()
    wait_until(lambda: SyncRun.objects.filter(pk=run.pk, heartbeat_at__gt=run.created_at).exists())
    later = timezone.now() + timedelta(seconds=1.2)
    wait_until(lambda: SyncRun.objects.filter(pk=run.pk, heartbeat_at__gt=later).exists())
    assert not SyncRun.objects.due().filter(pk=run.pk).exists()
    worker.join()
    assert SyncRun.objects.get(pk=run.pk).attempt == 1


def take_step(run: SyncRun) -> None:
    runner.advance_run(run.pk)
    connection.close()


def test_a_run_whose_tables_stay_locked_is_cleaned_up_in_the_end(connected: SalesAccount, admin: User) -> None:
    run = services.start_sync(account=connected, started_by=admin)
    services.cancel_run(run=run, cancelled_by=admin)
    SyncRun.objects.filter(pk=run.pk).update(tries=59, has_leftovers=True)
    runner.advance_run(run.pk)
    run.refresh_from_db()
    assert (run.has_leftovers, run.due_at) == (False, None)


# A message stays with the broker until its step has ended, and goes to the next worker after three seconds.
IMPATIENT = """
import sys
from msi_admin import celery_app
celery_app.conf.update(broker_transport_options={"visibility_timeout": 3}, task_acks_late=True)
celery_app.worker_main(sys.argv[1:])
"""


@pytest.mark.timeout(120)
def test_a_load_that_outlasts_the_brokers_patience_is_taken_once(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """Pain 24: after its visibility time-out, three seconds here, the broker sends a message to another worker too."""
    sandbox.post("/_sandbox/faults", {"path": r"file\.json", "kind": "delay", "seconds": 12, "count": 1})
    run = services.start_sync(account=connected, started_by=admin)
    command = [sys.executable, "-c", IMPATIENT, "worker", "-B", *WORKER_OPTIONS, "-s", str(tmp_path / "beat")]
    with running(command, tmp_path, console_environment(sandbox)):
        run = wait_for_end(run, tmp_path)
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    assert {"synced": run.synced, **run.skipped} == sandbox.get("/_sandbox/state")["expected"]
    files = [call for call in sandbox.get("/_sandbox/calls") if call["path"].endswith("file.json")]
    assert len(files) == Extract.objects.of_run(run).filter(source=Source.MARKETO_PEOPLE, rows_loaded__gt=0).count()
