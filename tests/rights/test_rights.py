"""Check rights: every right the console uses, what it is for, whether it was found, and the same list everywhere."""

from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from common.redis_client import redis_client
from connections.models import ApiFailure, MarketoConnection, MarketoInstance, SalesforceConnection, Service
from connections.services.visibility import Kind, Sight, Verdict, Visibility, current_visibility, keep_visibility
from problems.codes import ProblemCode
from problems.messages import PROBLEMS
from problems.rights import RIGHTS, RightCode, names_of, rights_in
from rights.services import RightState, check_rights, last_check
from sandbox.testing import SandboxProcess
from tests.connections.conftest import ChangeOrg
from tests.pages import text_of

ADMIN = "admin@acme.example"
MARKETO_PAGE, SALESFORCE_PAGE = "/settings/admin/marketo/rights/", "/settings/admin/salesforce/rights/"
REFUSED_BY = {
    RightCode.PEOPLE: "/rest/v1/leads/describe",
    RightCode.ACTIVITIES: "/rest/v1/activities/types",
    RightCode.ASSETS: "/rest/asset/",
    RightCode.USERS: "/userservice/",
}


def states(account: object, service: Service) -> dict[RightCode, RightState]:
    check_rights(account, service)  # type: ignore[arg-type]
    return dict(last_check(account, service).states)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_right_that_lacks_in_marketo_is_named_and_the_others_are_found(
    marketo_connection: MarketoConnection, sandbox: SandboxProcess
) -> None:
    account = marketo_connection.account
    assert set(states(account, Service.MARKETO).values()) == {RightState.FOUND}
    for code, path in REFUSED_BY.items():
        sandbox.post("/_sandbox/faults", {"path": path, "kind": "marketo:603"})
        found = states(account, Service.MARKETO)
        assert [right for right, state in found.items() if state == RightState.MISSING] == [code]
        of_needed = RightState.FOUND if code == RightCode.USERS else RightState.MISSING
        assert last_check(account, Service.MARKETO).of_needed == of_needed
        sandbox.delete("/_sandbox/faults")
    assert not ApiFailure.objects.exists(), "a question is no failure"


@pytest.mark.django_db
def test_partitions_that_are_hidden_count_as_a_missing_right(
    marketo_connection: MarketoConnection, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/switches", {"api_partitions": "EU"})
    assert states(marketo_connection.account, Service.MARKETO)[RightCode.WORKSPACES] != RightState.FOUND
    marketo_connection.refresh_from_db()
    look = current_visibility(marketo_connection)
    assert look
    assert look.verdict != Verdict.ALL


@pytest.mark.django_db
def test_what_cannot_be_told_is_not_called_good_and_hides_nothing_that_a_sync_proved(
    marketo_connection: MarketoConnection, sandbox: SandboxProcess, browser: Client
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/userservice/", "kind": "marketo:603"})
    page = text_of(browser.post(MARKETO_PAGE, follow=True))
    assert "Some needed rights cannot be checked" in page
    assert "No needed right is missing" not in page
    keep_visibility(marketo_connection, Visibility({Kind.PERSON: Sight(Verdict.ALL, 300, 300)}))
    assert "No needed right is missing" in text_of(browser.post(MARKETO_PAGE, follow=True))
    marketo_connection.refresh_from_db()
    look = current_visibility(marketo_connection)
    assert look
    assert look.sights[Kind.PERSON].total == 300


@pytest.mark.django_db
def test_marketo_can_be_looked_at_before_the_first_connection(
    linked_instance: MarketoInstance, browser: Client
) -> None:
    page = text_of(browser.post(MARKETO_PAGE, follow=True))
    assert "No needed right is missing" in page
    assert page.count("</svg>Yes</span>") == len(rights_in(Service.MARKETO))


@pytest.mark.django_db(transaction=True)
def test_each_right_in_salesforce_is_told_apart(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, browser: Client
) -> None:
    account = salesforce_connection.account
    assert set(states(account, Service.SALESFORCE).values()) == {RightState.FOUND}
    change_org("set_sharing", username=ADMIN, sees="part", percent=50)
    change_org("set_object_permission", profile="System Administrator", object="Opportunity", read=False)
    found = states(account, Service.SALESFORCE)
    lacking = {right for right, state in found.items() if state == RightState.MISSING}
    assert lacking == {RightCode.ALL_LEADS, RightCode.ALL_CONTACTS, RightCode.OPPORTUNITIES}
    change_org("set_object_permission", profile="System Administrator", object="Lead", read=False)
    page = text_of(browser.post(SALESFORCE_PAGE, follow=True))
    assert "A needed right is missing" in page
    row = page.partition("Lead: Read")[2].partition("</tr>")[0]
    assert "Missing" in row
    assert "Object Settings" in row


@pytest.mark.django_db
def test_pages_tell_the_list_before_anybody_has_checked(browser: Client) -> None:
    for service, page in ((Service.MARKETO, MARKETO_PAGE), (Service.SALESFORCE, SALESFORCE_PAGE)):
        text = text_of(browser.get(page))
        assert all(name in text for right in rights_in(service) for name in right.names)
        assert ("except when somebody logs a test activity" in text) is (service == Service.SALESFORCE)
        assert text.count("Not checked yet") == len(rights_in(service))
    assert "is not connected to Salesforce" in text_of(browser.post(SALESFORCE_PAGE))


@pytest.mark.django_db
def test_a_provider_that_refuses_everything_is_a_problem_and_no_list_of_missing_rights(
    marketo_connection: MarketoConnection, sandbox: SandboxProcess, browser: Client
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/rest/v1/leads/describe", "kind": "marketo:607"})
    page = text_of(browser.post(MARKETO_PAGE))
    assert "used all its API calls of today" in page
    assert ">Missing<" not in page
    assert MarketoConnection.objects.get().problem == ProblemCode.MARKETO_QUOTA, "every screen tells it"


@pytest.mark.django_db
def test_what_a_console_of_another_version_kept_is_not_read(
    marketo_connection: MarketoConnection, browser: Client
) -> None:
    """It was pickled with a class that stood in another module, for a week."""
    made_at = marketo_connection.connected_at.timestamp()
    key = cache.make_key(f"rights-marketo-{marketo_connection.account_id}-{made_at}")
    redis_client().set(key, b"cconnections.services.rights\nRightsCheck\n.")
    assert "Not checked yet" in text_of(browser.get(MARKETO_PAGE))


@pytest.mark.django_db
def test_another_connection_is_another_check(marketo_connection: MarketoConnection) -> None:
    check_rights(marketo_connection.account, Service.MARKETO)
    MarketoConnection.objects.update(connected_at="2026-01-01T00:00:00Z")
    assert last_check(marketo_connection.account, Service.MARKETO).checked_at is None


def test_readme_and_remedies_know_the_same_list() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    told = " ".join(readme.split())
    assert all(f"*{name}*" in told for right in RIGHTS if right.code != RightCode.WORKSPACES for name in right.names)
    lacking = str(PROBLEMS[ProblemCode.MARKETO_PERMISSION].todo)
    assert all(name in lacking for name in names_of(*REFUSED_BY))
    assert "Opportunity: Read" in str(PROBLEMS[ProblemCode.SALESFORCE_PERMISSION].todo)


def test_every_right_stands_once_and_says_what_for() -> None:
    assert sorted(right.code for right in RIGHTS) == sorted(RightCode)
    assert all(str(right.why).endswith(".") for right in RIGHTS)


@pytest.mark.django_db
@pytest.mark.parametrize("page", [MARKETO_PAGE, SALESFORCE_PAGE])
def test_the_addresses_for_allowlists_stand_beside_the_rights(browser: Client, settings: Settings, page: str) -> None:
    assert "This console calls from" not in text_of(browser.get(page))
    settings.EGRESS_ADDRESSES = ["203.0.113.7", "203.0.113.8"]
    assert "203.0.113.8" in text_of(browser.get(page))


@pytest.mark.django_db
def test_a_refusal_that_an_allowlist_may_cause_names_the_addresses(
    marketo_connection: MarketoConnection, browser: Client, settings: Settings
) -> None:
    settings.EGRESS_ADDRESSES = ["203.0.113.7"]
    MarketoConnection.objects.update(problem=ProblemCode.MARKETO_PERMISSION)
    assert "203.0.113.7" in text_of(browser.get("/settings/admin/marketo/"))
    MarketoConnection.objects.update(problem=ProblemCode.MARKETO_BUSY)
    assert "203.0.113.7" not in text_of(browser.get("/settings/admin/marketo/"))
