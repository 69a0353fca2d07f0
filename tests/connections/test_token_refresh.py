"""One refresh at a time, on a real database with real threads: a rotated token used twice kills the connection."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.db import connection as database
from django.utils import timezone

from connections import services
from connections.http import ReconnectNeeded
from connections.models import ConnectionStatus, SalesforceConnection
from tests.conftest import ClientOf
from tests.connections.conftest import ChangeOrg, text_of
from tests.connections.salesforce_sign_in import refresh
from tests.sandbox_process import SandboxProcess

PAGE = "/settings/admin/salesforce/"
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


def test_a_token_that_idles_is_renewed_before_salesforce_forgets_it(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, client_of: ClientOf
) -> None:
    change_org("rotate_refresh_tokens", rotate=True)
    browser = client_of(salesforce_connection.connected_by)
    services.check_connection(salesforce_connection)
    young = SalesforceConnection.objects.get()
    assert young.refresh_token == salesforce_connection.refresh_token
    SalesforceConnection.objects.update(refreshed_at=timezone.now() - timedelta(days=8, minutes=1))
    assert "Could stay unused for 21 more days" in text_of(browser.get(PAGE))
    services.check_connection(SalesforceConnection.objects.get())
    renewed = SalesforceConnection.objects.get()
    assert (renewed.rotations, renewed.idle_days_left, renewed.problem) == (1, 29, "")
    assert renewed.refresh_token != young.refresh_token
    assert "token replaced 1 time." in text_of(browser.get(PAGE))


def test_a_rotation_whose_answer_was_lost_ends_in_a_clear_reconnect(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    change_org("rotate_refresh_tokens", rotate=True)
    refresh(sandbox, salesforce_connection)
    change_org("end_sessions")
    services.check_connection(salesforce_connection)
    lost = SalesforceConnection.objects.get()
    assert lost.status == ConnectionStatus.NEEDS_RECONNECTING
    assert str(services.salesforce_health(lost.account).problem.todo) == "Press Connect again."  # type: ignore[union-attr]


def test_a_refused_refresh_token_marks_the_connection_and_tells_its_owner_once(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, mailoutbox: list[EmailMessage]
) -> None:
    change_org("end_sessions")
    SalesforceConnection.objects.update(refresh_token="5Aep-revoked-long-ago")
    for _ in range(2):
        with pytest.raises(ReconnectNeeded):
            services.salesforce_client(salesforce_connection).organization()
    (mail,) = mailoutbox
    assert mail.to == [salesforce_connection.connected_by.email]
    assert mail.subject == "The connection of Acme Inc to Salesforce has stopped working"
    assert "access was revoked" in mail.body
    assert "/settings/admin/salesforce/" in mail.body
    assert "5Aep" not in mail.body
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
