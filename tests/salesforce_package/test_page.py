"""Settings > Admin Settings > Salesforce package, and the sheet for paper."""

import re

from pytest_django import Settings

from accounts.models import AuditEvent, SalesAccount, User
from salesforce_package.audit_actions import PackageAction
from salesforce_package.items.checklist import ITEMS
from salesforce_package.items.install import LISTING_URL, listing_url
from salesforce_package.models import PackageCheck, PackageTick
from salesforce_package.services import check_package, tick_item
from salesforce_package.state import package_state
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import ChangeOrg
from tests.pages import text_of

PAGE = "/settings/admin/salesforce-package/"
CHECK = "/settings/admin/salesforce-package/check/"
TICK = "/settings/admin/salesforce-package/items/{}/"
SHEET = "/settings/admin/salesforce-package/sheet/"


def test_nothing_is_called_doubtful_before_the_first_check(
    checked: SalesAccount, salesforce_admin: User, client_of: ClientOf
) -> None:
    browser = client_of(salesforce_admin)
    page = text_of(browser.get(PAGE))
    assert "Cannot tell" not in page
    assert page.count("Not checked yet<") == sum(item.is_verifiable for item in ITEMS.values())
    assert TICK.format("activity_fields") not in page
    assert TICK.format("governance") in page
    assert "Not checked yet" not in text_of(browser.post(CHECK, follow=True))


def test_the_sheet_holds_what_is_left_and_nothing_else(
    checked: SalesAccount, salesforce_admin: User, client_of: ClientOf, change_org: ChangeOrg
) -> None:
    browser = client_of(salesforce_admin)
    assert "MSE_Viewed__c" in text_of(browser.get(SHEET))
    change_org("add_all_activity_fields")
    change_org("remove_field", object="Task", name="MSE_Replied__c")
    check_package(checked)
    tick_item(account=checked, by=salesforce_admin, item=ITEMS["api_secret"])
    page = text_of(browser.get(SHEET))
    for text in ("https://mkto-sales-connect.adobe.io", "MSE_Replied__c", "Setup > Remote Site Settings", "Acme Inc"):
        assert text in page
    for text in ("MSE_Viewed__c", "An API secret is set in Marketo", "Read access to Lead"):
        assert text not in page


def test_without_an_org_there_is_no_sheet(admin: User, client_of: ClientOf) -> None:
    assert "No Salesforce org is connected" in text_of(client_of(admin).get(SHEET, follow=True))


def test_the_page_without_a_connection_leads_there(account: SalesAccount, admin: User, client_of: ClientOf) -> None:
    page = text_of(client_of(admin).get(PAGE))
    assert "No Salesforce org is connected" in page
    assert 'href="/settings/admin/salesforce/"' in page


def test_the_page_shows_what_was_found_and_where_to_click(
    checked: SalesAccount, salesforce_admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    browser = client_of(salesforce_admin)
    assert "Not checked yet." in text_of(browser.get(PAGE))
    assert not PackageCheck.objects.exists()
    page = text_of(browser.post(CHECK, follow=True))
    assert "The package is not installed." in page
    assert f'href="{sandbox.url}/lightning/setup/ImportedPackage/home" target' in page
    assert "appexchange.salesforce.com" not in page
    assert f"{sandbox.url}/lightning/setup/SecurityRemoteProxy/home" in page
    assert 'data-copy="https://mkto-sales-connect.adobe.io"' in page
    assert 'data-copy="https://123-abc-456.mktorest.com"' in page


def test_where_nothing_stands_in_for_salesforce_appexchange_offers_the_package(settings: Settings) -> None:
    settings.SANDBOX_ORIGIN = ""
    assert listing_url() == LISTING_URL


def test_a_tick_carries_its_name_and_can_be_taken_back(
    checked: SalesAccount, salesforce_admin: User, client_of: ClientOf
) -> None:
    browser = client_of(salesforce_admin)
    assert "Ticked by crm@acme.example" in text_of(browser.post(TICK.format("governance"), follow=True))
    browser.post(TICK.format("governance"))
    title = "Features you do not want are switched off"
    assert AuditEvent.objects.filter(action=PackageAction.ITEM_TICKED, target=title).count() == 1
    browser.post(TICK.format("governance"), {"undo": "1"})
    assert not PackageTick.objects.exists()
    assert AuditEvent.objects.filter(action=PackageAction.ITEM_UNTICKED, actor=salesforce_admin).exists()
    assert browser.post(TICK.format("nonsense")).status_code == 404


def test_what_to_do_next_is_on_top_and_the_rest_is_a_row_each(
    checked: SalesAccount, salesforce_admin: User, client_of: ClientOf
) -> None:
    check_package(checked)
    browser = client_of(salesforce_admin)
    page = text_of(browser.get(PAGE))
    assert _next(page) == "Install or upgrade Marketo Sales Insight"
    # What is done at the same place is listed together.
    of_actions = page.partition('id="section-4"')[2]
    places = re.findall(r"<h3[^>]*>\s*<svg.*?</svg>\s*([^<]+)</h3>", of_actions, re.DOTALL)
    assert places == ["Remote sites", "Marketo Sales Insight in the App Launcher", "List views", "Fields", *places[4:]]
    assert len(places) == len(set(places))
    answer = browser.post(TICK.format("governance"))
    # The summary takes the focus, so whoever works by keyboard goes on from there.
    assert answer["Location"] == f"{PAGE}#governance"
    assert '<summary id="governance">' in text_of(browser.get(PAGE))


def _next(page: str) -> str:
    """The title of what to do next."""
    return str(re.findall(r'<h2 id="next-title">([^<]*)</h2>', page)[0])


def test_a_check_that_fails_keeps_what_was_known(
    checked: SalesAccount, admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    check_package(checked)
    sandbox.post("/_sandbox/faults", {"path": "/services/data", "kind": "status:503"})
    page = text_of(client_of(admin).post(CHECK))
    assert "Salesforce is busy or in maintenance." in page
    assert "The package is not installed." in page


def test_a_tick_from_before_an_api_could_judge_counts_until_the_first_check(
    checked: SalesAccount, salesforce_admin: User, client_of: ClientOf
) -> None:
    tick_item(account=checked, by=salesforce_admin, item=ITEMS["activity_fields"])
    browser = client_of(salesforce_admin)
    page = text_of(browser.get(PAGE))
    assert "Ticked by hand" in page
    assert TICK.format("activity_fields") in page
    assert package_state(checked).ticked == 1
    browser.post(CHECK)
    assert package_state(checked).ticked == 0
