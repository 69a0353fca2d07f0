"""
People whose addresses Chromium writes otherwise than they are typed, from the invitation to the first sign-in.

What keeps somebody out for good, or lets in somebody else, is only seen at the end of that way. People for whom no
browser is needed go it in tests/invitations/test_oddly_written.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.core import mail
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Member, SalesAccount, User
from msi_admin.celery import app
from tests.conftest import ClientOf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ZERO_WIDTH_SPACE = "\u200b"
NEW_PASSWORD = "Sommar-i-Skåne-7!"


@dataclass(frozen=True)
class Odd:
    """
    What an admin types into the box, or the file that they choose; who is to be mailed, as the mail is addressed and as
    the list has them; what that person types to sign in. `refused` is what is said of a first, wrong attempt.
    """

    mailed: str
    signs_in_as: str
    shown: str
    box: str = ""
    file: bytes = b""
    refused: str = ""


WORST = {
    "a domain in two spellings": Odd(
        mailed="per@xn--keri-poa.example",
        signs_in_as="PER@A\u030akeri.example",
        shown="per@åkeri.example",
        file="email\nper@xn--keri-poa.example\nPER@ÅKERI.EXAMPLE\n".encode(),
    ),
    "a letter that nobody sees": Odd(
        mailed="li@acme.example",
        signs_in_as=f"li@acme.example{ZERO_WIDTH_SPACE}",
        shown="li@acme.example",
        box="li@acme.example",
        refused=f"li@ac{ZERO_WIDTH_SPACE}me.example",
    ),
}


@pytest.fixture(autouse=True)
def _server(live_server: LiveServer, settings: Settings) -> Iterator[None]:
    settings.SITE_URL = live_server.url
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def desk(browser: Browser, live_server: LiveServer, admin: User, client_of: ClientOf) -> Iterator[Page]:
    """The browser of an admin."""
    context = browser.new_context(locale="en-US")
    session = client_of(admin).cookies["msi-session"].value
    context.add_cookies([{"name": "msi-session", "value": session, "url": live_server.url}])
    yield context.new_page()
    context.close()


@pytest.fixture
def other_page(browser: Browser) -> Iterator[Page]:
    """The browser of whoever was invited."""
    context = browser.new_context(locale="en-US")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("odd", WORST.values(), ids=WORST)
def test_they_sign_in_in_the_end(
    odd: Odd, desk: Page, other_page: Page, live_server: LiveServer, account: SalesAccount
) -> None:
    (invite_by_file if odd.file else invite_by_box)(desk, live_server.url, odd)
    expect(desk.get_by_role("heading", name="1 person was invited")).to_be_visible()
    desk.goto(f"{live_server.url}/settings/admin/users/")
    expect(desk.get_by_text(odd.shown, exact=True).first).to_be_visible()
    assert [message.to for message in mail.outbox] == [[odd.mailed]]
    get_started(other_page, str(mail.outbox[0].body))
    sign_in(other_page, live_server.url, odd.signs_in_as)
    assert Member.objects.for_account(account).count() == 2


def invite_by_box(page: Page, site: str, odd: Odd) -> None:
    page.goto(f"{site}/settings/admin/users/invite/")
    if odd.refused:
        page.get_by_label("Email addresses").fill(odd.refused)
        page.get_by_role("button", name="Invite").click()
        expect(page.get_by_text("U+200B")).to_be_visible()
    page.get_by_label("Email addresses").fill(odd.box)
    page.get_by_role("button", name="Invite").click()


def invite_by_file(page: Page, site: str, odd: Odd) -> None:
    page.goto(f"{site}/settings/admin/users/invite-csv/")
    file = {"name": "team.csv", "mimeType": "text/csv", "buffer": odd.file}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("1 person can be invited.")).to_be_visible()
    page.get_by_role("button", name="Invite").click()


def get_started(page: Page, text: str) -> None:
    [link] = re.findall(r"https?://\S+/invitations/\S+", text)
    page.goto(link)
    page.get_by_label("Your name").fill("Somebody")
    for field in page.locator("input[type=password]").all():
        field.fill(NEW_PASSWORD)
    page.get_by_role("button", name="Activate Account", exact=True).click()
    expect(page.get_by_role("heading", name="Set up Sales Insight Actions")).to_be_visible()


def sign_in(page: Page, site: str, email: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Set up Sales Insight Actions")).to_be_visible()
