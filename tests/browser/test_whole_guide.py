"""The admin guide from the first to the last step, clicked as its readers click it, against the running demo."""

import pytest
from playwright.sync_api import Browser, Page, expect

from devtools.personas import MARKETO_ADMIN
from tests.browser import clicks
from tests.browser.audit import audit_screens
from tests.browser.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(500)]


def test_the_guide_from_step_1_to_step_7(demo: Demo, page: Page, browser: Browser) -> None:
    clicks.sign_in(page, demo, MARKETO_ADMIN)
    clicks.set_up_the_account(page, demo)
    clicks.connect_to_salesforce(page, demo)
    clicks.connect_to_marketo(page, demo)
    clicks.sync_people(page, demo)
    clicks.invite_users(page, demo)
    clicks.ask_for_the_package(page, demo)
    salesforce_admin = browser.new_context(locale="en-US").new_page()
    clicks.accept_as_salesforce_admin(salesforce_admin, demo)
    clicks.install_and_configure_the_package(salesforce_admin, demo)
    page.goto(demo.url)
    expect(page.get_by_text("7 of 7 done")).to_be_visible()
    clicks.activate_as_new_user(browser.new_context(locale="en-US").new_page(), demo)
    assert audit_screens(browser, page.context, demo.url) == []
