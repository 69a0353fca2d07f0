"""For whom: rights are judged for everybody who will work with Sales Insight, by whatever gives them."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import Member, SalesAccount
from connections.models import SalesforceConnection
from connections.services.client_factory import salesforce_client
from salesforce_package.items.checklist import ITEMS
from salesforce_package.org import State
from salesforce_package.rights import Person, Rights
from sandbox.testing import SandboxProcess
from tests.connections.conftest import ChangeOrg
from tests.factories import make_invitation, make_salesforce_connection
from tests.salesforce_package.conftest import SELLERS, items

SET = "Marketo App Access"
RIGHTS = ("standard_object_read", "permission_set", "api_enabled", "field_security")


@pytest.fixture
def equipped(sellers: list[Member], configured_org: None, change_org: ChangeOrg) -> None:
    """Everybody has every right; two of them the package's permission set by a group."""
    change_org("add_permission_set_group", name="Sales Insight", permission_sets=[SET])
    for number, name in enumerate(SELLERS):
        action = {"action": "assign_permission_set_group", "name": "Sales Insight"} if number < 2 else {}
        change_org(**{"action": "assign_permission_set", "username": f"{name}@acme.example", **action})


# A right that is taken away, how it is given back, the item that tells and who then lacks it.
TAKEN: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    (
        {"action": "set_object_permission", "profile": "Sales User", "object": "Account", "read": False},
        {"action": "set_object_permission", "profile": "Sales User", "object": "Account", "read": True},
        "standard_object_read",
        "Without it: lukas.meyer@acme.example (Sales User), priya.patel@acme.example (Sales User).",
    ),
    (
        {"action": "set_api_enabled", "profile": "Marketing User", "enabled": False},
        {"action": "set_api_enabled", "profile": "Marketing User", "enabled": True},
        "api_enabled",
        "Without it: elena.rossi@acme.example (Marketing User).",
    ),
    (
        {"action": "assign_permission_set", "username": "sofia.costa@acme.example", "assigned": False},
        {"action": "assign_permission_set", "username": "sofia.costa@acme.example", "assigned": True},
        "permission_set",
        "Without it: sofia.costa@acme.example (Standard User).",
    ),
    (
        {
            "action": "assign_permission_set_group",
            "name": "Sales Insight",
            "username": "maria.lind@acme.example",
            "assigned": False,
        },
        {"action": "assign_permission_set_group", "name": "Sales Insight", "username": "maria.lind@acme.example"},
        "permission_set",
        "Without it: maria.lind@acme.example (Standard User).",
    ),
    (
        {"action": "mute_permission", "name": "Sales Insight", "object": "mkto_si__Values__c"},
        {"action": "mute_permission", "name": "Sales Insight", "object": "mkto_si__Values__c", "muted": False},
        "permission_set",
        "Without it: jonas.berg@acme.example (Standard User), maria.lind@acme.example (Standard User).",
    ),
    (
        {
            "action": "set_field_permission",
            "profile": "Sales User",
            "object": "Task",
            "name": "MSE_Viewed__c",
            "read": True,
            "edit": False,
        },
        {
            "action": "set_field_permission",
            "profile": "Sales User",
            "object": "Task",
            "name": "MSE_Viewed__c",
            "edit": True,
        },
        "field_security",
        "Without it: lukas.meyer@acme.example (Sales User), priya.patel@acme.example (Sales User).",
    ),
]


@pytest.mark.usefixtures("equipped")
def test_taking_one_right_away_turns_exactly_that_item_red(checked: SalesAccount, change_org: ChangeOrg) -> None:
    before = items(checked)
    assert {before[key].state for key in RIGHTS} == {State.DONE}
    assert before["api_enabled"].found.endswith("have API Enabled: 8 of 8.")
    for taken, given_back, key, names in TAKEN:
        change_org(**taken)
        found = items(checked)
        assert {key for key in ITEMS if found[key].state is not before[key].state} == {key}
        assert (found[key].state, found[key].names) == (State.MISSING, names)
        change_org(**given_back)
    assert {entry.state for entry in items(checked).values()} == {entry.state for entry in before.values()}


@pytest.mark.usefixtures("equipped")
def test_what_a_permission_set_gives_is_as_good_as_a_profile_s(checked: SalesAccount, change_org: ChangeOrg) -> None:
    change_org("set_api_enabled", profile="Marketing User", enabled=False)
    change_org("hide_field", object="Task", name="MSE_Viewed__c", profile="Marketing User")
    change_org("add_permission_set", name="Tools")
    change_org("set_api_enabled", permission_set="Tools", enabled=True)
    change_org("set_field_permission", permission_set="Tools", object="Task", name="MSE_Viewed__c", edit=True)
    change_org("add_permission_set_group", name="Team", permission_sets=["Tools"])
    change_org("assign_permission_set_group", name="Team", username="elena.rossi@acme.example")
    found = items(checked)
    assert (found["api_enabled"].state, found["field_security"].state) == (State.DONE, State.DONE)


@pytest.mark.usefixtures("equipped")
def test_an_invited_person_and_one_with_a_connection_of_their_own_count(
    checked: SalesAccount, sandbox: SandboxProcess, change_org: ChangeOrg, sellers: list[Member]
) -> None:
    make_invitation(checked, "omar.mansour@acme.example", name="Omar Mansour")
    entry = items(checked)["permission_set"]
    assert (entry.found.partition(": ")[2], entry.names) == ("8 of 9.", "Without it: Omar Mansour (Standard User).")
    # Salesforce knows this member by another address.
    stranger = checked.members.get(user__email="nobody@elsewhere.example")
    org = SalesforceConnection.objects.get(account=checked, member=None)
    user_id = _user_id(org, "grace.kim@acme.example")
    make_salesforce_connection(checked, member=stranger, org_id=org.org_id, user_id=user_id)
    assert "nobody@elsewhere.example" in items(checked)["permission_set"].names


def _user_id(connection: SalesforceConnection, username: str) -> str:
    soql = f"SELECT Id FROM User WHERE Username = '{username}'"  # noqa: S608
    [user] = salesforce_client(connection).query(soql)
    return str(user["Id"])


def test_who_lacks_every_field_is_not_told_their_names(
    checked: SalesAccount, sellers: list[Member], change_org: ChangeOrg
) -> None:
    """The 15 names stood on the sheet once for each user."""
    change_org("install_package")
    assert {person.lacks for person in items(checked)["field_security"].people} == {"all 15 fields"}


def test_nobody_to_judge_is_no_reason_for_green(checked: SalesAccount, change_org: ChangeOrg) -> None:
    change_org("install_package")
    checked.members.all().delete()
    found = items(checked)
    assert {found[key].state for key in RIGHTS} == {State.UNKNOWN}
    assert "none of 0" in found["api_enabled"].found


def test_whether_an_app_lets_people_in_is_known_of_those_who_are_connected(
    checked: SalesAccount, sellers: list[Member]
) -> None:
    entry = items(checked)["app_not_blocked"]
    assert (entry.state, entry.can_tick) == (State.UNKNOWN, True)
    assert "Users whom it has answered: 1 of 8. The others have not tried it yet." in entry.found
    assert "by the name that Salesforce shows" in str(entry.item.how)
    checked.members.filter(pk__in=[seller.pk for seller in sellers]).delete()
    assert items(checked)["app_not_blocked"].state is State.DONE


def test_the_number_of_questions_does_not_grow_with_people(
    salesforce_connection: SalesforceConnection, sandbox: SandboxProcess
) -> None:
    def questions(people: list[Person]) -> int:
        sandbox.delete("/_sandbox/calls")
        rights = Rights(salesforce_client(salesforce_connection), people)
        assert len(rights.users) == len(people)
        assert all(rights.readable(["Lead"]).values())
        assert all(rights.editable(["Task.Subject"]) or [True])
        assert rights.may_call_api(rights.users[0])
        return len(sandbox.get("/_sandbox/calls"))

    assert questions(list(_everybody(1))) == questions(list(_everybody(len(SELLERS)))) == 4


def _everybody(count: int) -> Iterator[Person]:
    return (Person(name, f"{name}@acme.example") for name in SELLERS[:count])
