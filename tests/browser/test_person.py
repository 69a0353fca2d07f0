"""The page of a person in a browser: both systems are asked while it is read."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import SalesAccount, User
from sandbox.testing import SandboxProcess
from tests.browser.audit import faults_of
from tests.browser.test_live_progress import sign_in
from tests.conftest import ClientOf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.usefixtures("marketo_connection", "salesforce_connection")
def test_the_trace_arrives_by_itself_and_can_be_asked_for_again(
    page: Page, origin: str, account: SalesAccount, admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    (person,) = sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead"})["ids"]
    sign_in(page, origin, client_of(admin))
    page.goto(f"{origin}/settings/people/{person}/")
    step = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="The owner is a user"))
    expect(step.get_by_role("img", name="yes")).to_be_visible()
    expect(page.get_by_text("arrives with the first one")).to_be_visible()
    assert faults_of(page) == []
    sandbox.post("/_sandbox/people", {"action": "reown", "ids": [person], "owner": "queue"})
    page.get_by_role("link", name="Ask again").click()
    expect(step.get_by_role("img", name="no", exact=True)).to_be_visible()
    expect(page).to_have_url(f"{origin}/settings/people/{person}/")
    page.set_viewport_size({"width": 390, "height": 900})
    assert faults_of(page) == []
