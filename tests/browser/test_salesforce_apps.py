"""The way from an org without an app to a connection, by the recipe on the page, in Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from connections.models import SalesforceConnection
from msi_admin.celery import app
from sandbox.testing import SandboxProcess
from tests.browser.audit import faults_of
from tests.conftest import ClientOf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SETUP = "/lightning/setup/ManageExternalClientApplication/home"
WORDS = {
    "en": {"apps": "Salesforce apps", "name": "Name in Salesforce", "save": "Save and check", "connect": "Connect"},
    "sv": {
        "apps": "Salesforce-appar",
        "name": "Namn i Salesforce",
        "save": "Spara och kontrollera",
        "connect": "Anslut",
    },
}
CONNECTED = {
    "en": "Connected to Acme Inc (production) as admin@acme.example.",
    "sv": "Anslutet till Acme Inc (produktion) som admin@acme.example.",
}


@pytest.fixture(autouse=True)
def _server(live_server: LiveServer, settings: Settings) -> Iterator[None]:
    """A console whose operator has no app."""
    settings.SITE_URL = live_server.url
    settings.SALESFORCE_CLIENT_ID = settings.SALESFORCE_CLIENT_SECRET = ""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture(params=["en", "sv"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def context(
    browser: Browser, live_server: LiveServer, salesforce_admin: User, client_of: ClientOf, language: str
) -> Iterator[BrowserContext]:
    """The browser of a Salesforce admin who is signed in to the console."""
    salesforce_admin.language = language
    salesforce_admin.save()
    context = browser.new_context(locale=language)
    session = client_of(salesforce_admin).cookies["msi-session"].value
    cookies = {"msi-session": session, "django_language": language}
    context.add_cookies([{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()])
    yield context
    context.close()


def create_app(setup: Page, sandbox: SandboxProcess, callback: str) -> tuple[str, str]:
    """Setup > External Client App Manager > New External Client App; answers key and secret."""
    setup.goto(sandbox.url + SETUP)
    setup.get_by_label("Username").fill("admin@acme.example")
    setup.get_by_label("Password").fill("sandbox-password")
    setup.get_by_role("button", name="Log In").click()
    setup.get_by_label("External Client App Name").fill("Our console")
    setup.get_by_label("Callback URL").fill(callback)
    setup.get_by_role("button", name="Create").click()
    row = setup.get_by_role("row").filter(has_text="Our console")
    return row.locator("code").nth(0).inner_text(), row.locator("code").nth(1).inner_text()


def test_the_recipe_leads_from_an_empty_org_to_a_connection(
    context: BrowserContext, live_server: LiveServer, sandbox: SandboxProcess, language: str
) -> None:
    words, page = WORDS[language], context.new_page()
    page.goto(f"{live_server.url}/settings/admin/salesforce/")
    page.get_by_role("link", name=words["apps"], exact=True).click()
    page.set_viewport_size({"width": 390, "height": 900})
    assert faults_of(page) == []
    callback = page.locator("#app-recipe").locator("xpath=../..").locator("code").first.inner_text()
    key, secret = create_app(context.new_page(), sandbox, callback)
    page.get_by_label(words["name"]).fill("Our console")
    page.get_by_label("Consumer Key").fill(key)
    page.get_by_label("Consumer Secret").fill(secret)
    page.get_by_role("button", name=words["save"]).click()
    expect(page.get_by_role("heading", name="Our console", level=1)).to_be_visible()
    assert faults_of(page) == []
    page.get_by_role("link", name=words["connect"], exact=True).click()
    page.get_by_role("button", name=words["connect"]).click()
    page.get_by_role("button", name="OK").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_text(CONNECTED[language])).to_be_visible()
    assert str(SalesforceConnection.objects.get().app) == "Our console"
