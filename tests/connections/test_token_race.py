"""One refresh at a time, on a real database with real threads: a rotated token used twice kills the connection."""

import subprocess
import sys
from types import FrameType
from typing import Any

import pytest
from django.db import OperationalError, transaction

from connections.models import ConnectionStatus, SalesforceConnection
from connections.services.client_factory import salesforce_client
from connections.services.health import check_connection
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import ChangeOrg, PersonAtSalesforce, press_ok, process_environment
from tests.threads import at_once
from tests.waiting import wait_until

THREADS = 6
pytestmark = pytest.mark.django_db(transaction=True)


def test_many_workers_refresh_a_rotating_token_once(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    """Pain 13: a second worker never uses a refresh token that was rotated away."""
    change_org("rotate_refresh_tokens", rotate=True)
    change_org("end_sessions")
    sandbox.delete("/_sandbox/calls")
    clients = [salesforce_client(salesforce_connection) for _ in range(THREADS)]
    names = at_once(THREADS, lambda number: clients[number].organization().name)
    assert names == ["Acme Inc"] * THREADS
    refreshes = [call for call in sandbox.get("/_sandbox/calls") if call["path"] == "/services/oauth2/token"]
    assert len(refreshes) == 1
    renewed = SalesforceConnection.objects.get()
    assert renewed.refresh_token != salesforce_connection.refresh_token
    # The stored token is the live one: the next refresh works with it.
    change_org("end_sessions")
    assert salesforce_client(renewed).organization().name == "Acme Inc"


# What each of two worker processes does: many threads that all hold the token that has just been refused.
WORKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
import django
django.setup()
from django.conf import settings
from django.db import connection as database
from clients.http import ReconnectNeeded, open_session
from connections.models import SalesforceConnection
from connections.services.token_refresh import TokenRefresh
settings.SANDBOX_ORIGIN = {origin!r}
stale = SalesforceConnection.objects.get()
start = Barrier({threads})

def call(_number):
    try:
        return TokenRefresh(stale, open_session(allowed_hosts=[stale.login_origin]))().token
    except ReconnectNeeded:
        return "reconnect"

def call_many(number):
    try:
        SalesforceConnection.objects.exists()
        start.wait(timeout=30)
        return {{call(number) for number in range({calls})}}
    finally:
        database.close()

print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor({threads}) as pool:
    print(*set.union(*pool.map(call_many, range({threads}))))
"""


def test_a_thousand_callers_in_two_processes_refresh_once(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    """Pain 13 and Security statement 9: single flight across processes and threads; rotated is stored before used."""
    change_org("rotate_refresh_tokens", rotate=True)
    change_org("end_sessions")
    sandbox.delete("/_sandbox/calls")
    source = WORKER.format(origin=sandbox.url, calls=50, threads=10)
    # Long enough for everybody to come while the first is still being answered.
    sandbox.post("/_sandbox/faults", {"path": "/services/oauth2/token", "kind": "delay", "seconds": 0.5, "count": 1})
    workers = [worker_process(source) for _ in range(2)]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("go\n")
        worker.stdin.flush()
    answers = [worker.communicate(timeout=60)[0].split() for worker in workers]
    renewed = SalesforceConnection.objects.get()
    assert answers == [[renewed.access_token]] * 2
    assert renewed.rotations == 1
    refreshes = [call for call in sandbox.get("/_sandbox/calls") if call["path"] == "/services/oauth2/token"]
    assert len(refreshes) == 1
    assert salesforce_client(renewed).organization().name == "Acme Inc"


def is_held(row: SalesforceConnection) -> bool:
    """Is somebody refreshing it just now?"""
    try:
        with transaction.atomic():
            SalesforceConnection.objects.select_for_update(nowait=True).get(pk=row.pk)
    except OperationalError:
        return True
    return False


def test_whoever_dies_in_the_middle_of_the_race_leaves_the_others_a_clear_end(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    """Security statements 9 and 10: killed while Salesforce answers, with a hundred others waiting for the row."""
    change_org("rotate_refresh_tokens", rotate=True)
    change_org("end_sessions")
    source = WORKER.format(origin=sandbox.url, calls=10, threads=10)
    sandbox.post("/_sandbox/faults", {"path": "/services/oauth2/token", "kind": "delay", "seconds": 30, "count": 1})
    with worker_process(source) as dying, worker_process(source) as living:
        for worker in (dying, living):
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n"
        assert dying.stdin
        dying.stdin.write("go\n")
        dying.stdin.flush()
        # The row is held some time before Salesforce is asked.
        wait_until(lambda: sandbox.get("/_sandbox/faults")[0]["struck"] == 1)
        assert is_held(salesforce_connection)
        dying.kill()
        answers = set(living.communicate("go\n", timeout=60)[0].split())
    after = SalesforceConnection.objects.get()
    if answers == {"reconnect"}:
        # The token that has died with the process was the only good one.
        assert (after.status, after.problem) == (ConnectionStatus.NEEDS_RECONNECTING, "salesforce_expired_token")
    else:
        assert answers == {after.access_token}
        assert salesforce_client(after).organization().name == "Acme Inc"


def worker_process(source: str) -> subprocess.Popen[str]:
    """A process that works on the database of this test."""
    return subprocess.Popen(
        [sys.executable, "-c", source],
        env=process_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


class Killed(BaseException):
    """The process ends here."""


def refresh_killed_at(connection: SalesforceConnection, boundary: int) -> bool:
    """Refresh, and end at the given line of what stores the new tokens; False when that has fewer lines."""
    lines = 0

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal lines
        if frame.f_code.co_name not in {"_newest_access", "_refresh"}:
            return None
        if event == "line":
            lines += 1
            if lines > boundary:
                raise Killed
        return trace

    client = salesforce_client(connection)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        client.organization()
    except Killed:
        return True
    finally:
        sys.settrace(before)
    return False


def test_a_crash_at_any_instruction_ends_connected_or_in_a_clear_reconnect(
    salesforce_connection: SalesforceConnection,
    change_org: ChangeOrg,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
) -> None:
    """Security statement 10: never in silence, wherever the process dies between rotation and storing."""
    change_org("rotate_refresh_tokens", rotate=True)
    browser = client_of(salesforce_connection.connected_by)
    endings = []
    for boundary in range(50):
        change_org("end_sessions")
        if not refresh_killed_at(SalesforceConnection.objects.get(), boundary):
            break
        check_connection(SalesforceConnection.objects.get())
        after = SalesforceConnection.objects.get()
        endings.append(after.status)
        if after.status == ConnectionStatus.NEEDS_RECONNECTING:
            assert after.problem == "salesforce_expired_token"
            browser.get(person_at_salesforce(press_ok(browser)))
            SalesforceConnection.objects.get(status=ConnectionStatus.CONNECTED, problem="")
    # Before Salesforce is asked nothing is lost; afterwards the rotated token is.
    assert set(endings) == set(ConnectionStatus)
    assert endings == sorted(endings)
