"""What a refresh of Salesforce's token shows about the connection, and whoever is told of it."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Occurrence
from clients.http import ReconnectNeeded, TransientApiError, open_session
from connections.events import IDLING_OUT, SALESFORCE_BROKEN
from connections.models import ConnectionStatus, SalesforceConnection
from connections.orgs import OrgMove
from connections.services.call_recorder import record_problem
from connections.services.client_factory import salesforce_client
from connections.services.health import check_connection, salesforce_health
from connections.services.token_refresh import TokenRefresh
from connections.watch import watch_connections
from problems.codes import ProblemCode
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import ChangeOrg, PersonAtSalesforce, press_ok
from tests.pages import text_of

PAGE = "/settings/admin/salesforce/"
pytestmark = pytest.mark.django_db(transaction=True)


def test_an_org_with_a_new_my_domain_is_found_again(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, sandbox: SandboxProcess, settings: Settings
) -> None:
    """Pain 15: renaming ends the sessions, and the next refresh tells where the org is; nobody connects again."""
    renamed = sandbox.url.replace("127.0.0.1", "localhost")
    settings.SANDBOX_ORIGIN = renamed
    client = salesforce_client(salesforce_connection)
    change_org("rename_domain", url=renamed)
    assert client.organization().name == "Acme Inc"
    session = open_session(allowed_hosts=[salesforce_connection.login_origin])
    access = TokenRefresh(salesforce_connection, session)()
    session.get_adapter(f"{access.instance_url}/services/data")  # the session may go there now
    moved = SalesforceConnection.objects.get()
    assert (moved.instance_url, moved.status, moved.problem) == (renamed, ConnectionStatus.CONNECTED, "")


def test_an_org_whose_old_address_is_gone_is_found_by_the_hourly_look(
    salesforce_connection: SalesforceConnection, sandbox: SandboxProcess
) -> None:
    """Pain 15: the old My Domain does not even resolve any more."""
    SalesforceConnection.objects.update(instance_url="http://127.0.0.1:1")
    check_connection(SalesforceConnection.objects.get())
    found = SalesforceConnection.objects.get()
    assert (found.instance_url, found.status, found.problem) == (sandbox.url, ConnectionStatus.CONNECTED, "")


def test_a_sandbox_that_was_copied_again_asks_to_reconnect_and_is_another_org(
    salesforce_connection: SalesforceConnection,
    change_org: ChangeOrg,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
) -> None:
    """Pain 15: the copy has the same user ids and another org id, so it is not taken for the org of before."""
    change_org("refresh_sandbox")
    check_connection(salesforce_connection)
    assert SalesforceConnection.objects.get().status == ConnectionStatus.NEEDS_RECONNECTING
    browser = client_of(salesforce_connection.connected_by)
    page = text_of(browser.get(person_at_salesforce(press_ok(browser)), follow=True))
    assert "This is another org than the one the Sales account was connected to." in page
    kept = SalesforceConnection.objects.get()
    assert (kept.org_id, kept.user_id) == (salesforce_connection.org_id, salesforce_connection.user_id)
    # Also when it is disconnected meanwhile: the copy is still of the old org.
    browser.post("/settings/admin/salesforce/disconnect/")
    page = text_of(browser.get(person_at_salesforce(press_ok(browser)), follow=True))
    assert "This is another org than the one the Sales account was connected to." in page
    assert not SalesforceConnection.objects.exists()
    browser.post("/settings/admin/salesforce/move/do/", {"move": OrgMove.objects.get().pk})
    copied = SalesforceConnection.objects.get()
    assert copied.user_id == kept.user_id
    assert copied.org_id != kept.org_id


def test_any_call_that_succeeds_ends_a_passing_problem(salesforce_connection: SalesforceConnection) -> None:
    SalesforceConnection.objects.update(problem=ProblemCode.SALESFORCE_BUSY)
    salesforce_client(salesforce_connection).fields_of("Lead")
    assert SalesforceConnection.objects.get().problem == ""


def test_a_success_hides_no_failure_that_follows_it(
    salesforce_connection: SalesforceConnection, sandbox: SandboxProcess
) -> None:
    client = salesforce_client(salesforce_connection)
    with transaction.atomic():
        client.organization()
        sandbox.post("/_sandbox/faults", {"path": "/describe", "kind": "status:503", "count": 1})
        with pytest.raises(TransientApiError) as caught:
            client.fields_of("Lead")
        record_problem(salesforce_connection, caught.value)
    assert SalesforceConnection.objects.get().problem == "salesforce_busy"
    client.fields_of("Lead")
    assert SalesforceConnection.objects.get().problem == ""


def test_a_worker_of_before_the_reconnect_says_nothing_about_the_connection_of_now(
    salesforce_connection: SalesforceConnection,
    change_org: ChangeOrg,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
    mailoutbox: list[EmailMessage],
    sandbox: SandboxProcess,
) -> None:
    late = salesforce_client(salesforce_connection)
    sandbox.post("/_sandbox/faults", {"path": "/describe", "kind": "status:401", "count": 2})
    with pytest.raises(ReconnectNeeded) as caught:
        late.fields_of("Lead")
    browser = client_of(salesforce_connection.connected_by)
    browser.get(person_at_salesforce(press_ok(browser)))
    # Whoever handles the error may hold the row of now already.
    for row in (salesforce_connection, SalesforceConnection.objects.get()):
        record_problem(row, caught.value)
    after = SalesforceConnection.objects.get()
    assert (after.status, after.problem) == (ConnectionStatus.CONNECTED, "")
    assert not mailoutbox


def test_a_token_that_idles_is_renewed_before_salesforce_forgets_it(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, client_of: ClientOf
) -> None:
    change_org("rotate_refresh_tokens", rotate=True)
    browser = client_of(salesforce_connection.connected_by)
    check_connection(salesforce_connection)
    young = SalesforceConnection.objects.get()
    assert young.refresh_token == salesforce_connection.refresh_token
    SalesforceConnection.objects.update(refreshed_at=timezone.now() - timedelta(days=8, minutes=1))
    assert "Ends in 21 days unless it is renewed." in text_of(browser.get(PAGE))
    check_connection(SalesforceConnection.objects.get())
    renewed = SalesforceConnection.objects.get()
    assert (renewed.rotations, renewed.idle_days_left, renewed.problem) == (1, 29, "")
    assert renewed.refresh_token != young.refresh_token
    page = text_of(browser.get(PAGE))
    assert "Token replaced</dt> <dd>1 time" in page
    assert "Renewed automatically every week." in page


def test_a_rotation_whose_answer_was_lost_ends_in_a_clear_reconnect(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    """Security statement 10: Salesforce has rotated, and its answer never came."""
    change_org("rotate_refresh_tokens", rotate=True)
    change_org("end_sessions")
    sandbox.post("/_sandbox/faults", {"path": "/oauth2/token", "kind": "salesforce:lost_answer", "count": 1})
    check_connection(salesforce_connection)
    assert SalesforceConnection.objects.get().problem == "salesforce_unreachable"
    check_connection(SalesforceConnection.objects.get())
    lost = SalesforceConnection.objects.get()
    assert lost.status == ConnectionStatus.NEEDS_RECONNECTING
    assert str(salesforce_health(lost.account).problem.todo) == "Press Connect again."  # type: ignore[union-attr]


def test_a_refused_refresh_token_marks_the_connection_and_tells_its_owner_once(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg
) -> None:
    change_org("end_sessions")
    SalesforceConnection.objects.update(refresh_token="5Aep-revoked-long-ago")
    for _ in range(2):
        with pytest.raises(ReconnectNeeded):
            salesforce_client(salesforce_connection).organization()
    told = Occurrence.objects.get()
    assert (told.concerned, told.link) == (salesforce_connection.connected_by, "/settings/admin/salesforce/")
    assert "access was revoked" in SALESFORCE_BROKEN.describe(told.details).what
    assert "5Aep" not in str(told.details)
    refused = SalesforceConnection.objects.get()
    assert refused.status == ConnectionStatus.NEEDS_RECONNECTING
    health = salesforce_health(refused.account)
    assert not health.is_connected
    assert health.problem is not None
    watch_connections()
    assert Occurrence.objects.going_on().exists()
    SalesforceConnection.objects.update(status=ConnectionStatus.CONNECTED)
    watch_connections()
    assert not Occurrence.objects.going_on().exists()
    told.refresh_from_db()
    assert SALESFORCE_BROKEN.ending(told.details) == "The connection to Salesforce works again."


def test_a_token_that_cannot_be_renewed_is_told_before_it_dies(salesforce_connection: SalesforceConnection) -> None:
    watch_connections()
    assert not Occurrence.objects.exists()
    SalesforceConnection.objects.update(refreshed_at=timezone.now() - timedelta(days=24, hours=1))
    watch_connections()
    assert "ends in 5 days" in IDLING_OUT.describe(Occurrence.objects.going_on().get().details).what
    assert "ends in 1 day," in IDLING_OUT.describe({"days": 1}).what
    SalesforceConnection.objects.update(refreshed_at=timezone.now())
    watch_connections()
    assert not Occurrence.objects.going_on().exists()


def test_a_salesforce_that_is_down_keeps_the_refresh_token(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    change_org("end_sessions")
    sandbox.post("/_sandbox/faults", {"path": "/services/oauth2/token", "kind": "status:503", "count": 1})
    check_connection(salesforce_connection)
    assert SalesforceConnection.objects.get().problem == "salesforce_busy"
    check_connection(SalesforceConnection.objects.get())
    healthy = SalesforceConnection.objects.get()
    assert (healthy.problem, healthy.status) == ("", ConnectionStatus.CONNECTED)
