"""Connections and the people at Salesforce, as in the room below."""

import pytest

from accounts.models import Member, SalesAccount
from salesforce_package.services import check_package
from salesforce_package.state import ItemState, package_state
from tests.connections.conftest import (
    ChangeOrg,
    _registered_app,
    browser_of_this_morning,
    change_org,
    checked,
    person_at_salesforce,
)
from tests.factories import make_member

__all__ = ["_registered_app", "browser_of_this_morning", "change_org", "checked", "person_at_salesforce"]

# Salesforce users of the sandbox with three of its profiles.
SELLERS = ("maria.lind", "jonas.berg", "priya.patel", "tom.clark", "elena.rossi", "lukas.meyer", "sofia.costa")


def items(account: SalesAccount) -> dict[str, ItemState]:
    """Every item of the checklist by its key, after a look at the org."""
    check_package(account)
    return {entry.item.key: entry for entry in package_state(account).items}


@pytest.fixture
def sellers(checked: SalesAccount) -> list[Member]:
    """Members whom Salesforce knows by their addresses, and one whom it does not know."""
    make_member(checked, "nobody@elsewhere.example")
    return [make_member(checked, f"{name}@acme.example") for name in SELLERS]


@pytest.fixture
def configured_org(change_org: ChangeOrg) -> None:
    """An administrator has done everything an API can see."""
    change_org("install_package", fields="newest")
    change_org("add_all_activity_fields")
    change_org("add_all_remote_sites")
    change_org("add_remote_site", name="MarketoSoapAPI", url="https://123-abc-456.mktoapi.com/soap/mktows/3_1")
    change_org("add_remote_site", name="MarketoRestAPI", url="https://123-ABC-456.mktorest.com")
    change_org("set_task_types", values=["Email", "Call", "Reply", "Other"])
    change_org("assign_permission_set", username="admin@acme.example", assigned=True)
    change_org("add_all_list_view_buttons")
    change_org("set_email_to_salesforce", active=True)
    change_org("use_dynamic_forms", object="Contact", used=False)
    for sobject in ("Lead", "Contact", "Account", "Opportunity"):
        change_org("add_layout_panel", object=sobject)
    for sobject in ("Lead", "Contact"):
        change_org(
            "add_field", object=sobject, name="mkto_si__Opt_Out__c", type="boolean", label="Marketo Sales Opt Out"
        )
