"""Making and revoking API tokens in Chromium, and the pages with tokens in every state."""

from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Member, SalesAccount, User
from accounts.permissions import Role
from api.models import ApiToken
from tests.api.conftest import call, secret_of
from tests.browser.audit import VIEWS, faults_of
from tests.conftest import ClientOf
from tests.factories import make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGE = "/settings/integrations/api-tokens/"


@pytest.fixture
def session(live_server: LiveServer, settings: Settings, admin: User, client_of: ClientOf) -> str:
    settings.SITE_URL = live_server.url
    return client_of(admin).cookies["msi-session"].value


@pytest.fixture
def desk(browser: Browser, live_server: LiveServer, session: str) -> Iterator[Page]:
    context = browser.new_context(locale="en-US", permissions=["clipboard-read", "clipboard-write"])
    context.add_cookies([{"name": "msi-session", "value": session, "url": live_server.url}])
    yield context.new_page()
    context.close()


def test_a_token_is_made_by_the_keyboard_copied_and_revoked(desk: Page, live_server: LiveServer) -> None:
    desk.goto(live_server.url + PAGE)
    desk.get_by_label("Name").fill("Grafana")
    desk.get_by_label("Failed calls to Marketo and Salesforce").press("Space")
    desk.get_by_label("Expires after").select_option(label="30 days")
    desk.get_by_label("Name").press("Enter")
    shown = desk.locator("code", has_text="msi_api_").first
    expect(shown).to_be_visible()
    # Before that the button does nothing.
    desk.wait_for_load_state()
    desk.get_by_role("button", name="Copy").first.press("Enter")
    expect(desk.get_by_text("Copied")).to_be_visible()
    secret = desk.evaluate("navigator.clipboard.readText()")
    assert secret == shown.inner_text()
    assert call("failed-calls", secret).status_code == 200
    desk.get_by_role("button", name="Revoke Grafana").click()
    expect(desk.get_by_text("None yet.")).to_be_visible()
    assert call("failed-calls", secret).status_code == 401


def test_the_pages_are_accessible(
    browser: Browser, live_server: LiveServer, session: str, account: SalesAccount, admin: User
) -> None:
    """A token that works, one that has expired, one whose owner is no Admin any more; and one just made."""
    for number, person in enumerate([admin, admin, make_member(account, "nora@acme.example", Role.ADMIN).user]):
        secret_of(person)
        newest = ApiToken.objects.latest("pk").pk
        ApiToken.objects.filter(pk=newest).update(name=f"Program {number} " + "long" * number * 9)
    Member.objects.filter(user__email="nora@acme.example").update(role=Role.USER)
    ApiToken.objects.filter(name__startswith="Program 1").update(expires_at=timezone.now(), last_used_at=timezone.now())
    faults = []
    for scheme, width, language in VIEWS:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        context.add_cookies(
            [
                {"name": "msi-session", "value": session, "url": live_server.url},
                {"name": "django_language", "value": language, "url": live_server.url},
            ]
        )
        page = context.new_page()
        page.goto(live_server.url + PAGE)
        faults += [f"{scheme} {width} {fault}" for fault in faults_of(page)]
        page.locator("input[name=name]").fill("Grafana")
        page.locator("form button.btn-primary").click()
        page.locator("#secret-title").wait_for()
        faults += [f"{scheme} {width} made: {fault}" for fault in faults_of(page)]
        context.close()
    assert faults == []
