"""Who changed it: what broke since the last look, with the change in Setup, its time and who made it."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Occurrence, SalesAccount, User
from salesforce_package.models import PackageChange, PackageCheck
from salesforce_package.services import check_package
from salesforce_package.state import ChangeState, package_state
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import ChangeOrg
from tests.factories import make_member
from tests.pages import text_of

PAGE = "/settings/admin/salesforce-package/"
TASK_FIELD = {"object": "Task", "name": "MSE_Viewed__c"}
SET = "Marketo App Access"
# Twenty changes in Setup: what is done, how it is undone, and the item that breaks by it.
CHANGED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {"action": "set_list_view_buttons", "object": "Lead", "labels": []},
        {"action": "add_all_list_view_buttons"},
        "list_view_buttons",
    ),
]
CHANGED += [
    ({"action": "remove_remote_site", "name": name}, {"action": "add_remote_site", "name": name, "url": url}, item)
    for name, url, item in (
        ("MarketoRestAPI", "https://123-abc-456.mktorest.com", "rest_site"),
        ("MarketoSalesInsight1", "https://ims-na1.adobelogin.com", "ims_site"),
        ("MarketoSalesInsight2", "https://mkto-sales-connect.adobe.io", "actions_site"),
    )
]
CHANGED += [
    ({"action": "set_deployed", "object": name, "deployed": False}, {"action": "set_deployed", "object": name}, item)
    for name, item in (("mkto_si__Values__c", "objects_deployed"), ("mkto_si__ScoringCache__c", "objects_deployed"))
]
CHANGED += [
    (
        {"action": "set_task_types", "values": ["Email", "Call"]},
        {"action": "set_task_types", "values": ["Email", "Call", "Reply"]},
        "task_types",
    ),
    (
        {"action": "set_task_types", "values": ["Email", "Call", "Reply"], "default": "Call"},
        {"action": "set_task_types", "values": ["Email", "Call", "Reply"]},
        "task_types",
    ),
    (
        {"action": "assign_permission_set", "username": "admin@acme.example", "assigned": False},
        {"action": "assign_permission_set", "username": "admin@acme.example"},
        "permission_set",
    ),
    (
        {"action": "set_list_view_buttons", "object": "Contact", "labels": []},
        {"action": "add_all_list_view_buttons"},
        "list_view_buttons",
    ),
    (
        {"action": "set_field_permission", "profile": "System Administrator", **TASK_FIELD, "read": True},
        {"action": "set_field_permission", "profile": "System Administrator", **TASK_FIELD, "edit": True},
        "field_security",
    ),
]
CHANGED += [
    (
        {"action": "set_object_permission", "profile": "System Administrator", "object": name, "read": False},
        {"action": "set_object_permission", "profile": "System Administrator", "object": name, "view_all": True},
        "standard_object_read",
    )
    for name in ("Account", "Opportunity")
]
CHANGED += [
    (
        {"action": "set_layout_field", "object": name, "layout": f"{name} Layout", "name": field, "shown": False},
        {"action": "set_layout_field", "object": name, "layout": f"{name} Layout", "name": field},
        item,
    )
    for name, field, item in (
        ("Task", "MSE_Clicked__c", "task_layout"),
        ("Lead", "mkto_si__Urgency__c", "layout_fields"),
        ("Contact", "mkto_si__Opt_Out__c", "opt_out_fields"),
    )
]
CHANGED += [
    ({"action": "add_layout_panel", "object": name, "shown": False}, {"action": "add_layout_panel", "object": name}, of)
    for name, of in (
        ("Lead", "lead_layout"),
        ("Contact", "other_layouts"),
        ("Account", "other_layouts"),
        ("Opportunity", "other_layouts"),
    )
]


def change_in_setup(sandbox: SandboxProcess, body: dict[str, Any]) -> None:
    sandbox.post("/_sandbox/salesforce", body)


def changes(account: SalesAccount) -> dict[str, ChangeState]:
    check_package(account)
    return {change.item.key: change for change in package_state(account).changes}


@pytest.mark.usefixtures("configured_org")
def test_each_of_twenty_changes_is_told_with_who_and_when(checked: SalesAccount, sandbox: SandboxProcess) -> None:
    assert len(CHANGED) == 20
    assert changes(checked) == {}
    # Each look finds one thing broken, and the one before whole again.
    for done, undone, item in CHANGED[::2] + CHANGED[1::2]:
        change_in_setup(sandbox, done)
        found = changes(checked)
        assert {item} <= set(found) <= {item, "bulk_buttons"}  # both kinds of buttons are in one list
        change, cause = found[item], found[item].causes[0]
        assert cause["who"] == "Acme Admin"
        assert cause["display"].startswith(done["action"].replace("_", " ").capitalize()), (item, change.causes)
        assert change.before
        assert change.after != change.before
        change_in_setup(sandbox, undone)
    assert changes(checked) == {}
    assert not Occurrence.objects.going_on().filter(event="salesforce_package.items_broken").exists()


@pytest.mark.usefixtures("configured_org")
def test_what_was_changed_is_on_the_page_and_in_the_guide_and_is_told(
    checked: SalesAccount, sandbox: SandboxProcess, salesforce_admin: User, client_of: ClientOf, change_org: ChangeOrg
) -> None:
    check_package(checked)
    change_org("remove_remote_site", name="MarketoSalesInsight2")
    check_package(checked)
    browser = client_of(salesforce_admin)
    page = text_of(browser.get(PAGE))
    for text in (
        "What was changed",
        "The remote site https://mkto-sales-connect.adobe.io is active.",
        "There is no remote site for https://mkto-sales-connect.adobe.io.",
        "<b>Acme Admin</b>, <time",
        "Remove remote site: name MarketoSalesInsight2",
    ):
        assert text in page
    assert "1 item that was in place was changed." in text_of(browser.get("/"))
    occurrence = Occurrence.objects.going_on().get(event="salesforce_package.items_broken")
    assert (occurrence.details, occurrence.link) == ({"items": 1, "keys": ["actions_site"]}, PAGE)


@pytest.mark.usefixtures("configured_org")
def test_what_nobody_needs_any_more_may_go(checked: SalesAccount, change_org: ChangeOrg) -> None:
    """It was told as broken until somebody brought it back."""
    check_package(checked)
    before = PackageCheck.objects.get().results["soap_site"]
    change_org("remove_remote_site", name="MarketoSoapAPI")
    change_org("set_email_to_salesforce", active=False)
    assert changes(checked) == {}
    assert PackageCheck.objects.get().results["soap_site"]["state"] == "unknown"
    # What an older version of this console told so ends.
    after = PackageCheck.objects.get().results["soap_site"]
    told = {"org_id": PackageCheck.objects.get().org_id, "before": before, "after": after, "causes": []}
    PackageChange.objects.create(account=checked, item="soap_site", seen_at=timezone.now(), **told)
    assert changes(checked) == {}


@pytest.mark.usefixtures("configured_org")
def test_not_to_be_able_to_look_breaks_nothing(checked: SalesAccount, change_org: ChangeOrg) -> None:
    check_package(checked)
    change_org("hide_setup", hidden=True)
    assert changes(checked) == {}
    change_org("spoil_tooling", object="RemoteProxy", how="shape")
    change_org("hide_setup", hidden=False)
    assert changes(checked) == {}


@pytest.mark.usefixtures("configured_org")
def test_without_the_trail_it_is_still_told_what_broke(
    checked: SalesAccount, sandbox: SandboxProcess, change_org: ChangeOrg
) -> None:
    check_package(checked)
    # Whoever looked last did so after the change: the trail since then names nothing that fits.
    change_org("remove_remote_site", name="MarketoSalesInsight2")
    sandbox.post("/_sandbox/clock", {"advance_seconds": 1_000})
    check = PackageCheck.objects.get()
    check.checked_at = check.checked_at.replace(year=check.checked_at.year + 1)
    check.save()
    assert changes(checked)["actions_site"].causes == []


@pytest.mark.usefixtures("configured_org")
def test_what_an_older_version_called_in_place_is_not_told_as_broken(
    checked: SalesAccount, change_org: ChangeOrg
) -> None:
    check_package(checked)
    check = PackageCheck.objects.get()
    check.results["permission_set"] |= {"code": "set_assigned", "values": {"count": 1}}
    check.save()
    assert "permission_set" not in {item.item.key for item in package_state(checked).items if item.found}
    change_org("assign_permission_set", username="admin@acme.example", assigned=False)
    assert changes(checked) == {}
    assert not Occurrence.objects.filter(event="salesforce_package.items_broken").exists()


@pytest.mark.usefixtures("configured_org")
def test_a_new_person_is_no_change_of_the_app(checked: SalesAccount) -> None:
    check_package(checked)
    make_member(checked, "maria.lind@acme.example")
    found = changes(checked)
    # She lacks the permission set, which is worth knowing; that she has not connected yet is not.
    assert set(found) == {"permission_set"}
    assert (found["permission_set"].before[-7:], found["permission_set"].after[-7:]) == ("1 of 1.", "1 of 2.")
