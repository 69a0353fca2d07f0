"""Every dialog of the people of an account, clicked in Chromium against a server in this process."""

import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from django.core import mail
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import Member, SalesAccount, User
from accounts.permissions import Role
from accounts.services import add_to_team, create_team
from invitations import services
from invitations.models import Invitation
from invitations.tokens import hash_token
from msi_admin.celery import app
from tests.accounts.authenticator import code_of
from tests.browser.audit import TOO_WIDE, faults_of
from tests.conftest import ClientOf
from tests.factories import PASSWORD, make_invitation, make_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def _server(live_server: LiveServer, settings: Settings) -> Iterator[None]:
    settings.SITE_URL = live_server.url
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def nora(admin: User) -> User:
    admin.name = "Nora Ek"
    admin.set_password(PASSWORD)
    admin.save()
    return admin


@pytest.fixture
def desk(browser: Browser, live_server: LiveServer, nora: User, client_of: ClientOf) -> Iterator[Page]:
    """Nora's browser, in User Management; a script of a stranger that runs fails the test."""
    context = browser.new_context(locale="en-US")
    session = client_of(nora).cookies["msi-session"].value
    context.add_cookies([{"name": "msi-session", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.on("dialog", fail)
    page.goto(f"{live_server.url}/settings/admin/users/")
    expect(heading(page, "User Management")).to_be_visible()
    yield page
    context.close()


def fail(dialog: Dialog) -> None:
    raise AssertionError(f"a script ran: {dialog.message}")


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("heading", name=name, level=1)


def choose_action(page: Page, name: str) -> None:
    page.locator("summary", has_text="Actions").click()
    page.get_by_role("link", name=name, exact=True).click()
    expect(heading(page, name)).to_be_visible()


def test_invite_users(desk: Page) -> None:
    """Several addresses: a mistake is named and loses nothing, then a preview, then the mails."""
    choose_action(desk, "Invite Users")
    desk.get_by_label("Email addresses").fill(f'"{HOSTILE}" <li@acme.example>; per@; Åsa Ek <asa@acme.example>')
    desk.get_by_role("button", name="Invite").click()
    expect(desk.get_by_text("“per@” is not an email address")).to_be_visible()
    text = desk.get_by_label("Email addresses").input_value()
    desk.get_by_label("Email addresses").fill(text.replace("per@;", ""))
    desk.get_by_role("button", name="Preview").click()
    expect(desk.get_by_role("heading", name="Who gets what")).to_be_visible()
    expect(desk.get_by_role("cell", name="Åsa Ek")).to_be_visible()
    desk.get_by_role("button", name="Invite").click()
    expect(heading(desk, "2 people were invited")).to_be_visible()
    desk.get_by_role("link", name="OK", exact=True).click()
    expect(desk.get_by_text(HOSTILE, exact=True)).to_be_visible()
    assert sorted(message.to[0] for message in mail.outbox) == ["asa@acme.example", "li@acme.example"]


def test_invite_users_via_csv(desk: Page) -> None:
    """The template's headings, a row with a mistake, a report to download; cells stay text."""
    choose_action(desk, "Invite Users via CSV")
    rows = f"E-mail;First name;Last name\nasa@acme.example;Åsa;{HOSTILE}\nper@;Per;\n"
    file = {"name": "team.csv", "mimeType": "text/csv", "buffer": rows.encode("cp1252")}
    desk.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    desk.get_by_role("button", name="Next").click()
    expect(heading(desk, "Confirm the columns")).to_be_visible()
    expect(desk.get_by_text("1 person can be invited. 1 row is skipped")).to_be_visible()
    with desk.expect_download() as report:
        desk.get_by_role("link", name="Download the report of all rows").click()
    assert report.value.suggested_filename == "sales-account-users-report.csv"
    desk.get_by_role("button", name="Invite").click()
    expect(heading(desk, "1 person was invited")).to_be_visible()
    assert [message.to for message in mail.outbox] == [["asa@acme.example"]]


def test_resend_and_revoke(desk: Page, account: SalesAccount, nora: User) -> None:
    services.invite(account=account, invited_by=nora, addresses=[services.NewInvitation("li@acme.example")])
    Invitation.objects.update(sent_at=None)
    desk.reload()
    desk.get_by_label("Actions for li@acme.example").click()
    desk.get_by_role("button", name=re.compile("^Resend ?: li@acme.example")).click()
    expect(desk.get_by_text("A new mail to li@acme.example goes out now")).to_be_visible()
    row = desk.get_by_role("row").filter(has_text="li@acme.example")
    desk.get_by_label("Actions for li@acme.example").click()
    expect(row.get_by_text("stops working at once")).to_be_visible()
    row.get_by_role("button", name="Revoke li@acme.example").click()
    expect(desk.get_by_text("The invitation to li@acme.example was revoked")).to_be_visible()


def test_role_and_removal(desk: Page, member: User) -> None:
    """A role is changed by its button; the last admin stays; a removal names its receiver."""
    desk.reload()
    change_role(desk, member.email, "Admin")
    expect(desk.get_by_text(f"{member.email} is now Admin.")).to_be_visible()
    change_role(desk, member.email, "User")
    expect(desk.get_by_text(f"{member.email} is now User.")).to_be_visible()
    change_role(desk, "Nora Ek", "User")
    expect(desk.get_by_text("Nora Ek is the last admin")).to_be_visible()
    desk.get_by_label(f"Actions for {member.email}").click()
    desk.get_by_role("link", name=re.compile(f"^Remove ?: {member.email}")).click()
    expect(heading(desk, f"Remove {member.email}")).to_be_visible()
    desk.get_by_role("button", name="Remove", exact=True).click()
    expect(desk.get_by_text(f"{member.email} was removed from the Sales account.")).to_be_visible()
    assert not Member.objects.filter(user=member).exists()


def change_role(page: Page, name: str, role: str) -> None:
    page.get_by_label(f"Role of {name}").click()
    page.locator("details[open]").get_by_role("button", name=role, exact=True).click()


def test_a_menu_closes_by_escape_and_gives_the_focus_back(desk: Page, member: User) -> None:
    """By keyboard: a role is chosen in a menu, and nothing is stored before that."""
    desk.reload()
    role = desk.get_by_label(f"Role of {member.email}")
    role.focus()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Escape")
    expect(role).to_be_focused()
    expect(desk.locator("details.menu[open]")).to_have_count(0)
    assert Member.objects.get(user=member).role == Role.USER
    for key in ("Enter", "Tab", "Enter"):
        desk.keyboard.press(key)
    expect(desk.get_by_text(f"{member.email} is now Admin.")).to_be_visible()


def test_ticked_lines(desk: Page, account: SalesAccount, nora: User, member: User) -> None:
    """The bar comes with the first tick, counts, and offers what applies; one box ticks all lines."""
    create_team(account=account, name="North", created_by=nora)
    invitation = make_invitation(account)
    desk.reload()
    bar = desk.locator("#selected")
    expect(bar).to_be_hidden()
    desk.get_by_label("Everybody on this page").check()
    expect(bar).to_be_visible()
    desk.get_by_label("Everybody on this page").uncheck()
    expect(bar).to_be_hidden()
    desk.get_by_label(f"Tick {member.email}").check()
    bar.locator("summary", has_text="Add to Teams").click()
    desk.get_by_role("button", name="North", exact=True).click()
    expect(desk.get_by_text("1 person was added to North.")).to_be_visible()
    desk.get_by_label(f"Tick {member.email}").check()
    expect(bar.get_by_role("button", name="Resend", exact=True)).to_be_hidden()
    expect(bar.locator("summary", has_text="Revoke")).to_be_hidden()
    desk.get_by_label(f"Tick {invitation.email}").check()
    bar.locator("summary", has_text="Revoke").click()
    bar.get_by_role("button", name="Revoke ticked invitations").click()
    expect(desk.get_by_text(f"The invitation to {invitation.email} was revoked")).to_be_visible()


def test_teams(desk: Page, live_server: LiveServer, account: SalesAccount) -> None:
    make_member(account, "li@acme.example", Role.USER)
    desk.goto(f"{live_server.url}/settings/admin/teams/")
    desk.get_by_label("Name of the team").fill(HOSTILE)
    desk.get_by_role("button", name="Create").click()
    expect(heading(desk, HOSTILE)).to_be_visible()
    desk.get_by_label("li@acme.example").check()
    desk.get_by_role("button", name="Add", exact=True).click()
    expect(desk.get_by_role("button", name="Remove ticked members")).to_be_visible()
    desk.get_by_label("Name of the team").fill("North")
    desk.get_by_role("button", name="Rename").click()
    expect(heading(desk, "North")).to_be_visible()
    desk.locator("summary", has_text="Remove team").click()
    desk.get_by_role("button", name="Remove this team").click()
    expect(desk.get_by_text("The team North was removed.")).to_be_visible()


def test_profile_and_second_factor(desk: Page, live_server: LiveServer, nora: User, settings: Settings) -> None:
    """The name, then an authenticator app; the next sign-in asks for its code."""
    settings.MFA_TOTP_TOLERANCE = 1
    desk.goto(f"{live_server.url}/settings/profile/")
    desk.get_by_label("Name").fill("Nora Öst")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text("Your profile was saved.")).to_be_visible()
    desk.get_by_role("link", name="Two-factor authentication").click()
    expect(heading(desk, "Two-Factor Authentication")).to_be_visible()
    desk.get_by_role("link", name="Turn on").click()
    secret = desk.get_by_label("Or type this secret into it").input_value()
    desk.get_by_label("Authenticator code").fill(code_of(secret))
    desk.get_by_role("button", name="Turn on").click()
    expect(heading(desk, "Recovery Codes")).to_be_visible()
    code = re.findall(r"\b[0-9a-f]{8}\b", desk.locator("textarea").input_value())[0]
    desk.get_by_label(re.compile("account menu")).click()
    desk.get_by_role("button", name="Sign out").click()
    desk.get_by_label("Email").fill(nora.email)
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in").click()
    desk.get_by_label("Code").fill(code)
    desk.get_by_role("button", name="Sign in").click()
    expect(heading(desk, "Set up Sales Insight Actions")).to_be_visible()


def test_login_management_leads_to_linking(desk: Page, live_server: LiveServer) -> None:
    desk.goto(f"{live_server.url}/settings/admin/general/")
    expect(desk.get_by_label("Salesforce Only")).to_be_disabled()
    expect(desk.get_by_text("so that nobody is locked out")).to_be_visible()
    desk.get_by_role("link", name="Link my Salesforce user").click()
    expect(heading(desk, "Log in with Salesforce")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_pages_for_signing_in_are_for_everybody(
    browser: Browser,
    live_server: LiveServer,
    account: SalesAccount,
    nora: User,
    desk: Page,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    """axe-core finds nothing, and nothing is wider than the window; signed in and not."""
    services.invite(account=account, invited_by=nora, addresses=[services.NewInvitation("li@acme.example")])
    Invitation.objects.update(token_hash=hash_token("token"), sent_at=None, send_after="2999-01-01T00:00Z")
    team = create_team(account=account, name="W" * 100, created_by=nora)
    add_to_team(team=team, members=[nora.member], added_by=nora)
    look: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    signed_in = browser.new_context(storage_state=desk.context.storage_state(), **look)
    anonymous = browser.new_context(**look)
    screens = {
        "/settings/admin/general/": signed_in,
        "/settings/admin/users/": signed_in,
        "/settings/admin/users/invite/": signed_in,
        "/settings/admin/teams/": signed_in,
        f"/settings/admin/teams/{team.pk}/": signed_in,
        "/settings/admin/audit/": signed_in,
        "/accounts/salesforce/link/": signed_in,
        "/accounts/sessions/": signed_in,
        "/accounts/login/": anonymous,
        "/accounts/salesforce/login/?again=1": anonymous,
        "/invitations/token/": anonymous,
    }
    found = [f"{path} {fault}" for path, context in screens.items() for fault in faults_at(context, live_server, path)]
    signed_in.close()
    anonymous.close()
    assert not found


def test_on_a_phone_the_search_stands_above_the_people(desk: Page) -> None:
    desk.set_viewport_size({"width": 390, "height": 900})
    desk.get_by_label("State", exact=True).select_option("pending")
    desk.get_by_role("search").get_by_role("button", name="Search").click()
    expect(desk.get_by_text("Nobody matches.")).to_be_visible()


def test_a_name_of_one_long_word_does_not_push_the_rest_aside(desk: Page, nora: User) -> None:
    nora.name = "W" * 140
    nora.save()
    desk.reload()
    assert desk.evaluate(TOO_WIDE) <= 0


def faults_at(context: BrowserContext, live_server: LiveServer, path: str) -> list[str]:
    page = context.new_page()
    page.goto(live_server.url + path)
    return faults_of(page)


def test_a_second_admin_uses_a_keyboard_only(desk: Page) -> None:
    """From the top of the page to the first dialog without a mouse."""
    desk.locator("summary", has_text="Actions").focus()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(heading(desk, "Invite Users")).to_be_visible()
    desk.keyboard.type("li@acme.example")
    desk.keyboard.press("Tab")
    for _ in range(10):
        if desk.evaluate("document.activeElement.innerText") == "Invite":
            break
        desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(heading(desk, "1 person was invited")).to_be_visible()
