"""The checklist of the Salesforce package in a browser, in both languages, at a desk and on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import SalesAccount, User
from sandbox.testing import SandboxProcess
from tests.browser.audit import VIEWS, faults_of
from tests.conftest import ClientOf
from tests.factories import make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/settings/admin/salesforce-package/"


@pytest.fixture
def session(admin: User, client_of: ClientOf, live_server: LiveServer, settings: Settings) -> str:
    settings.SITE_URL = live_server.url
    settings.SALESFORCE_CLIENT_ID, settings.SALESFORCE_CLIENT_SECRET = "sandbox-consumer-key", "sandbox-consumer-secret"
    settings.SALESFORCE_APP_KIND = "connected_app"
    return client_of(admin).cookies["msi-session"].value


@pytest.fixture
def desks(browser: Browser, live_server: LiveServer, session: str) -> Iterator[dict[str, Page]]:
    """A page in each of the views of the audit, by language."""
    pages = {}
    for scheme, width, language in VIEWS:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        cookies = {"msi-session": session, "django_language": language}
        context.add_cookies([{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()])
        pages[language] = context.new_page()
    yield pages
    for page in pages.values():
        page.context.close()


@pytest.mark.usefixtures("linked_instance", "salesforce_connection")
def test_what_is_next_is_done_from_the_top_of_the_page(
    account: SalesAccount,
    desks: dict[str, Page],
    live_server: LiveServer,
    sandbox: SandboxProcess,
) -> None:
    make_member(account, "maria.lind@acme.example")
    page = desks["en"]
    page.goto(live_server.url + PAGE)
    page.get_by_role("button", name="Check now").click()
    top = page.get_by_role("region", name="Install or upgrade Marketo Sales Insight")
    expect(top).to_contain_text("The package is not installed.")
    sandbox.post("/_sandbox/salesforce", {"action": "install_package", "fields": "newest"})
    sandbox.post("/_sandbox/salesforce", {"action": "add_all_activity_fields"})
    top.get_by_role("button", name="Check again").click()
    top = page.get_by_role("region", name="Users have the permission set Marketo App Access")
    expect(top).to_contain_text("maria.lind@acme.example (Standard User)")
    page.get_by_role("link", name="MSI Actions").click()
    page.locator("#activity_fields").click()
    expect(page.get_by_text("15 of 15 fields are right.")).to_be_visible()
    for desk in desks.values():
        desk.goto(f"{live_server.url}{PAGE}test-activity/")
        assert faults_of(desk) == []
        desk.goto(live_server.url + PAGE)
        assert faults_of(desk) == []
        desk.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = !fold.closest('.menu'))")
        assert faults_of(desk) == []
