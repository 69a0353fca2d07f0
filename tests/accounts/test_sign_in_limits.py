"""How often passwords may be tried: nobody guesses one, and nobody locks its owner out."""

import re
import smtplib
from contextlib import ExitStack
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import sign_in_limits, tasks
from accounts.models import User
from accounts.sign_in_limits import hashing
from common.redis_client import redis_client
from tests.accounts.authenticator import add_second_factor
from tests.conftest import ClientOf, RefuseMails
from tests.factories import PASSWORD, with_password
from tests.pages import text_of
from tests.signing_in import sign_in

WRONG = "Wrong-Passw0rd!"
TOO_MANY = "Too many passwords were tried."
pytestmark = pytest.mark.usefixtures("tasks_run_at_once")


@pytest.fixture
def nora(admin: User) -> User:
    return with_password(admin)


def at(network: int) -> Client:
    """A new browser somewhere else."""
    return Client(REMOTE_ADDR=f"203.0.113.{network}")


def is_in(answer: Any) -> bool:
    assert answer.status_code == 302 or "password" in text_of(answer)
    return bool(answer.status_code == 302)


def let_others_guess(email: str, times: int) -> None:
    for number in range(times):
        sign_in(at(100 + number % 100), email, WRONG)


def later(counted: str) -> None:
    """The time of what begins so is over."""
    redis_client().delete(*redis_client().keys(f"hits:{counted}*"))


def test_so_few_passwords_are_looked_at_at_a_time_that_pages_are_made(client: Client, nora: User) -> None:
    """Security statement 38: two hundred at once, ten from each of twenty networks, took both processors of all."""
    with ExitStack() as others:
        for _ in range(hashing.number):
            assert hashing.take()
            others.callback(hashing.give_back)
        for _ in range(6):
            assert "Too many people sign in at this moment." in text_of(sign_in(client, nora.email))
    assert is_in(sign_in(client, nora.email))


def test_from_one_network_an_address_is_tried_five_times(client: Client, nora: User) -> None:
    """Security statement 38: then even the right password has to wait, as an unknown address has."""
    for email in (nora.email, "unknown@acme.example"):
        for _ in range(5):
            assert TOO_MANY not in text_of(sign_in(client, email, WRONG))
        assert TOO_MANY in text_of(sign_in(client, email, PASSWORD))
        later("sign-in-network")
    assert is_in(sign_in(at(7), nora.email))
    later("sign-in-here")
    assert is_in(sign_in(client, nora.email))


def test_one_password_is_tried_on_ten_addresses(client: Client, nora: User) -> None:
    """Security statement 38: spraying; an IPv6 network is one visitor."""
    for number in range(10):
        sign_in(Client(REMOTE_ADDR=f"2001:db8::{number}"), f"p{number}@acme.example")
    assert TOO_MANY in text_of(sign_in(Client(REMOTE_ADDR="2001:db8::99"), nora.email))
    assert is_in(sign_in(client, nora.email))


def test_right_passwords_do_not_count(client: Client, nora: User) -> None:
    for _ in range(12):
        assert is_in(sign_in(Client(), nora.email))


def test_guesses_from_everywhere_slow_down_and_end(nora: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Security statement 38: a hundred machines with four tries each."""
    monkeypatch.setattr(sign_in_limits, "SLOW_BEYOND", 4)
    monkeypatch.setattr(sign_in_limits, "SHUT_BEYOND", 8)
    let_others_guess(nora.email, 4)
    assert not is_in(sign_in(at(7), nora.email, WRONG))
    assert TOO_MANY in text_of(sign_in(at(7), nora.email))
    assert is_in(sign_in(at(8), nora.email)), "one try a minute for each network"
    let_others_guess(nora.email, 4)
    assert TOO_MANY in text_of(sign_in(at(9), nora.email))


class TestTheOwner:
    """Whoever proves more than a password gets in while others guess it."""

    @pytest.fixture(autouse=True)
    def _limits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sign_in_limits, "SLOW_BEYOND", 2)
        monkeypatch.setattr(sign_in_limits, "SHUT_BEYOND", 3)

    def test_by_the_browser_they_use(self, client: Client, nora: User) -> None:
        """Security statement 38: also from the network in which the others sit."""
        sign_in(client, nora.email)
        client.post("/accounts/logout/")
        for _ in range(7):
            sign_in(Client(), nora.email, WRONG)
        later("sign-in-network")
        assert TOO_MANY in text_of(sign_in(Client(), nora.email))
        assert is_in(sign_in(client, nora.email))

    def test_a_stolen_browser_tries_five_times_too(self, client: Client, nora: User) -> None:
        sign_in(client, nora.email)
        client.post("/accounts/logout/")
        for _ in range(5):
            sign_in(client, nora.email, WRONG)
        assert TOO_MANY in text_of(sign_in(client, nora.email))

    def test_not_by_a_browser_that_knew_an_earlier_password(self, client: Client, nora: User) -> None:
        """Security statement 38: who had it once would try the new one unseen, five times in every such browser."""
        sign_in(client, nora.email)
        client.post("/accounts/logout/")
        nora.set_password("Other-Passw0rd!")
        nora.save()
        let_others_guess(nora.email, 3)
        assert TOO_MANY in text_of(sign_in(client, nora.email, WRONG))
        assert TOO_MANY in text_of(sign_in(client, nora.email, "Other-Passw0rd!"))

    def test_not_by_a_browser_of_somebody_else(self, client: Client, nora: User, member: User) -> None:
        sign_in(client, with_password(member).email)
        client.post("/accounts/logout/")
        let_others_guess(nora.email, 4)
        assert TOO_MANY in text_of(sign_in(client, nora.email))
        client.cookies["msi-device"] = "W10:forged:signature"
        assert TOO_MANY in text_of(sign_in(client, nora.email))

    def test_by_a_second_factor(self, client_of: ClientOf, nora: User, settings: Settings) -> None:
        settings.MFA_TOTP_TOLERANCE = 1
        add_second_factor(client_of(nora))
        let_others_guess(nora.email, 4)
        assert TOO_MANY in text_of(sign_in(at(7), nora.email, WRONG))
        browser = at(8)
        assert sign_in(browser, nora.email)["Location"] == "/accounts/2fa/authenticate/"
        assert browser.get("/settings/profile/").status_code == 302

    def test_a_second_factor_that_is_not_asked_for_opens_nothing(
        self, client_of: ClientOf, nora: User, settings: Settings
    ) -> None:
        """Security statement 38: in a browser that was found open, where the password alone is asked for again."""
        settings.MFA_TOTP_TOLERANCE = 1
        browser = client_of(nora)
        add_second_factor(browser)
        again = "/accounts/reauthenticate/"
        for _ in range(4):
            browser.post(again, {"password": WRONG})
        assert TOO_MANY in text_of(browser.post(again, {"password": PASSWORD}))

    def test_by_a_new_password(self, client: Client, nora: User) -> None:
        let_others_guess(nora.email, 4)
        mail.outbox.clear()
        self.reset(client, nora, "Other-Passw0rd!")
        assert is_in(sign_in(client, nora.email, "Other-Passw0rd!"))

    def test_by_a_new_password_until_the_next(self, client: Client, nora: User) -> None:
        """Security statement 38: somebody who has read the owner's mails is a stranger again after that."""
        self.reset(client, nora, "Other-Passw0rd!")
        for _ in range(5):
            assert TOO_MANY not in text_of(sign_in(client, nora.email, WRONG))
        assert TOO_MANY in text_of(sign_in(client, nora.email, "Other-Passw0rd!"))
        later("sign-in-")
        let_others_guess(nora.email, 4)
        self.reset(Client(), nora, "Third-Passw0rd!")
        assert TOO_MANY in text_of(sign_in(client, nora.email, "Third-Passw0rd!"))

    def reset(self, browser: Client, user: User, password: str) -> None:
        mail.outbox.clear()
        browser.post("/accounts/password/reset/", {"email": user.email})
        link = re.search(r"8000(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
        assert link
        form = browser.get(link[1], follow=True)
        browser.post(form.request["PATH_INFO"], {"password1": password, "password2": password})


def test_the_owner_is_told_once_a_day(
    nora: User,
    monkeypatch: pytest.MonkeyPatch,
    refuse_mails: RefuseMails,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    monkeypatch.setattr(sign_in_limits, "SLOW_BEYOND", 3)
    with django_capture_on_commit_callbacks(execute=True):
        for email in (nora.email, "unknown@acme.example"):
            let_others_guess(email, 5)
    refuse_mails(smtplib.SMTPServerDisconnected(), times=1)
    later("sign-in-everywhere")
    with django_capture_on_commit_callbacks(execute=True):
        let_others_guess(nora.email, 5)
    assert [(message.to, message.subject) for message in mail.outbox] == [
        ([nora.email], "Somebody tries to sign in as you")
    ]
    later("guesses-told")
    assert tasks.send_guess_notice.apply((nora.email,)).successful()
    assert len(mail.outbox) == 2
