"""A problem with a permission is gone when the call that was refused succeeds, and not before."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import SalesAccount, User
from accounts.permissions import Role
from clients.http import AccessDenied, ApiError
from connections.models import ApiFailure, MarketoConnection, SalesforceConnection
from connections.services.call_log import record_failure
from connections.services.call_recorder import record_problem
from connections.services.client_factory import marketo_client, salesforce_client
from connections.services.health import check_connection
from connections.services.probes import find_probe
from salesforce_package.services import check_package
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import ChangeOrg
from tests.connections.help_links import link_of
from tests.pages import text_of

pytestmark = pytest.mark.django_db(transaction=True)

DIAGNOSTICS = "/settings/integrations/diagnostics/"


def refuse_people(sandbox: SandboxProcess) -> None:
    """The API user's role has lost Read-Only Lead."""
    sandbox.post("/_sandbox/faults", {"path": "^/(rest|bulk)/v1/leads", "kind": "marketo:603"})


@pytest.fixture
def refused(marketo_connection: MarketoConnection, sandbox: SandboxProcess) -> MarketoConnection:
    """A sync that could not create its exports."""
    refuse_people(sandbox)
    with pytest.raises(AccessDenied) as caught:
        marketo_client(marketo_connection).export_status("an-export")
    record_problem(marketo_connection, caught.value)
    return MarketoConnection.objects.get()


def problem() -> str:
    return MarketoConnection.objects.get().problem


def test_the_hourly_look_asks_again_for_what_was_refused(refused: MarketoConnection, sandbox: SandboxProcess) -> None:
    check_connection(refused)
    assert problem() == "marketo_permission"
    sandbox.delete("/_sandbox/faults")
    marketo_client(refused).usage_today()
    assert problem() == "marketo_permission"  # that call needs no permission
    check_connection(refused)
    assert problem() == ""
    assert not ApiFailure.objects.filter(solved_at=None, operation__contains="export").exists()


def test_try_again_ends_the_problem_that_the_call_gave_the_connection(
    refused: MarketoConnection, sandbox: SandboxProcess, admin: User, client_of: ClientOf
) -> None:
    browser = client_of(admin)
    again = f"{DIAGNOSTICS}{ApiFailure.objects.get(operation__contains='export').pk}/retry/"
    assert again in text_of(browser.get(DIAGNOSTICS))
    assert "The call failed again." in text_of(browser.post(again, follow=True))
    assert problem() == "marketo_permission"
    sandbox.delete("/_sandbox/faults")
    assert "The call succeeds now." in text_of(browser.post(again, follow=True))
    assert problem() == ""


def test_whoever_holds_the_link_has_it_checked(
    refused: MarketoConnection, sandbox: SandboxProcess, admin: User, client_of: ClientOf, client: Client
) -> None:
    link = link_of(client_of(admin), "problem:marketo_permission")
    assert "Check again" in text_of(client.get(link))
    assert "is not done yet" in text_of(client.post(link, follow=True))
    sandbox.delete("/_sandbox/faults")
    assert "This is being done already" in text_of(client.post(link, follow=True))
    assert problem() == "marketo_permission"
    cache.clear()  # as when the half minute between two checks is over
    assert "This is done" in text_of(client.post(link, follow=True))
    assert problem() == ""


def test_a_link_about_an_item_or_a_failure_is_checked_too(
    salesforce_connection: SalesforceConnection,
    salesforce_admin: User,
    client_of: ClientOf,
    client: Client,
    change_org: ChangeOrg,
) -> None:
    account, browser = salesforce_connection.account, client_of(salesforce_admin)
    check_package(account)
    record_failure(account.pk, "sobjects/Task/describe", AccessDenied("salesforce", "INSUFFICIENT_ACCESS"))
    item = link_of(browser, "item:actions_site")
    failure = link_of(browser, f"failure:{ApiFailure.objects.get().pk}")
    change_org("add_all_remote_sites")
    for link in (item, failure):
        assert "This is done" not in text_of(client.get(link))
        assert "This is done" in text_of(client.post(link, follow=True))


def test_a_dead_link_checks_nothing(
    salesforce_connection: SalesforceConnection,
    salesforce_admin: User,
    client_of: ClientOf,
    client: Client,
    sandbox: SandboxProcess,
) -> None:
    check_package(salesforce_connection.account)
    link = link_of(client_of(salesforce_admin), "item:actions_site")
    salesforce_admin.member.role = Role.USER
    salesforce_admin.member.save()
    sandbox.delete("/_sandbox/calls")
    assert client.post(link).status_code == client.post("/help/nonsense/").status_code == 404
    assert sandbox.get("/_sandbox/calls") == []


def test_a_refused_query_is_proved_by_reading_what_data_sync_reads(
    salesforce_connection: SalesforceConnection, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/jobs/query", "kind": "status:403", "count": 1})
    with pytest.raises(AccessDenied) as caught:
        salesforce_client(salesforce_connection).create_query_job("SELECT Id FROM Lead")
    record_problem(salesforce_connection, caught.value)
    sandbox.post("/_sandbox/faults", {"path": "/query", "kind": "status:403", "nth": 2})
    check_connection(salesforce_connection)
    assert SalesforceConnection.objects.get().problem == "salesforce_permission"
    check_connection(salesforce_connection)
    assert SalesforceConnection.objects.get().problem == ""


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("salesforce", "query"),
        ("salesforce", "tooling/query"),
        ("salesforce", "jobs/query/…"),
        ("salesforce", "/services/data/v62.0/jobs/query/…/results"),
        ("marketo", "/bulk/v1/leads/export/…/file.json"),
        ("marketo", "/rest/v1/leads.json"),
        ("marketo", "/rest/v1/lists/…/leads/ismember.json"),
        ("marketo", "/rest/v1/activities/deletedleads.json"),
        ("marketo", "/rest/asset/v1/folders.json"),
        ("marketo", "/userservice/management/v1/users/…/roles.json"),
    ],
)
def test_every_read_has_a_call_that_needs_the_same_right(
    salesforce_connection: SalesforceConnection, marketo_connection: MarketoConnection, service: str, operation: str
) -> None:
    repeat = find_probe(service, operation, f"{service}_permission")
    assert repeat
    repeat(marketo_connection if service == "marketo" else salesforce_connection)


def test_a_cheaper_call_proves_a_right_and_nothing_else(account: SalesAccount) -> None:
    assert find_probe("marketo", "/bulk/v1/leads/export/create.json", "marketo_busy") is None
    record_failure(account.pk, "jobs/query", ApiError("salesforce", "INVALID_FIELD"))
    assert find_probe("salesforce", "jobs/query", ApiFailure.objects.get().problem) is None
