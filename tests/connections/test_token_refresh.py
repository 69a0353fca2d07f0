"""One refresh at a time, on a real database with real threads: a rotated token used twice kills the connection."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection as database

from connections import services
from connections.http import ReconnectNeeded
from connections.models import ConnectionStatus, SalesforceConnection
from tests.connections.conftest import ChangeOrg
from tests.sandbox_process import SandboxProcess

THREADS = 6
pytestmark = pytest.mark.django_db(transaction=True)


def call_in_thread(connection: SalesforceConnection, start: threading.Barrier) -> str:
    try:
        client = services.salesforce_client(connection)
        start.wait(timeout=10)
        return client.organization().name
    finally:
        database.close()


def test_many_workers_refresh_a_rotating_token_once(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    change_org("rotate_refresh_tokens", rotate=True)
    change_org("end_sessions")
    sandbox.delete("/_sandbox/calls")
    start = threading.Barrier(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        names = list(pool.map(lambda _: call_in_thread(salesforce_connection, start), range(THREADS)))
    assert names == ["Acme Inc"] * THREADS
    refreshes = [call for call in sandbox.get("/_sandbox/calls") if call["path"] == "/services/oauth2/token"]
    assert len(refreshes) == 1
    renewed = SalesforceConnection.objects.get()
    assert renewed.refresh_token != salesforce_connection.refresh_token
    # The stored token is the live one: the next refresh works with it.
    change_org("end_sessions")
    assert services.salesforce_client(renewed).organization().name == "Acme Inc"


def test_a_refused_refresh_token_marks_the_connection(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg
) -> None:
    change_org("end_sessions")
    SalesforceConnection.objects.update(refresh_token="5Aep-revoked-long-ago")
    with pytest.raises(ReconnectNeeded):
        services.salesforce_client(salesforce_connection).organization()
    refused = SalesforceConnection.objects.get()
    assert refused.status == ConnectionStatus.NEEDS_RECONNECTING
    health = services.salesforce_health(refused.account)
    assert not health.is_connected
    assert health.problem is not None


def test_a_salesforce_that_is_down_keeps_the_refresh_token(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    change_org("end_sessions")
    sandbox.post("/_sandbox/faults", {"path": "/services/oauth2/token", "kind": "status:503", "count": 1})
    services.check_connection(salesforce_connection)
    assert SalesforceConnection.objects.get().problem == "salesforce_busy"
    services.check_connection(SalesforceConnection.objects.get())
    healthy = SalesforceConnection.objects.get()
    assert (healthy.problem, healthy.status) == ("", ConnectionStatus.CONNECTED)
