"""`manage.py start_sync`: the button's service on the command line."""

import io
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from accounts.models import SalesAccount
from sandbox.testing import SandboxProcess
from sync.models import SyncRun
from tests.sync.driving import finish, work_until

pytestmark = pytest.mark.django_db(transaction=True)


def work_in_the_background() -> threading.Thread:
    """Stands in for the workers while the command waits."""

    def work() -> None:
        work_until(SyncRun.objects.exists)
        finish(SyncRun.objects.get())
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def start(**options: object) -> list[str]:
    output = io.StringIO()
    call_command("start_sync", stdout=output, **options)
    return output.getvalue().splitlines()


def test_it_waits_and_prints_the_counts(connected: SalesAccount, sandbox: SandboxProcess) -> None:
    worker = work_in_the_background()
    lines = start(account=connected.slug, wait=True)
    worker.join()
    expected = sandbox.get("/_sandbox/state")["expected"]
    assert f"run: {SyncRun.objects.get().pk}" in lines
    assert f"synced: {expected['synced']}" in lines
    assert f"skipped_queue_owner: {expected['queue_owner']}" in lines


def test_a_failed_run_is_an_error(connected: SalesAccount, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/switches", {"salesforce_sync": False})
    worker = work_in_the_background()
    with pytest.raises(CommandError, match="does not have the fields"):
        start(account=connected.slug, wait=True)
    worker.join()


def test_a_refusal_is_an_error(account: SalesAccount) -> None:
    with pytest.raises(CommandError, match="not connected"):
        start(account=account.slug)


def test_an_unknown_account_is_an_error() -> None:
    with pytest.raises(CommandError, match="no Sales account nobody"):
        start(account="nobody")
