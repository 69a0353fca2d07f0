"""Are the users of the two connections shown everybody? Asked of the sandbox, as of the real ones."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from clients.http import TransientApiError
from connections.models import ApiFailure, MarketoConnection, SalesforceConnection, Service
from connections.services.client_factory import marketo_client, salesforce_client
from connections.services.visibility import Kind, Sight, Verdict, Visibility, current_visibility, keep_visibility
from rights import tasks
from rights.services import RightState, last_check
from rights.visibility import (
    _is_public,
    check_marketo,
    check_salesforce,
    pks_to_check,
    renew_visibility,
    sees_all_records,
)
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import ChangeOrg, MinuteOf, PersonAtSalesforce, connect_own, press_ok
from tests.factories import make_marketo_connection

pytestmark = pytest.mark.django_db

ADMIN = "admin@acme.example"
PROFILE = "System Administrator"
MARKETO_PAGE = "/settings/admin/marketo/"
EVERYBODY = range(31, 301)  # a tenth of the sandbox's 300 people left before


@pytest.fixture
def shared_by_half(salesforce_connection: SalesforceConnection, change_org: ChangeOrg) -> SalesforceConnection:
    """A connection as a user who is shown about half of the records."""
    change_org("set_sharing", username=ADMIN, sees="part", percent=50)
    return salesforce_connection


def look(connection: SalesforceConnection) -> Visibility:
    return check_salesforce(connection, salesforce_client(connection))


def sample_of(connection: MarketoConnection, *ids: int) -> Visibility:
    return check_marketo(marketo_client(connection), ids)


def verdicts(found: Visibility) -> dict[str, str]:
    return {kind.value: sight.verdict.value for kind, sight in found.sights.items()}


def calls(sandbox: SandboxProcess) -> list[str]:
    """The paths called, the sign-in of the connection left out."""
    return [call["path"] for call in sandbox.get("/_sandbox/calls") if "/services/data/" in call["path"]]


def show_partitions(sandbox: SandboxProcess, names: str) -> None:
    sandbox.post("/_sandbox/switches", {"api_partitions": names})


# Salesforce


def test_view_all_data_proves_everything_by_one_call(
    salesforce_connection: SalesforceConnection, sandbox: SandboxProcess
) -> None:
    sandbox.delete("/_sandbox/calls")
    found = look(salesforce_connection)
    assert found == Visibility({Kind.LEAD: Sight(Verdict.ALL), Kind.CONTACT: Sight(Verdict.ALL)})
    assert (found.verdict, found.problem_code, found.problem) == (Verdict.ALL, None, None)
    assert len(calls(sandbox)) == 1


def test_a_user_who_is_shown_half_sees_some_of_all(
    shared_by_half: SalesforceConnection, sandbox: SandboxProcess
) -> None:
    sandbox.delete("/_sandbox/calls")
    found = look(shared_by_half)
    assert len(calls(sandbox)) == 6
    everything = sandbox.get("/_sandbox/state")["salesforce"]
    for kind, sight in found.sights.items():
        assert (sight.verdict, sight.total) == (Verdict.SOME, everything[kind])
        assert sight.seen == salesforce_client(shared_by_half).count(f"SELECT COUNT() FROM {kind}")  # noqa: S608
        assert 0 < sight.seen < everything[kind]
    assert found.problem_code == "salesforce_sees_some"
    assert sees_all_records(shared_by_half, salesforce_client(shared_by_half)) == {"Lead": False, "Contact": False}


def test_public_defaults_prove_it_without_a_right(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg
) -> None:
    for sobject in ("Lead", "Contact"):
        change_org("set_object_permission", profile=PROFILE, object=sobject, read=True, view_all=False)
    assert verdicts(look(salesforce_connection)) == {"Lead": "all", "Contact": "all"}


def test_a_public_default_opens_nothing_to_who_may_not_read_the_object(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    """An integration user whose permission set is still to come: nobody was shown, and the page said everybody."""
    change_org("set_object_permission", profile=PROFILE, object="Lead", read=False)
    found = look(salesforce_connection)
    assert verdicts(found) == {"Lead": "some", "Contact": "all"}
    assert found.sights[Kind.LEAD] == Sight(Verdict.SOME, 0, sandbox.get("/_sandbox/state")["salesforce"]["Lead"])
    proved = sees_all_records(salesforce_connection, salesforce_client(salesforce_connection))
    assert proved == {"Lead": False, "Contact": True}


@pytest.mark.parametrize(
    ("account", "contact", "is_public"),
    [
        ("None", "None", False),
        ("None", "Read", True),
        ("None", "ControlledByParent", False),
        ("Read", "ControlledByParent", True),
        ("Edit", "SomethingNew", False),
    ],
)
def test_contacts_are_as_public_as_their_parents(account: str, contact: str, is_public: bool) -> None:
    assert _is_public(Kind.CONTACT, {"Account": account, "Contact": contact}) is is_public


@pytest.mark.parametrize("by_group", [False, True])
def test_view_all_records_by_a_permission_set_proves_one_object(
    shared_by_half: SalesforceConnection, change_org: ChangeOrg, by_group: bool
) -> None:
    change_org("add_permission_set", name="Readers")
    change_org("set_object_permission", permission_set="Readers", object="Lead", view_all=True)
    assert not sees_all_records(shared_by_half, salesforce_client(shared_by_half))[Kind.LEAD]
    if by_group:
        change_org("add_permission_set_group", name="Tools", permission_sets=["Readers"])
        change_org("assign_permission_set_group", name="Tools", username=ADMIN)
    else:
        change_org("assign_permission_set", name="Readers", username=ADMIN)
    assert verdicts(look(shared_by_half)) == {"Lead": "all", "Contact": "some"}
    proved = sees_all_records(shared_by_half, salesforce_client(shared_by_half))
    assert proved == {"Lead": True, "Contact": False}


@pytest.mark.parametrize("path", ["/query", "/limits/recordCount"])
def test_what_the_org_refuses_to_tell_is_unknown_and_no_failure(
    shared_by_half: SalesforceConnection,
    sandbox: SandboxProcess,
    path: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sandbox.post("/_sandbox/faults", {"path": path, "kind": "status:403"})
    with django_capture_on_commit_callbacks(execute=True):
        found = look(shared_by_half)
    assert found == Visibility({Kind.LEAD: Sight(Verdict.UNKNOWN), Kind.CONTACT: Sight(Verdict.UNKNOWN)})
    assert found.problem_code == "salesforce_sees_unproved"
    assert not ApiFailure.objects.exists()


def test_a_count_that_takes_too_long_is_unknown(shared_by_half: SalesforceConnection, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/query", "kind": "salesforce:query_timeout", "nth": 4})
    assert verdicts(look(shared_by_half)) == {"Lead": "unknown", "Contact": "some"}


def test_a_few_more_records_than_are_shown_prove_nothing(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg
) -> None:
    """Salesforce's own count is a snapshot: it may hold what was deleted since."""
    change_org("set_sharing", username=ADMIN, sees="part", percent=99)
    found = look(salesforce_connection)
    assert verdicts(found) == {"Lead": "unknown", "Contact": "unknown"}
    assert found.sights[Kind.LEAD].total


# Marketo


def test_a_role_in_all_workspaces_proves_that_everybody_is_shown(marketo_connection: MarketoConnection) -> None:
    found = sample_of(marketo_connection, *EVERYBODY)
    assert found == Visibility({Kind.PERSON: Sight(Verdict.ALL, len(EVERYBODY), len(EVERYBODY))})
    assert sample_of(marketo_connection).verdict is Verdict.ALL


def test_people_of_other_partitions_are_hidden(marketo_connection: MarketoConnection, sandbox: SandboxProcess) -> None:
    show_partitions(sandbox, "Default")
    found = sample_of(marketo_connection, *EVERYBODY)
    sight = found.sights[Kind.PERSON]
    assert (sight.verdict, sight.total, found.problem_code) == (Verdict.SOME, len(EVERYBODY), "marketo_sees_some")
    shown = marketo_client(marketo_connection).leads_by_filter("id", list(EVERYBODY), ["id"])
    assert sight.seen == len(shown) < len(EVERYBODY)


def test_without_people_to_ask_for_one_workspace_of_three_proves_nothing(
    marketo_connection: MarketoConnection, sandbox: SandboxProcess
) -> None:
    show_partitions(sandbox, "Default")
    found = sample_of(marketo_connection)
    assert (found.verdict, found.problem_code) == (Verdict.UNKNOWN, "marketo_sees_unproved")


def test_whoever_was_deleted_or_merged_is_not_hidden(
    marketo_connection: MarketoConnection, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/people", {"action": "delete", "ids": [101, 102, 103], "system": "marketo"})
    sandbox.post("/_sandbox/people", {"action": "merge", "ids": [104, 105, 106]})
    found = sample_of(marketo_connection, *range(101, 151))
    assert found.sights[Kind.PERSON] == Sight(Verdict.ALL, 45, 45)


@pytest.mark.parametrize(("people", "verdict"), [(99, Verdict.UNKNOWN), (100, Verdict.ALL)])
def test_a_large_sample_convinces_where_marketo_tells_no_workspaces(
    marketo_connection: MarketoConnection, sandbox: SandboxProcess, people: int, verdict: Verdict
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/userservice", "kind": "status:403"})
    assert sample_of(marketo_connection, *EVERYBODY[:people]).verdict is verdict
    assert sample_of(marketo_connection).verdict is Verdict.UNKNOWN


def test_an_api_user_who_may_not_read_people_cannot_tell(
    marketo_connection: MarketoConnection, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/rest/v1/leads.json", "kind": "marketo:603"})
    assert sample_of(marketo_connection, *EVERYBODY).sights == {Kind.PERSON: Sight(Verdict.UNKNOWN)}


# What is kept, and when somebody looks again


def test_what_was_found_comes_back_from_json(shared_by_half: SalesforceConnection) -> None:
    found = look(shared_by_half)
    keep_visibility(shared_by_half, found)
    kept = SalesforceConnection.objects.get()
    assert current_visibility(kept) == Visibility.from_json(found.as_json()) == found
    kept.visibility_checked_at = timezone.now() - timedelta(days=7, seconds=1)
    assert current_visibility(kept) is None


def test_nothing_is_kept_when_nobody_answers(
    salesforce_connection: SalesforceConnection, sandbox: SandboxProcess
) -> None:
    renew_visibility(salesforce_connection)
    before = SalesforceConnection.objects.get()
    sandbox.post("/_sandbox/faults", {"path": "/query", "kind": "status:503"})
    with pytest.raises(TransientApiError):
        look(salesforce_connection)
    renew_visibility(salesforce_connection)
    after = SalesforceConnection.objects.get()
    assert (after.visibility, after.visibility_checked_at) == (before.visibility, before.visibility_checked_at)
    assert (before.problem, after.problem) == ("", "salesforce_busy")


@pytest.mark.usefixtures("tasks_run_at_once")
def test_beat_looks_again_after_a_week(
    salesforce_connection: SalesforceConnection,
    marketo_connection: MarketoConnection,
    settings: Settings,
    minute_of: MinuteOf,
) -> None:
    minute_of(salesforce_connection.account)
    assert tasks.check_visibility.name in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    rows = (SalesforceConnection.objects, MarketoConnection.objects)
    tasks.check_visibility()
    assert [row.get().visibility.keys() for row in rows] == [{"Lead", "Contact"}, {"Person"}]
    assert [pks_to_check(row.all()) for row in rows] == [[], []]
    a_week_ago = timezone.now() - timedelta(days=7)
    for row in rows:
        row.update(visibility_checked_at=a_week_ago)
    tasks.check_visibility()
    assert all(current_visibility(row.get()) for row in rows)


def test_one_hour_takes_a_few_connections_the_longest_forgotten_first(
    salesforce_connection: SalesforceConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rights.visibility._CHECKS_PER_HOUR", 2)
    made = [make_marketo_connection(visibility_checked_at=timezone.now() - timedelta(days=days)) for days in (8, 9, 6)]
    never, broken = make_marketo_connection(), make_marketo_connection(status="needs_reconnecting")
    assert pks_to_check(MarketoConnection.objects.all()) == [never.pk, made[1].pk]
    assert broken.pk != never.pk


@pytest.mark.usefixtures("tasks_run_at_once")
def test_a_new_connection_is_looked_at_at_once_and_a_members_own_is_not(
    salesforce_admin: User,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    browser = client_of(salesforce_admin)
    back = person_at_salesforce(press_ok(browser))
    with django_capture_on_commit_callbacks(execute=True):
        browser.get(back)
    assert verdicts(current_visibility(SalesforceConnection.objects.get()) or Visibility({})) == {
        "Lead": "all",
        "Contact": "all",
    }
    # And the rights, with the same look: nobody has to press Check rights first.
    assert last_check(salesforce_admin.member.account, Service.SALESFORCE).of_needed == RightState.FOUND
    with django_capture_on_commit_callbacks(execute=True):
        assert "Sees all leads" not in connect_own(browser, person_at_salesforce)
    assert SalesforceConnection.objects.exclude(member=None).get().visibility == {}


@pytest.mark.usefixtures("tasks_run_at_once", "linked_instance")
def test_connecting_anew_forgets_what_another_user_saw(
    admin: User, client_of: ClientOf, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    browser = client_of(admin)
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"{MARKETO_PAGE}connect/")
    assert MarketoConnection.objects.get().visibility["Person"]["verdict"] == "all"
    assert last_check(admin.member.account, Service.MARKETO).of_needed == RightState.FOUND
    with django_capture_on_commit_callbacks():
        browser.post(f"{MARKETO_PAGE}connect/")
    assert MarketoConnection.objects.get().visibility == {}
