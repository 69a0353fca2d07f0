"""Moving to another Salesforce org in a browser: two sandboxes, both languages, wide, narrow, without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import SalesAccount, User
from accounts.permissions import Role
from connections.models import SalesforceConnection
from sandbox.testing import SandboxProcess
from sync.models import SyncRun
from sync.statuses import RunStatus
from tests.browser.audit import VIEWS, faults_of
from tests.browser.clicks import log_in_to_salesforce
from tests.conftest import ClientOf
from tests.factories import make_member, make_people, make_run, make_salesforce_connection

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/settings/admin/salesforce/"
MOVE = f"{PAGE}move/"


@pytest.fixture(scope="module")
def other_org() -> Iterator[SandboxProcess]:
    with SandboxProcess.start(people=20, org_number=2, org_name="Acme 2027") as process:
        yield process


@pytest.fixture
def console(live_server: LiveServer, settings: Settings, other_org: SandboxProcess) -> str:
    """The address of a console whose people log in at the other org."""
    settings.SITE_URL = live_server.url
    settings.SALESFORCE_CLIENT_ID, settings.SALESFORCE_CLIENT_SECRET = "sandbox-consumer-key", "sandbox-consumer-secret"
    settings.SALESFORCE_APP_KIND = "connected_app"
    settings.SANDBOX_ORIGIN = other_org.url
    return live_server.url


@pytest.fixture
def plain(browser: Browser, console: str, admin: User, client_of: ClientOf) -> Iterator[Page]:
    """An admin's browser without scripts."""
    context = browser.new_context(java_script_enabled=False)
    session = client_of(admin).cookies["msi-session"].value
    context.add_cookies([{"name": "msi-session", "value": session, "url": console}])
    yield context.new_page()
    context.close()


@pytest.fixture
def desks(browser: Browser, console: str, salesforce_admin: User, client_of: ClientOf) -> Iterator[list[Page]]:
    """What a Salesforce admin sees in each of the views of the audit."""
    session, pages = client_of(salesforce_admin).cookies["msi-session"].value, []
    for scheme, width, language in VIEWS:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        cookies = {"msi-session": session, "django_language": language}
        context.add_cookies([{"name": name, "value": value, "url": console} for name, value in cookies.items()])
        pages.append(context.new_page())
    yield pages
    for page in pages:
        page.context.close()


def log_in_to_the_other_org(page: Page, console: str) -> None:
    page.goto(console + PAGE)
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_role("button", name="OK").click()
    username, allow = page.get_by_label("Username"), page.get_by_role("button", name="Allow")
    arrived = page.get_by_role("heading", name="Move to another org")
    # The org remembers who somebody is, and what they have allowed.
    username.or_(arrived).first.wait_for()
    if username.count():
        log_in_to_salesforce(page, "admin@acme.example", "sandbox-password")
    allow.or_(arrived).first.wait_for()
    if allow.count():
        allow.click()
    expect(arrived).to_be_visible()


@pytest.mark.usefixtures("marketo_connection")
def test_the_page_stops_says_what_becomes_of_everything_and_moves(
    account: SalesAccount, salesforce_connection: SalesforceConnection, plain: Page, desks: list[Page], console: str
) -> None:
    seller = make_member(account, "anna.berg@acme.example", Role.USER)
    make_salesforce_connection(
        account,
        member=seller,
        connected_by=seller.user,
        org_id=salesforce_connection.org_id,
        username="anna@acme.example",
        login_origin=salesforce_connection.login_origin,
    )
    make_people(account, count=3, first_id=1001)
    make_run(account)
    log_in_to_the_other_org(plain, console)
    row = plain.get_by_role("row").filter(has_text="People of the copy with ids of the old org")
    expect(row).to_contain_text("3")
    expect(plain.get_by_text("anna.berg@acme.example (anna@acme.example)")).to_be_visible()
    for desk in desks:
        desk.goto(console + MOVE)
        assert faults_of(desk) == []
        assert desk.get_by_role("button", name="Move", exact=True).count() == 0, "that is for an Admin"
        desk.goto(console + PAGE)
        assert faults_of(desk) == []
    plain.get_by_role("button", name="Cancel").click()
    expect(plain.get_by_text("Cancelled. Nothing was changed.")).to_be_visible()
    assert SalesforceConnection.objects.for_account(account).get().org_id == salesforce_connection.org_id
    log_in_to_the_other_org(plain, console)
    plain.get_by_role("button", name="Move", exact=True).click()
    expect(plain.get_by_text("Moved to Acme 2027.")).to_be_visible()
    assert SalesforceConnection.objects.get().org_name == "Acme 2027"
    for desk in desks:
        desk.goto(console + MOVE)
        assert faults_of(desk) == []
        desk.goto(console + PAGE)
        assert faults_of(desk) == []
    plain.goto(console + MOVE)
    expect(plain.get_by_text("The move can be ended after the first full run in the new org")).to_be_visible()
    expect(plain.get_by_text("Of the old org, until the full run has ended")).to_be_visible()
    expect(plain.get_by_role("button", name="End the move")).to_have_count(0)
    SyncRun.objects.for_account(account).unfinished().update(status=RunStatus.SUCCEEDED)
    plain.goto(console + MOVE)
    plain.get_by_role("button", name="End the move").click()
    expect(plain.get_by_text("The move has ended.")).to_be_visible()
    plain.goto(console + MOVE)
    assert plain.url == console + PAGE
