"""Signing in and what ends it: throttling, a new session, time, a changed role, the password given again."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import time_machine
from django.contrib.auth.hashers import BasePasswordHasher, get_hasher
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.audit_actions import AccountAction
from accounts.models import AuditEvent, User
from accounts.permissions import Role
from members.services import change_role
from tests.accounts.authenticator import ACTIVATE
from tests.addresses import ADDRESSES
from tests.conftest import ClientOf
from tests.factories import PASSWORD, make_user, with_password
from tests.pages import text_of
from tests.signing_in import LOGIN, sign_in

PROFILE = "/settings/profile/"


@pytest.fixture
def nora(admin: User) -> User:
    return with_password(admin)


def is_signed_in(browser: Client) -> bool:
    return browser.get(PROFILE).status_code == 200


def test_signing_in_gives_a_new_session(client: Client, nora: User) -> None:
    """Security statement 38: a session id somebody planted before is worth nothing after."""
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    sign_in(client, nora.email)
    assert client.cookies["msi-session"].value != planted
    assert not Session.objects.filter(session_key=planted).exists()


class TestTime:
    @pytest.fixture
    def browser(self, client: Client, nora: User, settings: Settings) -> Client:
        settings.SESSION_IDLE_SECONDS, settings.SESSION_COOKIE_AGE = 30 * 60, 2 * 60 * 60
        sign_in(client, nora.email)
        assert is_signed_in(client)
        return client

    def test_an_unused_session_ends(self, browser: Client) -> None:
        """Security statement 38: idle limit."""
        with time_machine.travel(timezone.now() + timedelta(minutes=31)):
            answer = browser.get(PROFILE, follow=True)
        assert answer.redirect_chain[0][0].startswith(LOGIN)
        assert "Your session has ended" in answer.content.decode()

    def test_the_trail_says_so_with_the_address_that_only_our_proxies_tell(self, browser: Client, nora: User) -> None:
        with time_machine.travel(timezone.now() + timedelta(minutes=31)):
            browser.get(PROFILE, headers={"X-Forwarded-For": "203.0.113.9"})
        [event] = AuditEvent.objects.exclude(action=AccountAction.SIGNED_IN)
        assert (event.action, event.actor, event.ip_address) == (AccountAction.SESSION_ENDED, nora, "127.0.0.1")

    def test_a_form_sent_in_it_is_known_to_be_lost(self, browser: Client, nora: User) -> None:
        """The sign-in page says so, and leads back to the page of the form, not to an address that only takes forms."""
        browser.get(PROFILE)
        with time_machine.travel(timezone.now() + timedelta(hours=3)):
            page = "http://testserver/settings/admin/teams/?sort=name"
            answer = browser.post("/settings/admin/teams/1/rename/", {"name": "North"}, headers={"Referer": page})
            assert answer["Location"] == f"{LOGIN}?next=/settings/admin/teams/%3Fsort%3Dname"
            assert "Nothing was saved" in browser.get(answer["Location"]).content.decode()
            answer = browser.post(answer["Location"], {"login": nora.email, "password": PASSWORD})
            assert answer["Location"] == "/settings/admin/teams/?sort=name"

    def test_a_page_that_was_only_asked_for_lost_nothing(self, browser: Client) -> None:
        with time_machine.travel(timezone.now() + timedelta(hours=3)):
            assert "Nothing was saved" not in browser.get(PROFILE, follow=True).content.decode()

    def test_a_used_session_goes_on_until_it_is_too_old(self, browser: Client) -> None:
        """Security statement 38: absolute limit."""
        start = timezone.now()
        for minutes in range(20, 120, 20):
            with time_machine.travel(start + timedelta(minutes=minutes)):
                assert is_signed_in(browser)
        with time_machine.travel(start + timedelta(minutes=121)):
            assert not is_signed_in(browser)

    def test_a_clock_that_was_wrong_makes_no_session_longer(
        self, client: Client, nora: User, settings: Settings
    ) -> None:
        """Security statement 38: an hour ahead while somebody signed in, and then put right."""
        settings.SESSION_IDLE_SECONDS, now = 30 * 60, timezone.now()
        with time_machine.travel(now + timedelta(hours=1)):
            sign_in(client, nora.email)
            assert is_signed_in(client)
        with time_machine.travel(now):
            assert not is_signed_in(client)
            sign_in(client, nora.email)
        with time_machine.travel(now - timedelta(minutes=20)):
            answer = client.post("/settings/admin/general/", {"policy": "all"})
            assert answer["Location"].startswith("/accounts/reauthenticate/"), "Security statement 37"
        with time_machine.travel(now + timedelta(minutes=9)):
            assert is_signed_in(client)
        with time_machine.travel(now + timedelta(minutes=40)):
            assert not is_signed_in(client)

    def test_a_page_that_refreshes_itself_is_no_use(self, browser: Client) -> None:
        start = timezone.now()
        for minutes in range(5, 30, 5):
            with time_machine.travel(start + timedelta(minutes=minutes)):
                assert browser.get(PROFILE, headers={"HX-Request": "true"}).status_code == 200
        with time_machine.travel(start + timedelta(minutes=31)):
            assert not is_signed_in(browser)


class TestEndedByAChange:
    def test_a_changed_role_ends_every_session(self, client_of: ClientOf, member: User, admin: User) -> None:
        """Security statement 35: from the next request on, on every device."""
        browsers = [client_of(member), client_of(member)]
        assert all(map(is_signed_in, browsers))
        change_role(member=member.member, role=Role.SALESFORCE_ADMIN, changed_by=admin)
        assert not any(map(is_signed_in, browsers))
        assert is_signed_in(client_of(User.objects.get(pk=member.pk)))

    def test_a_deactivated_user_is_out(self, client_of: ClientOf, member: User) -> None:
        """Security statement 35: from the next request on."""
        browser = client_of(member)
        User.objects.filter(pk=member.pk).update(is_active=False)
        assert not is_signed_in(browser)

    def test_a_new_password_ends_the_other_sessions(self, client: Client, nora: User) -> None:
        other = Client()
        for browser in (client, other):
            sign_in(browser, nora.email)
        new = {"oldpassword": PASSWORD, "password1": "Other-Passw0rd!", "password2": "Other-Passw0rd!"}
        client.post("/accounts/password/change/", new)
        assert (is_signed_in(client), is_signed_in(other)) == (True, False)


def test_an_open_browser_guesses_the_password_no_faster_than_others(client: Client, nora: User) -> None:
    """Security statement 38: by changing it, for which the old one has to be given."""
    sign_in(client, nora.email)
    guess = {"oldpassword": "Wrong-Passw0rd!", "password1": "Other-Passw0rd!", "password2": "Other-Passw0rd!"}
    begin = timezone.now()
    for minute in range(10):
        with time_machine.travel(begin + timedelta(minutes=minute)):
            assert client.post("/accounts/password/change/", guess).status_code == 200
    assert client.post("/accounts/password/change/", guess).status_code == 429


@pytest.mark.parametrize(
    "address",
    [
        "/settings/admin/users/selected/role/",
        "/settings/admin/users/1/remove/",
        "/settings/admin/general/",
        "/settings/admin/salesforce/connect/",
        "/settings/admin/salesforce/disconnect/",
        "/settings/salesforce/connect/",
        "/settings/salesforce/disconnect/",
        "/settings/admin/marketo/connect/",
        "/settings/admin/marketo/disconnect/",
        "/settings/admin/marketo/take-over/",
        "/accounts/salesforce/link/",
        "/accounts/2fa/recovery-codes/generate/",
    ],
)
def test_what_matters_asks_for_the_password_again(client_of: ClientOf, nora: User, address: str) -> None:
    """Security statement 37: when it was given more than 15 minutes ago."""
    browser = client_of(nora)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert browser.post(address)["Location"].startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize("address", ["/settings/admin/audit/export/", "/ops/sync/1/rejected-rows.csv"])
def test_exports_ask_for_the_password_again(client_of: ClientOf, nora: User, address: str) -> None:
    """Security statement 37: reading them is the risk."""
    browser = client_of(nora)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert browser.get(address)["Location"].startswith("/accounts/reauthenticate/")


@pytest.mark.parametrize("address", ["/accounts/password/set/", ACTIVATE])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_new_way_in_needs_a_new_sign_in_without_a_password_too(
    client_of: ClientOf, member: User, method: str, address: str
) -> None:
    """Security statement 37: whoever finds a browser open must not make a password or second factor of their own."""
    browser = client_of(member)
    assert browser.get(address).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        answer = getattr(browser, method)(address, headers={"Referer": f"http://testserver{address}"})
    assert answer["Location"] == f"/accounts/salesforce/login/?{urlencode({'next': address, 'again': 1})}"
    assert getattr(Client(), method)(address)["Location"].startswith(LOGIN)


def test_every_write_needs_the_token_of_its_page(client_of: ClientOf, admin: User) -> None:
    """Security statement 39: a form on another site changes nothing."""
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = client_of(admin).cookies
    addresses = [*ADDRESSES, LOGIN, "/accounts/salesforce/login/", "/accounts/salesforce/link/"]
    statuses = {address: browser.post(address).status_code for address in addresses}
    assert {address: status for address, status in statuses.items() if status not in {403, 405}} == {}


@pytest.mark.parametrize(
    ("referer", "page"),
    [
        ("http://testserver/settings/profile/?a=1", "/settings/profile/?a=1"),
        ("https://evil.example//evil.example/", "/"),
        ("http://[", "/"),
    ],
)
def test_an_old_form_leads_back_to_its_page(client_of: ClientOf, admin: User, referer: str, page: str) -> None:
    """To the sign-in before that when all cookies are gone; never to another site."""
    browser = Client(enforce_csrf_checks=True, headers={"Referer": referer})
    answer = text_of(browser.post("/settings/profile/"))
    assert f'href="{LOGIN}?next={quote(page)}">Sign in</a>' in answer
    browser.cookies = client_of(admin).cookies
    assert f'href="{page}">Open the page again</a>' in text_of(browser.post("/settings/profile/"))


def test_a_session_goes_on_in_the_browser_alone_in_which_it_was_begun(client: Client, nora: User) -> None:
    """Its key stands in the database, and in every backup of it."""
    sign_in(client, nora.email)
    thief, other = Client(), Client()
    thief.cookies["msi-session"] = Session.objects.get().session_key
    other.cookies["msi-session"] = client.cookies["msi-session"].value
    other.cookies["msi-device"] = client.cookies["msi-device"].value
    assert client.get(PROFILE).status_code == other.get(PROFILE).status_code == 200
    assert thief.get(PROFILE)["Location"].startswith(LOGIN)
    assert AuditEvent.objects.filter(action=AccountAction.SESSION_ENDED).exists()
    assert client.get(PROFILE).status_code == 302, "whoever was robbed learns of it"


def test_cookies_are_kept_from_scripts_and_other_sites(client: Client, nora: User) -> None:
    """Security statement 39: without https; with it see test_production.py."""
    client.get(LOGIN)
    sign_in(client, nora.email)
    for name in ("msi-session", "msi-csrf"):
        assert client.cookies[name]["httponly"]
        assert client.cookies[name]["samesite"] == "Lax"


Ask = Callable[[Client, str], object]


def log_in(client: Client, email: str) -> object:
    return sign_in(client, email, "Wrong-Passw0rd!")


def reset(client: Client, email: str) -> object:
    return client.post("/accounts/password/reset/", {"email": email}, follow=True)


@pytest.mark.parametrize("ask", [log_in, reset])
def test_known_and_unknown_addresses_get_the_same_answer_for_the_same_work(
    client: Client, nora: User, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    """Security statement 26: neither the page nor its time tells, which goes into hashing; mails are made later."""
    hashed: list[str] = []
    hasher = type(get_hasher())
    encode = hasher.encode

    def count(self: BasePasswordHasher, password: str, *rest: Any) -> str:
        hashed.append(password)
        return encode(self, password, *rest)

    monkeypatch.setattr(hasher, "encode", count)

    def answer(email: str) -> tuple[str, int]:
        hashed.clear()
        page = ask(client, email).content.decode()  # type: ignore[attr-defined]
        return re.sub(r'value="\w{64}"', "", page).replace(email, "…"), len(hashed)

    User.objects.filter(pk=make_user("gone@acme.example").pk).update(is_active=False)
    without_password = make_user("linked@acme.example").email
    known = answer(nora.email)
    for email in (without_password, "gone@acme.example", "unknown@acme.example"):
        assert answer(email) == known, email
    assert known[1] == (1 if ask is log_in else 0)
    assert [message.to[0] for message in mail.outbox] == ([] if ask is log_in else [nora.email, without_password])


def test_failed_sign_ins_are_recorded_for_known_and_unknown_addresses(client: Client, nora: User) -> None:
    for email in (nora.email.upper(), "unknown@acme.example"):
        log_in(client, email)
    events = AuditEvent.objects.filter(action=AccountAction.SIGN_IN_FAILED).order_by("pk")
    assert [(event.account, event.target) for event in events] == [
        (nora.member.account, nora.email),
        (None, "unknown@acme.example"),
    ]
