"""The first sign-in in Chromium, by keyboard: language, clock, and where the focus is after an answer."""

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import SalesAccount, User
from connections.models import MarketoInstance
from tests.browser.audit import faults_of
from tests.browser.test_live_progress import sign_in
from tests.conftest import ClientOf
from tests.factories import PASSWORD, make_marketo_admin, make_member, with_password

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_first_sign_in_by_keyboard(browser: Browser, live_server: LiveServer, account: SalesAccount) -> None:
    """Chromium tells the zone by its former name; a refused field and a message get the focus."""
    user = with_password(make_member(account).user)
    context = browser.new_context(locale="sv-SE", timezone_id="Asia/Calcutta")
    page = context.new_page()
    page.goto(f"{live_server.url}/accounts/login/?next=/settings/profile/")
    assert faults_of(page) == []
    page.locator("#id_login").focus()
    page.keyboard.type(user.email)
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert]")).to_be_visible()
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{live_server.url}/settings/profile/")
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    expect(page.locator("#id_time_zone")).to_have_value("Asia/Kolkata")
    name = page.locator("#id_name")
    name.fill("\u200b\u200b")
    name.press("Enter")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    name.fill("Nora Ek")
    name.press("Enter")
    expect(page.locator("[data-result] > .notice")).to_be_focused()
    assert User.objects.get(pk=user.pk).name == "Nora Ek"
    context.close()


def test_a_dark_page_is_printed_light_and_without_its_navigation(
    browser: Browser, live_server: LiveServer, admin: User, client_of: ClientOf
) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    sign_in(page, live_server.url, client_of(admin))
    page.goto(f"{live_server.url}/settings/admin/teams/")
    root, table = page.locator("html"), page.get_by_role("table")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    on_screen = table.bounding_box()
    page.emulate_media(media="print")
    expect(root).to_have_attribute("data-bs-theme", "light")
    expect(page.get_by_role("navigation", name="Settings")).to_have_count(0)
    printed = table.bounding_box()
    assert on_screen
    assert printed
    assert printed["width"] > on_screen["width"]
    context.close()


def test_every_area_fits_a_small_window(
    browser: Browser, live_server: LiveServer, admin: User, linked_instance: MarketoInstance, client_of: ClientOf
) -> None:
    """Of somebody who may enter all, in the longer language."""
    User.objects.filter(pk=admin.pk).update(is_ops_staff=True, language="sv")
    make_marketo_admin(linked_instance, admin.email)
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, live_server.url, client_of(User.objects.get(pk=admin.pk)))
    page.goto(f"{live_server.url}/settings/profile/")
    for width in (320, 760, 780, 860, 1_000):
        page.set_viewport_size({"width": width, "height": 800})
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (width, wider) == (width, 0)
    context.close()


# What a bar is filled with, what lies behind it, and whether each area of the rail is underlined.
SHAPES = """() => {
  const fill = getComputedStyle(document.querySelector(".p-bar")).fill;
  const areas = [...document.querySelectorAll(".rail__area")];
  const lines = areas.map(area => getComputedStyle(area, "::after").content !== "none");
  const current = areas.map(area => area.hasAttribute("aria-current"));
  return [fill, getComputedStyle(document.querySelector(".card")).backgroundColor, lines, current];
}"""


def test_with_the_colours_of_the_system_bars_and_the_current_area_are_seen(
    browser: Browser, live_server: LiveServer, admin: User, member: User, client_of: ClientOf
) -> None:
    context = browser.new_context(forced_colors="active")
    page = context.new_page()
    sign_in(page, live_server.url, client_of(admin))
    page.goto(f"{live_server.url}/settings/admin/users/")
    bar, ground, lines, current = page.evaluate(SHAPES)
    assert bar != ground
    assert lines == current
    assert True in current
    # What axe-core takes for the colours are the page's, which the system has replaced.
    assert [fault for fault in faults_of(page) if not fault.startswith("color-contrast")] == []
    context.close()


def test_what_was_typed_survives_the_end_of_the_session(
    browser: Browser, live_server: LiveServer, admin: User, client_of: ClientOf
) -> None:
    """For the same person, and once."""
    with_password(admin)
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    sign_in(page, live_server.url, client_of(admin))
    page.goto(f"{live_server.url}/settings/admin/users/invite/")
    page.get_by_label("Email addresses").fill("li@acme.example, asa@acme.example")
    page.get_by_label("Role").select_option("admin")
    context.clear_cookies(name="msi-session")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_text("Nothing was saved")).to_be_visible()
    page.locator("#id_login").fill(admin.email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_label("Email addresses")).to_have_value("li@acme.example, asa@acme.example")
    expect(page.get_by_label("Email addresses")).to_be_focused()
    expect(page.get_by_label("Role")).to_have_value("admin")
    page.reload()
    expect(page.get_by_label("Email addresses")).to_have_value("")
    assert page.evaluate("sessionStorage.getItem('kept-form')") is None
    context.close()
