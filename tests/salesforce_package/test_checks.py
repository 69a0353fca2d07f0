"""The checklist of steps 6 and 7 against an org in different states."""

import pytest

from accounts.models import SalesAccount, User
from connections.models import SalesforceConnection
from salesforce_package.facts import ACTIVITY_FIELDS
from salesforce_package.items.checklist import ITEMS
from salesforce_package.org import State
from salesforce_package.services import check_package, tick_item
from salesforce_package.state import package_state
from sandbox.testing import SandboxProcess
from tests.connections.conftest import ChangeOrg
from tests.salesforce_package.conftest import items

PACKAGE = {"package_installed", "package_version", "package_listed"}
SITES = {"rest_site", "ims_site", "actions_site"}
BUTTONS = {"list_view_buttons", "bulk_buttons"}


def test_the_checklist_is_the_whole_of_the_guide() -> None:
    assert len(ITEMS) == 35
    assert sum(item.is_verifiable for item in ITEMS.values()) == 26
    # What no check can see says why.
    assert all(bool(item.by_hand) is not item.is_verifiable for item in ITEMS.values())


def test_an_untouched_org_misses_everything(checked: SalesAccount) -> None:
    found = items(checked)
    missing = {key for key, entry in found.items() if entry.state is State.MISSING}
    others = {"objects_deployed", "activity_fields", "task_types", "permission_set", "field_security"}
    others |= {"lead_layout", "other_layouts", "task_layout"}
    assert missing == PACKAGE | SITES | BUTTONS | others
    assert found["package_installed"].found == "The package is not installed."
    assert found["task_types"].found == "Missing: Email, Reply."


@pytest.mark.usefixtures("configured_org")
def test_a_configured_org_is_verified(checked: SalesAccount) -> None:
    found = items(checked)
    verifiable = {key for key, item in ITEMS.items() if item.is_verifiable}
    assert {key for key, entry in found.items() if entry.state is State.DONE} == verifiable
    state = package_state(checked)
    assert state.is_installed
    assert not state.is_configured
    assert state.install_fact == "Version 1.8000.0.0 found."
    assert state.configure_fact == ("26 of 35 done. 6 required and 3 optional left.")


@pytest.mark.usefixtures("configured_org")
def test_ticking_what_no_api_sees_completes_step_7(checked: SalesAccount, admin: User) -> None:
    check_package(checked)
    for item in ITEMS.values():
        if (not item.is_verifiable) and not item.is_optional:
            tick_item(account=checked, by=admin, item=item)
    state = package_state(checked)
    assert state.is_configured
    assert (state.verified, state.ticked, state.total) == (26, 6, 35)


def test_an_old_version_is_found_and_not_enough(checked: SalesAccount, change_org: ChangeOrg) -> None:
    change_org("install_package", version="1.7300.0.2")
    found = items(checked)
    assert found["package_installed"].state is State.DONE
    assert found["package_version"].found == "Version 1.7300.0.2 found, 1.8000 needed."
    state = package_state(checked)
    assert not state.is_installed
    assert state.install_fact == "Version 1.7300.0.2 found, 1.8000 needed."


def test_a_package_without_a_version_is_installed_and_no_more_is_known(
    checked: SalesAccount, change_org: ChangeOrg
) -> None:
    change_org("install_package", versioned=False)
    found = items(checked)
    assert found["package_installed"].state is State.DONE
    assert found["package_version"].state is State.UNKNOWN
    assert found["package_version"].can_tick


def test_nothing_is_missing_where_the_retired_api_has_no_site(checked: SalesAccount, change_org: ChangeOrg) -> None:
    entry = items(checked)["soap_site"]
    assert (entry.state, entry.item.is_optional, entry.can_tick) == (State.UNKNOWN, True, True)
    assert "which Adobe removed on July 31, 2026" in entry.found
    change_org("add_remote_site", name="MarketoSoapAPI", url="https://123-abc-456.mktoapi.com")
    assert items(checked)["soap_site"].state is State.DONE


def test_an_answer_of_another_shape_leaves_the_other_items_alone(checked: SalesAccount, change_org: ChangeOrg) -> None:
    change_org("install_package")
    change_org("add_all_remote_sites")
    change_org("spoil_tooling", object="InstalledSubscriberPackage", how="shape")
    change_org("spoil_tooling", object="EmailAdministrationSettings", how="shape")
    found = items(checked)
    assert "in a way that this console does not know" in found["package_installed"].found
    assert "in a way that this console does not know" in found["email_to_salesforce"].found
    assert found["ims_site"].state is State.DONE


def test_an_object_that_is_not_deployed_is_named(checked: SalesAccount, change_org: ChangeOrg) -> None:
    change_org("install_package")
    change_org("set_deployed", object="mkto_si__Values__c", deployed=False)
    assert items(checked)["objects_deployed"].found == "Not deployed: mkto_si__Values__c."
    assert not package_state(checked).is_installed


@pytest.mark.usefixtures("configured_org")
def test_a_user_without_setup_rights_cannot_tell(checked: SalesAccount, admin: User, change_org: ChangeOrg) -> None:
    change_org("hide_setup", hidden=True)
    found = items(checked)
    assert found["package_version"].state is State.UNKNOWN
    assert "lacks View Setup and Configuration" in found["package_version"].found
    tick_item(account=checked, by=admin, item=ITEMS["package_version"])
    entry = next(e for e in package_state(checked).items if e.item.key == "package_version")
    assert entry.is_settled


@pytest.mark.parametrize(
    ("url", "active", "sentence"),
    [
        ("https://ims-na1.adobelogin.com", True, "The remote site https://ims-na1.adobelogin.com is active."),
        ("https://ims-na1.adobelogin.com/", True, "The remote site https://ims-na1.adobelogin.com is active."),
        ("https://ims-na1.adobelogin.com", False, "The remote site https://ims-na1.adobelogin.com is not active."),
        ("http://ims-na1.adobelogin.com", True, "There is no remote site for https://ims-na1.adobelogin.com."),
        (
            "https://ims-na1.adobelogin.com.evil.example",
            True,
            "There is no remote site for https://ims-na1.adobelogin.com.",
        ),
    ],
)
def test_a_remote_site_counts_by_exact_host(
    checked: SalesAccount, change_org: ChangeOrg, url: str, active: bool, sentence: str
) -> None:
    change_org("add_remote_site", name="Any_name", url=url, active=active)
    assert items(checked)["ims_site"].found == sentence


def test_each_activity_field_is_reported_by_itself(checked: SalesAccount, change_org: ChangeOrg) -> None:
    change_org("add_all_activity_fields")
    change_org("remove_field", object="Task", name="MSE_Viewed__c")
    change_org("add_field", object="Task", name="MSE_Replied__c", type="string", length=10)
    change_org("add_field", object="Task", name="MSE_Campaign__c", type="string", length=80)
    change_org("hide_field", object="Task", name="MSE_Clicked__c", hidden=True)
    entry = items(checked)["activity_fields"]
    assert (entry.state, entry.found) == (State.MISSING, "11 of 15 fields are right.")
    assert [part.name for part in entry.parts] == [field.name for field in ACTIVITY_FIELDS]
    wrong = {part.name: part.found for part in entry.parts if not part.is_done}
    assert wrong == {
        "MSE_Viewed__c": "Missing, or hidden from the connected user.",
        "MSE_Replied__c": "The type is Text, it must be Checkbox.",
        "MSE_Campaign__c": "The length is 80, it must be at least 255.",
        "MSE_Clicked__c": "Missing, or hidden from the connected user.",
    }


@pytest.mark.parametrize(
    ("values", "default", "sentence"),
    [
        (["Email", "Call", "Reply"], None, "Email, Call and Reply are there, and none is the default."),
        (["email", "Call", "Reply"], None, "Missing: Email."),
        (["Email", "Call", "Reply"], "Call", "Call is the default value."),
    ],
)
def test_task_types_are_exact_and_without_a_default(
    checked: SalesAccount, change_org: ChangeOrg, values: list[str], default: str | None, sentence: str
) -> None:
    change_org("set_task_types", values=values, default=default)
    assert items(checked)["task_types"].found == sentence


def test_the_permission_set_counts_once_somebody_has_it(checked: SalesAccount, change_org: ChangeOrg) -> None:
    assert items(checked)["permission_set"].found == "There is no permission set Marketo App Access of the package."
    change_org("install_package")
    assert items(checked)["permission_set"].state is State.MISSING
    change_org("assign_permission_set", username="admin@acme.example", assigned=True)
    entry = items(checked)["permission_set"]
    assert (entry.state, entry.found) == (State.DONE, "Users who have it, or the same rights by a profile: 1 of 1.")


def test_a_package_of_the_same_namespace_is_not_taken_for_ours(checked: SalesAccount, change_org: ChangeOrg) -> None:
    change_org("install_other_package", name="Another package", namespace="mkto_si", version="9.1.0.0")
    entry = items(checked)["package_installed"]
    assert (entry.state, entry.found) == (
        State.MISSING,
        "Only other packages with the same prefix are installed: Another package.",
    )
    change_org("install_package")
    assert items(checked)["package_version"].found == "Version 1.8000.0.0 found."


def test_a_sandbox_with_production_s_people_may_be_the_wrong_org(checked: SalesAccount, change_org: ChangeOrg) -> None:
    change_org("set_sandbox", sandbox=True)
    entry = items(checked)["right_org"]
    assert entry.state is State.UNKNOWN
    assert "make sure that Marketo is synced with this sandbox" in entry.found
    assert entry.can_tick


# What an administrator undoes, and the items that show it.
UNDONE = [
    ("install_package", {"version": "1.7999.0.0"}),
    ("set_deployed", {"object": "mkto_si__Values__c", "deployed": False}),
    *(("remove_remote_site", {"name": name}) for name in ("MarketoSoapAPI", "MarketoRestAPI", "MarketoSalesInsight1")),
    ("remove_remote_site", {"name": "MarketoSalesInsight2"}),
    ("remove_field", {"object": "Task", "name": "MSE_Viewed__c"}),
    ("set_task_types", {"values": ["Email", "Call"]}),
    ("remove_field", {"object": "Lead", "name": "mkto_si__Opt_Out__c"}),
    ("set_layout_field", {"object": "Lead", "layout": "Lead Layout", "name": "mkto_si__Urgency__c", "shown": False}),
    ("set_sandbox", {"sandbox": True}),
    ("set_list_view_buttons", {"object": "Lead", "labels": []}),
    ("set_email_to_salesforce", {"active": False}),
]
MISSING_THEN = {
    *SITES,
    *BUTTONS,
    "package_version",
    "objects_deployed",
    "activity_fields",
    "field_security",
    "task_types",
    "task_layout",
    "layout_fields",
}
UNKNOWN_THEN = {"field_room", "opt_out_fields", "right_org", "email_to_salesforce", "soap_site"}
LAYOUTS = {"lead_layout", "other_layouts", "layout_fields", "opt_out_fields", "task_layout"}
MISSING_WITHOUT_PACKAGE = BUTTONS | {"package_installed", "package_listed", "permission_set"}
HIDDEN_WITHOUT_SETUP_RIGHTS = {*PACKAGE, *SITES, *BUTTONS, *LAYOUTS, "objects_deployed", "soap_site"}
HIDDEN_WITHOUT_SETUP_RIGHTS.add("email_to_salesforce")


@pytest.mark.usefixtures("configured_org")
def test_each_item_is_seen_in_each_of_its_states(checked: SalesAccount, change_org: ChangeOrg) -> None:
    """Pain 23: what is hidden or gone is named, by the scheduled check and before anything needs it."""
    done = {key for key, entry in items(checked).items() if entry.state is State.DONE}
    assert done == {key for key, item in ITEMS.items() if item.is_verifiable}
    change_org("hide_setup", hidden=True)
    hidden = items(checked)
    assert {key for key in done if hidden[key].state is State.UNKNOWN} == HIDDEN_WITHOUT_SETUP_RIGHTS
    change_org("hide_setup", hidden=False)
    for action, values in UNDONE:
        change_org(action, **values)  # type: ignore[arg-type]
    found = items(checked)
    assert {key for key in done if found[key].state is State.MISSING} == MISSING_THEN
    assert {key for key in done if found[key].state is State.UNKNOWN} == UNKNOWN_THEN
    assert all(found[key].found for key in MISSING_THEN | UNKNOWN_THEN)
    change_org("uninstall_package")
    gone = items(checked)
    assert {key for key in MISSING_WITHOUT_PACKAGE if gone[key].state is State.MISSING} == MISSING_WITHOUT_PACKAGE


def test_field_security_names_what_the_user_cannot_edit(checked: SalesAccount, change_org: ChangeOrg) -> None:
    change_org("add_all_activity_fields")
    assert items(checked)["field_security"].state is State.DONE
    change_org("hide_field", object="Task", name="MSE_Clicked__c", hidden=True)
    entry = items(checked)["field_security"]
    assert (entry.state, entry.found) == (State.MISSING, "Users who can see and edit all 15 fields: 0 of 1.")
    assert [person.lacks for person in entry.people] == ["MSE_Clicked__c"]


def test_the_buttons_of_list_views_are_told_by_object(checked: SalesAccount, change_org: ChangeOrg) -> None:
    change_org("install_package")
    change_org("set_list_view_buttons", object="Lead", labels=["Send Sales Email", "Add to Sales Campaign"])
    found = items(checked)
    entry = found["list_view_buttons"]
    assert (entry.state, entry.found) == (
        State.MISSING,
        "List views do not show: Contact: Send Sales Email, Contact: Add to Sales Campaign.",
    )
    assert "Lead: Send Marketo Email (lightning)" in found["bulk_buttons"].found
    change_org("uninstall_package")
    assert "does not offer: Lead: Send Sales Email" in items(checked)["list_view_buttons"].found


def test_email_to_salesforce_is_missed_by_nobody_who_logs_through_the_api(
    checked: SalesAccount, change_org: ChangeOrg
) -> None:
    entry = items(checked)["email_to_salesforce"]
    assert (entry.state, entry.can_tick) == (State.UNKNOWN, True)
    change_org("set_email_to_salesforce", active=True)
    assert items(checked)["email_to_salesforce"].state is State.DONE


def test_the_right_org_is_the_one_whose_people_marketo_knows(checked: SalesAccount, sandbox: SandboxProcess) -> None:
    entry = items(checked)["right_org"]
    assert entry.state is State.DONE
    assert entry.found.endswith("people that Marketo knows from Salesforce are in Acme Inc.")
    sandbox.post("/_sandbox/switches", {"salesforce_sync": False})
    assert items(checked)["right_org"].state is State.UNKNOWN


def test_a_check_of_one_org_says_nothing_about_the_next(checked: SalesAccount, admin: User) -> None:
    check_package(checked)
    tick_item(account=checked, by=admin, item=ITEMS["governance"])
    SalesforceConnection.objects.update(org_id="00DOTHER00000000AA")
    state = package_state(checked)
    assert state.check is None
    assert all(entry.state is State.UNKNOWN and entry.tick is None for entry in state.items)
