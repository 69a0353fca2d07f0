"""A link that shows one thing to do to somebody who has no account here."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, SalesAccount, User
from accounts.permissions import Role
from clients.http import AccessDenied, ApiError, TransientApiError
from connections.models import ApiFailure, ConnectionStatus, MarketoInstance, SalesforceConnection
from connections.services.call_log import record_failure
from connections.services.call_recorder import record_problem
from connections.services.client_factory import salesforce_client
from connections.services.health import check_connection
from diagnostics import help_links
from diagnostics.audit_actions import DiagnosticsAction
from problems.codes import ProblemCode
from salesforce_package.models import PackageTick
from salesforce_package.services import check_package
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import ChangeOrg
from tests.connections.help_links import ASK, link_of
from tests.pages import text_of

PEOPLE = ["admin@acme.example", "crm@acme.example", "seller@acme.example"]


@pytest.fixture
def browser(salesforce_admin: User, client_of: ClientOf) -> Client:
    return client_of(salesforce_admin)


@pytest.fixture
def checked(salesforce_connection: SalesforceConnection, linked_instance: MarketoInstance) -> SalesAccount:
    check_package(salesforce_connection.account)
    return salesforce_connection.account


def test_a_link_shows_one_item_with_its_values_to_anybody(
    checked: SalesAccount, browser: Client, client: Client
) -> None:
    answer = client.get(link_of(browser, "item:actions_site"))
    page = text_of(answer)
    assert answer.status_code == 200
    for text in (
        "There is no remote site",
        "Setup > Remote Site Settings",
        'data-copy="https://mkto-sales-connect.ado',
    ):
        assert text in page
    for text in ("ims-na1", "Task Type", *PEOPLE):
        assert text not in page
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "same-origin")
    assert AuditEvent.objects.filter(
        action=DiagnosticsAction.HELP_LINK_MADE, target="Remote site for Sales Insight Actions"
    ).exists()


def test_back_leads_to_the_item(checked: SalesAccount, browser: Client) -> None:
    page = text_of(browser.post(ASK, {"subject": "item:actions_site"}))
    assert 'href="/settings/admin/salesforce-package/#actions_site"' in page


def test_only_the_fields_that_are_wrong_are_shown(
    checked: SalesAccount, browser: Client, client: Client, change_org: ChangeOrg
) -> None:
    change_org("add_all_activity_fields")
    change_org("remove_field", object="Task", name="MSE_Viewed__c")
    check_package(checked)
    page = text_of(client.get(link_of(browser, "item:activity_fields")))
    assert "MSE_Viewed__c" in page
    assert 'data-copy="MSE_Viewed"' in page
    assert "MSE_Clicked__c" not in page


def test_the_link_ends_when_the_item_is_done(
    checked: SalesAccount, salesforce_admin: User, browser: Client, client: Client, change_org: ChangeOrg
) -> None:
    site, tick = link_of(browser, "item:actions_site"), link_of(browser, "item:api_secret")
    change_org("add_all_remote_sites")
    check_package(checked)
    PackageTick.objects.create(
        account=checked, org_id=SalesforceConnection.objects.get().org_id, item="api_secret", ticked_by=salesforce_admin
    )
    for link in (site, tick):
        page = text_of(client.get(link))
        assert "This is done" in page
        assert "Remote Site" not in page
    assert browser.post(ASK, {"subject": "item:actions_site"}).status_code == 404


def test_a_problem_of_a_connection_names_right_path_and_person(
    salesforce_connection: SalesforceConnection, browser: Client, client: Client
) -> None:
    SalesforceConnection.objects.update(problem=ProblemCode.SALESFORCE_API_DISABLED)
    assert ASK in text_of(browser.get("/settings/admin/salesforce/"))
    link = link_of(browser, "problem:salesforce_api_disabled")
    page = text_of(client.get(link))
    for text in ("may not use the API", "Setup > Profiles", 'data-copy="API Enabled"', "A Salesforce admin of your"):
        assert text in page
    SalesforceConnection.objects.update(problem="")
    assert "This is done" in text_of(client.get(link))


def test_every_member_may_hand_on_the_problem_of_their_own_connection(
    salesforce_connection: SalesforceConnection, member: User, client_of: ClientOf, client: Client
) -> None:
    own = SalesforceConnection.objects.get()
    own.pk, own.member, own.connected_by, own.problem = None, member.member, member, "salesforce_api_disabled"
    own.save()
    seller = client_of(member)
    assert 'value="own:salesforce_api_disabled"' in text_of(seller.get("/settings/salesforce/"))
    link = link_of(seller, "own:salesforce_api_disabled")
    assert "may not use the API" in text_of(client.get(link))
    assert seller.post(ASK, {"subject": "problem:salesforce_api_disabled"}).status_code == 403
    SalesforceConnection.objects.of_member(member.member).update(problem="")
    assert "This is done" in text_of(client.get(link))


def test_a_failed_call_can_be_handed_on(account: SalesAccount, browser: Client, client: Client) -> None:
    error = ApiError("salesforce", "INVALID_FIELD_FOR_INSERT_UPDATE", "MSE_Replied__c of jane@acme.example")
    record_failure(account.pk, "sobjects/Task", error)
    failure = ApiFailure.objects.get()
    link = link_of(browser, f"failure:{failure.pk}")
    page = text_of(client.get(link))
    assert 'data-copy="MSE_Replied__c"' in page
    assert "jane" not in page
    ApiFailure.objects.update(solved_at=timezone.now())
    assert "This is done" in text_of(client.get(link))


def test_a_link_that_is_old_or_altered_shows_nothing(checked: SalesAccount, browser: Client, client: Client) -> None:
    link = link_of(browser, "item:actions_site")
    altered = link[:-2] + ("A" if link[-2] != "A" else "B") + link[-1]
    assert client.get(altered).status_code == client.get("/help/nonsense/").status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1), tick=False):
        answer = client.get(link)
    assert answer.status_code == 404
    assert "This link does not work any more" in text_of(answer)


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "item",
        "item:nonsense",
        "problem:nonsense",
        "problem:salesforce_refused",
        "failure:x",
        "failure:1",
        f"failure:{'1':0>400}",
        f"failure:{'9' * 5000}",
        "people:1",
    ],
)
def test_there_is_no_link_about_anything_else(account: SalesAccount, browser: Client, subject: str) -> None:
    assert browser.post(ASK, {"subject": subject}).status_code == 404


def test_links_are_made_by_the_dozen_at_most(checked: SalesAccount, browser: Client) -> None:
    for _time in range(help_links.LINKS_PER_HOUR):
        link_of(browser, "item:actions_site")
    assert "more than 30 links" in text_of(browser.post(ASK, {"subject": "item:actions_site"}, follow=True))


def test_whoever_holds_a_link_does_not_use_up_the_company_s_calls(
    checked: SalesAccount, browser: Client, client: Client, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A press is over thirty calls, and one was possible every half minute: nearly 100,000 a day by each link."""
    monkeypatch.setattr(help_links, "_CHECKS_A_DAY", 1)
    site, fields = link_of(browser, "item:actions_site"), link_of(browser, "item:activity_fields")
    assert "is not done yet" in text_of(client.post(site, follow=True))
    sandbox.delete("/_sandbox/calls")
    assert "checked too often" in text_of(client.post(fields, follow=True))
    assert not sandbox.get("/_sandbox/calls")
    browser.post("/settings/admin/salesforce-package/check/")
    assert sandbox.get("/_sandbox/calls")


def test_another_account_makes_no_link_about_this_one(
    checked: SalesAccount, stranger: User, client_of: ClientOf
) -> None:
    record_failure(checked.pk, "query", ApiError("salesforce", "ENTITY_IS_LOCKED"))
    subject = f"failure:{ApiFailure.objects.get().pk}"
    assert client_of(stranger).post(ASK, {"subject": subject}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_problem_is_not_done_because_another_call_succeeds_or_fails(
    salesforce_connection: SalesforceConnection, browser: Client, client: Client
) -> None:
    record_problem(salesforce_connection, AccessDenied("salesforce", "INSUFFICIENT_ACCESS"))
    link = link_of(browser, "problem:salesforce_permission")
    salesforce_client(salesforce_connection).organization()
    assert "may not read what this console needs" in text_of(client.get(link))
    record_problem(salesforce_connection, TransientApiError("salesforce", "503"))
    salesforce_client(salesforce_connection).organization()
    assert "may not read what this console needs" in text_of(client.get(link))
    check_connection(salesforce_connection)
    assert "This is done" in text_of(client.get(link))


def test_a_refusal_to_connect_again_can_be_handed_on_until_the_connection_works(
    salesforce_connection: SalesforceConnection, browser: Client, client: Client
) -> None:
    refused = "/settings/admin/salesforce/?problem=salesforce_app_blocked"
    assert "blocks the connected app" in text_of(browser.get(refused))
    assert ASK not in text_of(browser.get(refused))
    SalesforceConnection.objects.update(
        status=ConnectionStatus.NEEDS_RECONNECTING, problem=ProblemCode.SALESFORCE_EXPIRED_TOKEN
    )
    assert 'value="problem:salesforce_app_blocked"' in text_of(browser.get(refused))
    link = link_of(browser, "problem:salesforce_app_blocked")
    assert "blocks the connected app" in text_of(client.get(link))
    assert "Check again" not in text_of(client.get(link))  # only the next sign-in shows it
    SalesforceConnection.objects.update(problem=ProblemCode.SALESFORCE_APP_BLOCKED)
    page = text_of(browser.get(refused))
    assert page.count('<p class="fw-semibold">Your Salesforce org blocks the connected app') == 1
    assert "Needs reconnecting" in text_of(browser.get("/settings/integrations/diagnostics/"))
    SalesforceConnection.objects.update(status=ConnectionStatus.CONNECTED, problem="")
    assert "This is done" in text_of(client.get(link))


def test_only_what_a_check_shows_is_promised_to_be_shown(
    checked: SalesAccount, browser: Client, client: Client
) -> None:
    record_failure(checked.pk, "query", ApiError("salesforce", "ENTITY_IS_LOCKED"))
    SalesforceConnection.objects.update(problem=ProblemCode.SALESFORCE_API_DISABLED)
    promise = "this page says so after the next check"
    for subject in ("item:actions_site", "problem:salesforce_api_disabled"):
        assert promise in text_of(client.get(link_of(browser, subject)))
    for subject in ("item:api_secret", f"failure:{ApiFailure.objects.get().pk}"):
        assert promise not in text_of(client.get(link_of(browser, subject)))


def test_what_somebody_does_here_is_not_handed_to_people_without_an_account(
    salesforce_connection: SalesforceConnection, browser: Client
) -> None:
    record_failure(salesforce_connection.account_id, "query", ApiError("salesforce", "AUTHENTICATION_FAILURE"))
    assert ASK not in text_of(browser.get("/settings/integrations/diagnostics/"))
    assert browser.post(ASK, {"subject": f"failure:{ApiFailure.objects.get().pk}"}).status_code == 404
    SalesforceConnection.objects.update(problem=ProblemCode.SALESFORCE_UNREACHABLE)
    assert ASK not in text_of(browser.get("/settings/admin/salesforce/"))


def test_a_link_dies_with_the_right_to_make_it(
    checked: SalesAccount, salesforce_admin: User, browser: Client, client: Client
) -> None:
    link = link_of(browser, "item:actions_site")
    salesforce_admin.member.role = Role.USER
    salesforce_admin.member.save()
    assert client.get(link).status_code == 404
    salesforce_admin.member.role = Role.SALESFORCE_ADMIN
    salesforce_admin.member.save()
    assert client.get(link).status_code == 200
    salesforce_admin.member.delete()
    assert client.get(link).status_code == 404


def test_refused_credentials_are_handed_on_unless_the_connection_works(
    admin: User, linked_instance: MarketoInstance, client_of: ClientOf
) -> None:
    browser = client_of(admin)
    typed = {"munchkin_id": linked_instance.munchkin_id, "client_id": "somebody-else", "client_secret": "wrong"}
    assert ASK in text_of(browser.post("/settings/admin/marketo/set-up/", typed))
    assert browser.post(ASK, {"subject": "problem:marketo_credentials"}).status_code == 200
    browser.post("/settings/admin/marketo/connect/")
    page = text_of(browser.post("/settings/admin/marketo/set-up/", typed))
    assert "Marketo refused the Client ID" in page
    assert ASK not in page
