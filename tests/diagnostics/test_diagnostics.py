"""Integrations > Diagnostics: what failed, whose turn it is, and how many calls are left."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from accounts.models import SalesAccount, User
from clients.http import (
    AccessDenied,
    ApiError,
    QuotaExceeded,
    ReconnectNeeded,
    TransientApiError,
    UnexpectedAnswer,
    Unreachable,
)
from clients.salesforce.errors import SessionExpired
from clients.salesforce.oauth import GrantRefused, OAuthError, OAuthProblem
from connections.asking import asking
from connections.models import (
    ApiFailure,
    ApiUsage,
    MarketoConnection,
    MarketoInstance,
    SalesforceConnection,
    Service,
)
from connections.services.call_log import failure_code, record_failure, record_usage
from connections.services.client_factory import salesforce_client
from connections.services.health import check_connection
from diagnostics.messages import ACTORS, DIAGNOSES, diagnosis_of
from diagnostics.usage import usage_charts
from problems.codes import problem_code
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import CONNECT_OWN, ChangeOrg, PersonAtSalesforce, connect_own, press_ok
from tests.factories import make_marketo_admin
from tests.pages import text_of
from tests.salesforce_login import leave_for_salesforce

PAGE = "/settings/integrations/diagnostics/"
RETRY = "/settings/integrations/diagnostics/{}/retry/"
CALLBACK = "/connections/salesforce/callback/"
CHECK_NOW = "/settings/integrations/diagnostics/check/"
CANARIES = ["jane.doe@acme.example", "Jane", "Doe", "+46701234567", "00QHs00000AbCdEMAV", "s3cr3t-canary", "%40"]


def test_the_catalogue_is_the_whole_of_adobe_s_page() -> None:
    assert len(DIAGNOSES["salesforce"]) == 26
    for table in DIAGNOSES.values():
        for problem in table.values():
            assert str(problem.what).endswith(".")
            assert str(problem.todo).endswith(".")
            assert problem.who in ACTORS


@pytest.mark.parametrize("service", ["salesforce", "marketo"])
@pytest.mark.parametrize(
    "kind", [ApiError, AccessDenied, UnexpectedAnswer, TransientApiError, Unreachable, QuotaExceeded]
)
def test_a_code_nobody_listed_still_has_somebody_to_act(service: str, kind: type[ApiError]) -> None:
    error = kind(service, "NEVER_SEEN_BEFORE")
    assert diagnosis_of(service, failure_code(error), problem_code(error)).who in ACTORS


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GrantRefused(OAuthProblem.EXPIRED_TOKEN, "invalid_grant"), "EXPIRED_ACCESS"),
        (GrantRefused(OAuthProblem.INACTIVE_USER, "invalid_grant"), "INACTIVE_USER"),
        (GrantRefused(OAuthProblem.INACTIVE_ORG, "invalid_grant"), "INACTIVE_ORGANIZATION"),
        (GrantRefused(OAuthProblem.IP_RESTRICTED, "invalid_grant"), "INVALID_GRANT"),
        (GrantRefused(OAuthProblem.UNKNOWN, "invalid_grant"), "AUTHENTICATION_FAILURE"),
        (GrantRefused(OAuthProblem.EXPIRED_CODE, "invalid_grant"), "expired_code"),
        (GrantRefused(OAuthProblem.REFUSED, "invalid_grant"), "refused"),
        (GrantRefused(OAuthProblem.APP_BLOCKED, "invalid_grant"), "app_blocked"),
        (OAuthError(OAuthProblem.BAD_CLIENT, "invalid_client_id"), "invalid_client_id"),
        (SessionExpired("salesforce", "INVALID_SESSION_ID"), "EXPIRED_ACCESS"),
        (ApiError("salesforce", "QUERY_TIMEOUT"), "QUERY_TIMEOUT"),
    ],
)
def test_refused_tokens_are_told_apart(error: ApiError, code: str) -> None:
    assert failure_code(error) == code


@pytest.mark.django_db(transaction=True)
def test_failed_calls_of_both_providers_are_counted_and_explained(
    salesforce_connection: SalesforceConnection,
    marketo_connection: MarketoConnection,
    sandbox: SandboxProcess,
    admin: User,
    client_of: ClientOf,
) -> None:
    browser = client_of(admin)
    assert "No call has failed in the last 30 days" in text_of(browser.get(PAGE))
    sandbox.post("/_sandbox/faults", {"path": "/services/data", "kind": "status:503"})
    sandbox.post("/_sandbox/faults", {"path": "/rest/v1/stats", "kind": "marketo:603"})
    browser.post(CHECK_NOW)
    with asking("connections", admin.member.account_id):
        assert "This is being done already" in text_of(browser.post(CHECK_NOW, follow=True))
    page = text_of(browser.post(CHECK_NOW, follow=True))
    assert "The connections were checked." in page
    salesforce, marketo = ApiFailure.objects.order_by("-service")
    assert (salesforce.service, salesforce.code, salesforce.count) == ("salesforce", "503", 2)
    assert (marketo.service, marketo.code, marketo.operation) == ("marketo", "603", "/rest/v1/stats/usage.json")
    assert marketo.first_seen_at < marketo.last_seen_at
    assert "Who has to act: A Marketo admin of your company" in page
    assert "The API user lacks a permission" in page
    assert "Who has to act: Nobody: it goes away by itself" in page
    assert "2 times" in page


@pytest.mark.django_db(transaction=True)
def test_a_call_that_succeeds_after_a_refresh_has_not_failed(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg
) -> None:
    change_org("end_sessions")
    check_connection(salesforce_connection)
    assert not ApiFailure.objects.exists()
    change_org("end_sessions")
    SalesforceConnection.objects.update(refresh_token="5Aep-revoked-long-ago")
    check_connection(SalesforceConnection.objects.get())
    assert ApiFailure.objects.get().code == "EXPIRED_ACCESS"


@pytest.mark.django_db(transaction=True)
def test_a_single_call_is_made_again(
    salesforce_connection: SalesforceConnection, sandbox: SandboxProcess, admin: User, client_of: ClientOf
) -> None:
    browser = client_of(admin)
    for _time in range(2):
        sandbox.post("/_sandbox/faults", {"path": "/sobjects/Task/describe", "kind": "status:503", "count": 1})
        with pytest.raises(TransientApiError):
            salesforce_client(salesforce_connection).fields_of("Task")
    failure = ApiFailure.objects.get()
    again = RETRY.format(failure.pk)
    assert again in text_of(browser.get(PAGE))
    sandbox.post("/_sandbox/faults", {"path": "/sobjects/Task/describe", "kind": "status:503", "count": 1})
    assert "The call failed again." in text_of(browser.post(again, follow=True))
    assert ApiFailure.objects.get().count == 3
    cache.clear()
    page = text_of(browser.post(again, follow=True))
    assert "The call succeeds now." in page
    assert "Solved in 30 days" in page
    assert "Nobody has to act" in page
    assert "Who has to act:" not in page
    assert again not in page
    assert SalesforceConnection.objects.get().problem == ""
    record_failure(failure.account_id, failure.operation, TransientApiError("salesforce", "503"))
    assert ApiFailure.objects.get().solved_at is None


def test_what_is_not_known_from_its_path_is_not_made_again(
    salesforce_connection: SalesforceConnection, admin: User, stranger: User, client_of: ClientOf
) -> None:
    account = salesforce_connection.account
    for operation in ("query", "sign-in", "jobs/query"):
        record_failure(account.pk, operation, ApiError("salesforce", "QUERY_TIMEOUT"))
    record_failure(account.pk, "sobjects/Lead/describe", ApiError("salesforce", "QUERY_TIMEOUT"))
    *others, known = ApiFailure.objects.order_by("pk")
    browser = client_of(admin)
    assert text_of(browser.get(PAGE)).count("Try again") == 1
    for failure in others:
        cache.clear()
        assert browser.post(RETRY.format(failure.pk)).status_code == 404
    assert client_of(stranger).post(RETRY.format(known.pk)).status_code == 404
    assert ApiFailure.objects.get(pk=known.pk).count == 1


@pytest.mark.django_db(transaction=True)
def test_failed_attempts_to_connect_are_listed_too(
    admin: User,
    linked_instance: MarketoInstance,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
    sandbox: SandboxProcess,
) -> None:
    browser = client_of(admin)
    browser.get(person_at_salesforce(press_ok(browser), decision="deny"))
    sandbox.post("/_sandbox/faults", {"path": "/rest/v1/leads/describe", "kind": "marketo:603"})
    browser.post("/settings/admin/marketo/connect/")
    found = set(ApiFailure.objects.values_list("service", "code", "operation"))
    assert found == {("salesforce", "access_denied", "sign-in"), ("marketo", "603", "/rest/v1/leads/describe.json")}
    assert "Salesforce did not give its consent" in text_of(browser.get(PAGE))
    sandbox.delete("/_sandbox/faults")
    # What came of it until somebody connects again is over, too.
    account_id = admin.member.account_id
    record_failure(account_id, "query", GrantRefused(OAuthProblem.UNKNOWN, "invalid_grant"))
    record_failure(account_id, "query", GrantRefused(OAuthProblem.APP_BLOCKED, "invalid_grant"))
    record_failure(account_id, "/rest/v1/stats/usage.json", ReconnectNeeded("marketo", "invalid_client"))
    browser.get(person_at_salesforce(press_ok(browser)))
    browser.post("/settings/admin/marketo/connect/")
    assert not ApiFailure.objects.filter(solved_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_whose_click_it_was_is_named_to_others(
    admin: User, salesforce_admin: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce
) -> None:
    User.objects.filter(pk=salesforce_admin.pk).update(name="Sam Rivera")
    browser = client_of(salesforce_admin)
    browser.get(person_at_salesforce(press_ok(browser), decision="deny"))
    assert "Who has to act: You<" in text_of(browser.get(PAGE))
    assert "Who has to act: Sam Rivera<" in text_of(client_of(admin).get(PAGE))


def test_a_marketo_admin_reads_that_it_is_them(
    linked_instance: MarketoInstance, admin: User, salesforce_admin: User, client_of: ClientOf
) -> None:
    record_failure(admin.member.account_id, "/rest/v1/stats/usage.json", AccessDenied("marketo", "603"))
    assert "Who has to act: A Marketo admin of your company<" in text_of(client_of(salesforce_admin).get(PAGE))
    make_marketo_admin(linked_instance, salesforce_admin.email)
    assert "Who has to act: You, as a Marketo admin<" in text_of(client_of(salesforce_admin).get(PAGE))


def test_no_person_and_no_secret_is_kept(account: SalesAccount, admin: User, client_of: ClientOf) -> None:
    message = (
        "Jane Doe <jane.doe@acme.example>, +46701234567, 00QHs00000AbCdEMAV: field MSE_Replied__c is not writeable"
    )
    error = ApiError("salesforce", "INVALID_FIELD_FOR_INSERT_UPDATE", f"{message} access_token=s3cr3t-canary")
    record_failure(account.pk, "sobjects/Lead/00QHs00000AbCdEMAV", error)
    record_failure(
        account.pk,
        "/userservice/management/v1/users/jane.doe%40acme.example/roles.json",
        UnexpectedAnswer("marketo", "unexpected_shape", "{'firstName': 'Jane', 'lastName': 'Doe'}"),
    )
    record_failure(account.pk, "query", ApiError("salesforce", "Jane Doe may not see this"))
    stored = str(list(ApiFailure.objects.values_list("code", "operation", "names")))
    page = text_of(client_of(admin).get(PAGE))
    for canary in CANARIES:
        assert canary not in stored
        assert canary not in page
    assert "MSE_Replied__c" in page
    assert "/userservice/management/v1/users/…/roles.json" in page
    assert "Make the field visible and not read-only" in page


def test_failures_are_shown_for_a_month_and_to_their_own_account_only(
    account: SalesAccount, admin: User, stranger: User, client_of: ClientOf
) -> None:
    record_failure(account.pk, "query", ApiError("salesforce", "ENTITY_IS_LOCKED"))
    assert "ENTITY_IS_LOCKED" not in text_of(client_of(stranger).get(PAGE))
    assert "ENTITY_IS_LOCKED" in text_of(client_of(admin).get(PAGE))
    ApiFailure.objects.update(last_seen_at=timezone.now() - timedelta(days=31))
    assert "ENTITY_IS_LOCKED" not in text_of(client_of(admin).get(PAGE))


def test_nobody_has_to_act_on_what_is_solved(account: SalesAccount, admin: User, client_of: ClientOf) -> None:
    record_failure(account.pk, "/rest/v1/leads.json", ApiError("marketo", "1003"))
    browser = client_of(admin)
    assert "Who has to act:" in text_of(browser.get(PAGE))
    ApiFailure.objects.update(solved_at=timezone.now())
    page = text_of(browser.get(PAGE))
    assert "Who has to act:" not in page
    assert "Nobody has to act" in page.partition("Solved in 30 days")[0]
    assert "error 1003" in page.partition("Solved in 30 days")[2]


def test_an_export_that_cannot_be_cancelled_is_no_problem(
    account: SalesAccount, admin: User, client_of: ClientOf
) -> None:
    """Cleaning up after a run: the export had ended by itself, and nobody has to act."""
    record_failure(account.pk, "/bulk/v1/leads/export/…/cancel.json", ApiError("marketo", "1003"))
    page = text_of(client_of(admin).get(PAGE))
    assert "No call has failed in the last 30 days" in page
    assert "Calls failed" not in page, "the link to it in the settings has no mark either"


def test_checking_without_a_connection_says_so(admin: User, client_of: ClientOf) -> None:
    assert "There is nothing to check" in text_of(client_of(admin).post(CHECK_NOW, follow=True))


@pytest.mark.django_db(transaction=True)
def test_calls_of_both_providers_are_kept_by_day(
    salesforce_connection: SalesforceConnection,
    marketo_connection: MarketoConnection,
    salesforce_admin: User,
    client_of: ClientOf,
) -> None:
    page = text_of(client_of(salesforce_admin).post(CHECK_NOW, follow=True))
    salesforce, marketo = ApiUsage.objects.order_by("-service")
    assert salesforce.limit
    assert (marketo.service, marketo.limit) == ("marketo", None)
    assert "API calls to Salesforce" in page
    assert f"{salesforce.calls:,} of {salesforce.limit:,}" in page
    assert f'<span class="chart__now">{marketo.calls:,}</span>' in page


def test_a_day_keeps_its_highest_number_and_marketo_s_day_is_that_of_texas(account: SalesAccount) -> None:
    with time_machine.travel(datetime(2026, 11, 5, 2, 0, tzinfo=UTC), tick=False):
        ApiUsage.objects.create(account=account, service=Service.SALESFORCE, day=date(2026, 10, 22), calls=1)
        ApiUsage.objects.create(account=account, service=Service.SALESFORCE, day=date(2026, 11, 3), calls=1)
        for calls in (10, 900, 30):
            record_usage(account.pk, Service.SALESFORCE, calls, 1000)
        record_usage(account.pk, Service.MARKETO, 70, None)
        charts = {chart.service: chart.days for chart in usage_charts(account)}
    assert [day.calls for day in charts[Service.SALESFORCE]] == [1, None, 900]
    today = charts[Service.SALESFORCE][-1]
    assert (today.day.day, today.calls, today.limit) == (5, 900, 1000)
    assert (charts[Service.MARKETO][-1].day.day, charts[Service.MARKETO][-1].calls) == (4, 70)


@pytest.mark.django_db(transaction=True)
def test_failures_of_a_member_s_own_connection_are_not_the_account_s(
    salesforce_connection: SalesforceConnection,
    member: User,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
    sandbox: SandboxProcess,
) -> None:
    seller = client_of(member)
    state = parse_qs(urlsplit(leave_for_salesforce(seller, CONNECT_OWN)).query)["state"][0]
    assert "problem=salesforce_refused" in seller.get(CALLBACK, {"state": state, "error": "access_denied"})["Location"]
    connect_own(seller, person_at_salesforce)
    own = SalesforceConnection.objects.of_member(member.member).get()
    sandbox.post("/_sandbox/faults", {"path": "/services/data", "kind": "status:503"})
    check_connection(own)
    own.refresh_from_db()
    assert own.problem == "salesforce_busy"
    assert not ApiFailure.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_single_call_that_fails_again_says_nothing_about_the_connection(
    salesforce_connection: SalesforceConnection, admin: User, client_of: ClientOf
) -> None:
    record_failure(salesforce_connection.account_id, "sobjects/Nothing__c/describe", ApiError("salesforce", "404"))
    again = RETRY.format(ApiFailure.objects.get().pk)
    assert "The call failed again." in text_of(client_of(admin).post(again, follow=True))
    assert SalesforceConnection.objects.get().problem == ""
