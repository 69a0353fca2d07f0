"""A lease lives as long as its worker works, however slow the neighbours are."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import SalesAccount, User
from sync import querysets, services
from sync.engine import heartbeat
from sync.models import SyncRun
from tests.sandbox_process import SandboxProcess
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
    services.advance_run(run.pk)
    connection.close()


def test_a_run_whose_tables_stay_locked_is_cleaned_up_in_the_end(connected: SalesAccount, admin: User) -> None:
    run = services.start_sync(account=connected, started_by=admin)
    services.cancel_run(run=run, cancelled_by=admin)
    SyncRun.objects.filter(pk=run.pk).update(tries=59, has_leftovers=True)
    services.advance_run(run.pk)
    run.refresh_from_db()
    assert (run.has_leftovers, run.due_at) == (False, None)
