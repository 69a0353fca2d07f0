"""The way from an org without an app to a connection, by what the pages say, in Chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils.translation import gettext, override
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from connections.models import APP_KINDS, ConnectMethod, SalesforceConnection
from msi_admin.celery import app
from problems.codes import ProblemCode
from problems.messages import problem_for
from sandbox.records import INTEGRATION
from sandbox.testing import SandboxProcess
from tests.browser.audit import faults_of
from tests.browser.setup_reader import SetupReader, in_setup
from tests.conftest import ClientOf
from tests.factories import make_salesforce_app

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
INTEGRATION_USER = "integration@acme.example"
OWN: dict[str, object] = {"consumer_key": "own-key", "consumer_secret": "own-secret"}
CONTACT = {"External Client App Name": "Our console", "Contact Email": "crm@acme.example"}
Say = Callable[[str], str]


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
def say(language: str) -> Say:
    """What a page says for an English text."""

    def translated(text: str) -> str:
        with override(language):
            return gettext(text)

    return translated


@pytest.fixture
def context(
    browser: Browser, live_server: LiveServer, salesforce_admin: User, client_of: ClientOf, language: str
) -> Iterator[BrowserContext]:
    """The browser of a Salesforce admin who is signed in to the console, as wide as a desk in English, else a phone."""
    salesforce_admin.language = language
    salesforce_admin.save()
    width = 1280 if language == "en" else 390
    context = browser.new_context(locale=language, viewport={"width": width, "height": 900})
    session = client_of(salesforce_admin).cookies["msi-session"].value
    cookies = {"msi-session": session, "django_language": language}
    context.add_cookies([{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()])
    yield context
    context.close()


@pytest.fixture
def setup(context: BrowserContext, sandbox: SandboxProcess) -> SetupReader:
    """Another tab of it, in Setup."""
    return SetupReader(in_setup(context.new_page(), sandbox.url))


def test_the_recipes_lead_from_an_empty_org_to_a_connection_of_each_kind(
    context: BrowserContext, live_server: LiveServer, setup: SetupReader, say: Say, tmp_path: Path
) -> None:
    page = context.new_page()
    page.goto(f"{live_server.url}/settings/admin/salesforce/")
    page.get_by_role("link", name=say("Create an app"), exact=True).click()
    assert faults_of(page) == []
    create_app(page, setup, say)
    assert faults_of(page) == []
    connect_by_login(page, say)
    connect_by_client_credentials(page, setup, say)
    connect_by_key(page, setup, say, tmp_path)
    connection = SalesforceConnection.objects.get()
    assert (str(connection.app), connection.username) == ("Our console", INTEGRATION_USER)


# What an administrator does and undoes, and the problems that follow: of an external client app, of a connected app.
REFUSALS: list[tuple[dict[str, object], dict[str, object], tuple[ProblemCode, ProblemCode]]] = [
    (
        {"action": "block_app"},
        {"action": "block_app", "blocked": False},
        (ProblemCode.SALESFORCE_EXTERNAL_APP_BLOCKED, ProblemCode.SALESFORCE_APP_BLOCKED),
    ),
    (
        {"action": "require_install"},
        {"action": "require_install", "required": False},
        (ProblemCode.SALESFORCE_EXTERNAL_APP_NOT_INSTALLED, ProblemCode.SALESFORCE_APP_NOT_INSTALLED),
    ),
    (
        {"action": "require_approval"},
        {"action": "require_approval", "required": False},
        (ProblemCode.SALESFORCE_EXTERNAL_APP_NOT_APPROVED, ProblemCode.SALESFORCE_NOT_APPROVED),
    ),
    (
        {"action": "add_app", **OWN, "of_this_org": False},
        {"action": "add_app", **OWN},
        (ProblemCode.SALESFORCE_EXTERNAL_APP_OF_OTHER_ORG, ProblemCode.SALESFORCE_APP_OF_OTHER_ORG),
    ),
]


@pytest.mark.parametrize(("language", "kind"), [("en", 0), ("sv", 1)], indirect=["language"])
def test_each_refusal_of_an_app_says_what_to_do(
    context: BrowserContext,
    live_server: LiveServer,
    sandbox: SandboxProcess,
    salesforce_admin: User,
    language: str,
    kind: int,
) -> None:
    make_salesforce_app(salesforce_admin.member.account, kind=APP_KINDS[kind][0])
    sandbox.post("/_sandbox/salesforce", {"action": "add_app", **OWN, "external": kind == 0})
    page = context.new_page()
    in_setup(page, sandbox.url)
    for done, undone, codes in REFUSALS:
        sandbox.post("/_sandbox/salesforce", done)
        page.goto(f"{live_server.url}/settings/admin/salesforce/")
        page.locator("[name=choice][value=production]").check()
        page.locator("form button.btn-lg").click()
        page.get_by_role("button", name="OK").click()
        with override(language):
            problem = problem_for(codes[kind])
            for sentence in (problem.what, problem.todo, problem.who):
                expect(page.get_by_role("alert").get_by_text(str(sentence))).to_be_visible()
        sandbox.post("/_sandbox/salesforce", undone)


def create_app(page: Page, setup: SetupReader, say: Say) -> None:
    recipe = page.locator("#recipe-app")
    setup.follow(recipe, CONTACT | {"Callback URL": recipe.locator("code").first.inner_text()})
    key, secret = setup.page.locator("dd code").all_inner_texts()
    page.get_by_label(say("Name in Salesforce")).fill("Our console")
    page.get_by_label(say("Consumer Key")).fill(key)
    page.get_by_label(say("Consumer Secret")).fill(secret)
    page.get_by_role("button", name=say("Save and check")).click()
    expect(page.get_by_text(say("Salesforce knows this app: key and secret are right."))).to_be_visible()


def connect_by_login(page: Page, say: Say) -> None:
    page.get_by_role("link", name=say("Connect"), exact=True).click()
    page.get_by_role("button", name=say("OK")).click()
    page.get_by_role("button", name="Allow").click()
    expect_connected(page, say, "admin@acme.example", ConnectMethod.WEB)


def connect_by_client_credentials(page: Page, setup: SetupReader, say: Say) -> None:
    page.get_by_role("link", name="Our console", exact=True).click()
    setup.follow(page.locator("#recipe-client_credentials"), {"Run As": INTEGRATION_USER})
    page.locator("[name=method][value=client_credentials]").check()
    page.get_by_label(say("Address of your org")).fill(setup.page.url)
    page.get_by_role("button", name=say("Connect without a login")).click()
    expect(page.get_by_label(say("Address of your org"))).to_have_value(origin_of(setup))
    page.get_by_role("button", name=say("Connect without a login")).click()
    expect_connected(page, say, INTEGRATION_USER, ConnectMethod.CLIENT_CREDENTIALS)


def connect_by_key(page: Page, setup: SetupReader, say: Say, folder: Path) -> None:
    page.get_by_role("link", name="Our console", exact=True).click()
    page.get_by_role("button", name=say("Make a key")).click()
    with page.expect_download() as download:
        page.get_by_role("link", name=say("Download")).click()
    certificate = folder / download.value.suggested_filename
    download.value.save_as(certificate)
    setup.follow(page.locator("#recipe-jwt_bearer"), {"Upload Files": certificate, "Select Profiles": INTEGRATION})
    page.locator("[name=method][value=jwt_bearer]").check()
    page.get_by_label(say("Address of your org")).fill(origin_of(setup))
    page.get_by_label(say("Username of the Salesforce user")).fill(INTEGRATION_USER)
    page.get_by_role("button", name=say("Connect without a login")).click()
    expect_connected(page, say, INTEGRATION_USER, ConnectMethod.JWT_BEARER)


def origin_of(setup: SetupReader) -> str:
    return setup.page.url.partition("/lightning")[0]


def expect_connected(page: Page, say: Say, username: str, method: ConnectMethod) -> None:
    sentence = say("Connected to %(org)s as %(username)s.") % {"org": "Acme Inc", "username": username}
    expect(page.get_by_text(sentence)).to_be_visible()
    assert SalesforceConnection.objects.get().method == method
