"""Layouts by record type and profile, and Lightning pages with fields of their own."""

import pytest

from accounts.models import Member, SalesAccount, User
from salesforce_package.items.checklist import ITEMS
from salesforce_package.org import State
from salesforce_package.services import tick_item
from tests.connections.conftest import ChangeOrg
from tests.salesforce_package.conftest import items

# The untidy company has three record types of leads and two of contacts, whose fields are on a Lightning page.
LEAD_LAYOUTS = ("Lead Layout", "Lead Inbound Layout", "Lead Outbound Layout", "Lead Partner Layout")


@pytest.mark.usefixtures("configured_org")
def test_a_panel_that_one_layout_lacks_is_missed_there(checked: SalesAccount, change_org: ChangeOrg) -> None:
    assert items(checked)["lead_layout"].state is State.DONE
    change_org("add_layout_panel", object="Lead", shown=False)
    for name in ("Inbound", "Outbound", "Partner"):
        change_org("add_layout_panel", object="Lead", record_type=name)
    entry = items(checked)["lead_layout"]
    assert entry.state is State.MISSING
    assert entry.found == "On 3 of 4 layouts. Missing on: Lead Layout (Marketo Sales Insight)."


@pytest.mark.usefixtures("configured_org")
def test_a_layout_counts_where_a_user_s_profile_gets_it(
    checked: SalesAccount, change_org: ChangeOrg, sellers: list[Member]
) -> None:
    change_org("add_layout", object="Account", profile="Sales User", name="Account Sales Layout")
    entry = items(checked)["other_layouts"]
    assert "Missing on: Account Sales Layout (Marketo Sales Insight)." in entry.found
    change_org("add_layout_panel", object="Account", layout="Account Sales Layout")
    assert items(checked)["other_layouts"].state is State.DONE
    change_org("add_layout", object="Account", profile="Marketing User", name="Account Marketing Layout")
    assert items(checked)["other_layouts"].state is State.MISSING
    Member.objects.filter(user__email="elena.rossi@acme.example").delete()
    assert items(checked)["other_layouts"].state is State.DONE


@pytest.mark.usefixtures("configured_org")
def test_a_field_that_was_taken_off_is_named_with_its_layout(checked: SalesAccount, change_org: ChangeOrg) -> None:
    change_org("set_layout_field", object="Task", layout="Task Layout", name="MSE_Viewed__c", shown=False)
    for layout in LEAD_LAYOUTS[:2]:
        change_org("set_layout_field", object="Lead", layout=layout, name="mkto_si__Urgency__c", shown=False)
    found = items(checked)
    assert found["task_layout"].state is State.MISSING
    assert found["task_layout"].found == ("On 0 of 1 layouts. Missing on: Task Layout (Marketo Sales Email Viewed).")
    assert found["layout_fields"].state is State.MISSING
    assert "Missing on: Lead Layout (Urgency); Lead Inbound Layout (Urgency)." in found["layout_fields"].found
    assert found["opt_out_fields"].state is State.DONE


@pytest.mark.usefixtures("configured_org")
def test_a_lightning_page_with_its_own_fields_stands_for_the_layout(
    checked: SalesAccount, admin: User, change_org: ChangeOrg
) -> None:
    change_org("use_dynamic_forms", object="Contact")
    change_org("add_page_panel", object="Contact")
    found = items(checked)
    assert found["other_layouts"].state is State.DONE
    # What page layouts still show matters in Salesforce Classic only, and who works there no API tells.
    entry = found["layout_fields"]
    assert (entry.state, entry.can_tick) == (State.UNKNOWN, True)
    assert entry.found.startswith("All Lightning pages show it. Page layouts that do not: Contact Layout (")
    tick_item(account=checked, by=admin, item=ITEMS["layout_fields"])
    assert items(checked)["layout_fields"].is_settled
    # The tick was for that layout: another one that shows less needs another look.
    change_org("add_layout", object="Contact", profile="System Administrator", name="Contact Classic Layout")
    entry = items(checked)["layout_fields"]
    assert (entry.state, entry.is_settled) == (State.UNKNOWN, False)
    tick_item(account=checked, by=admin, item=ITEMS["layout_fields"])
    assert items(checked)["layout_fields"].is_settled
    change_org(
        "set_layout_field", object="Contact", layout="Contact_Record_Page", name="mkto_si__Urgency__c", shown=False
    )
    entry = items(checked)["layout_fields"]
    assert (entry.state, entry.is_settled) == (State.MISSING, False)
    assert "Missing on: Contact Record Page (Urgency)." in entry.found


def test_fields_that_the_org_does_not_have_are_on_no_layout(checked: SalesAccount, change_org: ChangeOrg) -> None:
    """An older package brings fewer fields than the newest list names."""
    change_org("use_dynamic_forms", object="Contact", used=False)
    change_org("install_package")
    entry = items(checked)["layout_fields"]
    assert (entry.state, entry.can_tick) == (State.UNKNOWN, True)
    assert "see these fields: Lead: Last Interesting Moment, " in entry.found
