"""Forms in Chromium: stopped and sent again, and in a window of 320 px."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import SalesAccount, User
from tests.conftest import ClientOf
from tests.factories import make_invitation, make_team, make_upload

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCREENS = [
    "/settings/admin/users/",
    "/settings/admin/users/invite/",
    "/settings/admin/users/invite-csv/",
    "/settings/admin/users/invite-csv/{upload}/",
    "/settings/admin/teams/",
    "/settings/admin/teams/{team}/",
    "/settings/admin/audit/",
    "/settings/admin/general/",
    "/settings/profile/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/",
]


@pytest.fixture
def desk(
    browser: Browser, live_server: LiveServer, admin: User, client_of: ClientOf, settings: Settings
) -> Iterator[Page]:
    """An admin's browser in a narrow window."""
    settings.SITE_URL = live_server.url
    context = browser.new_context(locale="en-US", viewport={"width": 320, "height": 700})
    session = client_of(admin).cookies["msi-session"].value
    context.add_cookies([{"name": "msi-session", "value": session, "url": live_server.url}])
    yield context.new_page()
    context.close()


# Whether the form would be sent, each time its button is pressed; what lies between is what browsers tell of a stop.
PRESSES = """stop => {
  const form = document.querySelector('#id_name').form;
  const isSent = () => form.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true }));
  const presses = [isSent(), isSent()];
  if (stop === 'navigateerror') navigation.dispatchEvent(new Event(stop));
  else window.dispatchEvent(new KeyboardEvent('keydown', { key: stop }));
  return [...presses, isSent(), isSent()];
}"""


@pytest.mark.parametrize("stop", ["navigateerror", "Escape"])
def test_a_form_that_was_stopped_can_be_sent_again(desk: Page, live_server: LiveServer, stop: str) -> None:
    """Chromium 156 fires `navigateerror` for a form post whose loading is stopped."""
    desk.goto(f"{live_server.url}/settings/admin/teams/")
    assert desk.evaluate(PRESSES, stop) == [True, False, True, False]


def test_another_key_sends_nothing_twice(desk: Page, live_server: LiveServer) -> None:
    desk.goto(f"{live_server.url}/settings/admin/teams/")
    assert desk.evaluate(PRESSES, "a") == [True, False, False, False]


def test_nothing_is_wider_than_a_small_phone(
    desk: Page, live_server: LiveServer, account: SalesAccount, admin: User
) -> None:
    address = f"{'long' * 14}@{'domain' * 9}.example"
    make_invitation(account, address, invited_by=admin, name="N" * 150)
    User.objects.filter(pk=admin.pk).update(name="M" * 150)
    team = make_team(account, "T" * 100)
    upload = make_upload(admin, f"{'heading' * 20},email\n{'x' * 200},{address}\n")
    wide: dict[str, int] = {}
    for screen in SCREENS:
        path = screen.format(upload=upload.pk, team=team.pk)
        desk.goto(live_server.url + path)
        over = desk.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wide |= {path: over} if over > 0 else {}
    assert wide == {}
