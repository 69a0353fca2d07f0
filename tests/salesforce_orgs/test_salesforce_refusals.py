"""Every way a sign-in at Salesforce can fail ends on the Connections page with its own sentences."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache

from accounts.models import User
from connections.models import SalesforceConnection
from problems.messages import PROBLEMS
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import ChangeOrg, PersonAtSalesforce, press_ok
from tests.pages import text_of

CALLBACK = "/connections/salesforce/callback/"

CROSS_ORG = "Cross-org OAuth flows are not supported for this external client app"
# Salesforce, "OAuth 2.0 Error Codes" of the authorize page: code and description, and the sentences they end on.
REFUSALS = [
    ("access_denied", "end-user denied authorization", "salesforce_refused"),
    ("invalid_client", "app must be installed into org", "salesforce_app_not_installed"),
    ("OAUTH_APPROVAL_ERROR_GENERIC", "An unexpected error has occurred", "salesforce_app_not_installed"),
    ("OAUTH_EC_APP_NOT_FOUND", "external client app is not installed in this org", "salesforce_app_not_installed"),
    ("OAUTH_AUTHORIZATION_BLOCKED", CROSS_ORG, "salesforce_app_of_other_org"),
    ("OAUTH_APP_BLOCKED", "this app is blocked by admin", "salesforce_app_blocked"),
    ("OAUTH_APP_ACCESS_DENIED", "user is not admin approved to access this app", "salesforce_not_approved"),
    ("invalid_app_access", "", "salesforce_not_approved"),
    ("NO_ACCESS", "", "salesforce_not_approved"),
    ("inactive_user", "user is inactive", "salesforce_inactive_user"),
    ("inactive_org", "organization is locked, closed, or suspended", "salesforce_inactive_org"),
    ("invalid_client_id", "client identifier invalid", "salesforce_unknown_key"),
    ("redirect_uri_mismatch", "redirect_uri must match configuration", "salesforce_bad_client"),
    ("redirect_uri_missing", "redirect_uri not provided", "salesforce_bad_client"),
    ("invalid_request", "missing required code challenge", "salesforce_bad_client"),
    ("unsupported_response_type", "response type not supported", "salesforce_bad_client"),
    ("invalid_scope", "the requested scope is not allowed", "salesforce_bad_client"),
    ("rate_limit_exceeded", "login rate exceeded", "salesforce_busy"),
    ("server_error", "", "salesforce_busy"),
    ("service_unavailable", "", "salesforce_busy"),
    ("system_down", "", "salesforce_busy"),
    ("immediate_unsuccessful", "immediate_unsuccessful", "salesforce_unexpected"),
]


def test_each_error_of_the_authorize_page_ends_on_its_sentences(
    admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    browser = client_of(admin)
    for error, description, code in REFUSALS:
        cache.clear()  # not to be slowed down
        state = parse_qs(urlsplit(press_ok(browser)).query)["state"][0]
        answer = {"state": state, "error": error, "error_description": description}
        page = text_of(browser.get(CALLBACK, answer, follow=True))
        assert str(PROBLEMS[code].what) in page, error
        assert str(PROBLEMS[code].todo) in page, error
    assert len({str(PROBLEMS[code].what) for _error, _text, code in REFUSALS}) == 11


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("salesforce:api_disabled", "salesforce_api_disabled"),
        ("salesforce:not_for_rest", "salesforce_busy"),
        ("salesforce:daily_limit", "salesforce_quota"),
        ("salesforce:concurrent_limit", "salesforce_busy"),
        ("token_expired", "salesforce_credentials"),
        ("reset", "salesforce_unreachable"),
        ("status:503", "salesforce_busy"),
    ],
)
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("tasks_run_at_once")
def test_a_sign_in_that_gives_no_working_api_is_no_connection(
    admin: User,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
    sandbox: SandboxProcess,
    kind: str,
    problem: str,
) -> None:
    browser = client_of(admin)
    back = person_at_salesforce(press_ok(browser))
    sandbox.post("/_sandbox/faults", {"path": "/services/data", "kind": kind})
    page = text_of(browser.get(back, follow=True))
    assert str(PROBLEMS[problem].what) in page
    assert not SalesforceConnection.objects.exists()
    assert sandbox.get("/_sandbox/state")["org"]["grants"] == 0


@pytest.mark.parametrize(
    ("action", "values", "problem"),
    [
        ("block_app", {}, "salesforce_app_blocked"),
        ("require_install", {}, "salesforce_app_not_installed"),
        ("ip_restricted", {}, "salesforce_ip_restricted"),
        ("set_user", {"username": "admin@acme.example", "active": False}, "salesforce_inactive_user"),
        ("set_user", {"username": "admin@acme.example", "api_enabled": False}, "salesforce_api_disabled"),
        ("set_daily_api_requests", {"value": 0}, "salesforce_quota"),
    ],
)
def test_each_refusal_ends_on_the_connections_page_with_its_sentences(
    admin: User,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
    change_org: ChangeOrg,
    action: str,
    values: dict[str, object],
    problem: str,
) -> None:
    browser = client_of(admin)
    url = press_ok(browser)
    if action != "set_user" or "active" not in values:
        change_org(action, **values)
        back = person_at_salesforce(url)
    else:
        # Nobody inactive can log in: the user is switched off between the login and the code's exchange.
        back = person_at_salesforce(url)
        change_org(action, **values)
    page = text_of(browser.get(back, follow=True))
    expected = PROBLEMS[problem]
    for sentence in (expected.what, expected.todo, expected.who):
        assert str(sentence) in page
    assert not SalesforceConnection.objects.exists()


def test_deny_is_an_ordinary_answer(admin: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce) -> None:
    browser = client_of(admin)
    answer = browser.get(person_at_salesforce(press_ok(browser), decision="deny"), follow=True)
    assert answer.status_code == 200
    assert "Salesforce did not give its consent" in text_of(answer)


def test_a_salesforce_that_does_not_answer_is_a_sentence(
    admin: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce, sandbox: SandboxProcess
) -> None:
    browser = client_of(admin)
    back = person_at_salesforce(press_ok(browser))
    sandbox.post("/_sandbox/faults", {"path": "/services/oauth2/token", "kind": "reset"})
    assert "Salesforce did not answer in time." in text_of(browser.get(back, follow=True))
