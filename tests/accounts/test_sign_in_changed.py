"""Whoever owns a user is told what was changed of how it signs in: it may have been somebody at an open browser."""

import smtplib
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client
from kombu.exceptions import OperationalError
from pytest_django import Settings

from accounts import tasks
from accounts.models import User
from tests.accounts.authenticator import add_second_factor
from tests.conftest import ClientOf, RefuseMails
from tests.factories import PASSWORD, with_password

CHANGE = "/accounts/password/change/"
NEW = {"oldpassword": PASSWORD, "password1": "Other-Passw0rd!", "password2": "Other-Passw0rd!"}

pytestmark = pytest.mark.usefixtures("tasks_run_at_once")


@pytest.fixture
def nora(admin: User, settings: Settings) -> User:
    settings.MFA_TOTP_TOLERANCE = 1
    return with_password(admin)


@pytest.fixture
def client(nora: User, client_of: ClientOf) -> Client:
    return client_of(nora)


def remove_second_factor(browser: Client) -> None:
    add_second_factor(browser)
    mail.outbox.clear()
    browser.post("/accounts/2fa/totp/deactivate/")


def renew_recovery_codes(browser: Client) -> None:
    add_second_factor(browser)
    mail.outbox.clear()
    browser.post("/accounts/2fa/recovery-codes/generate/")


def told() -> list[str]:
    assert {message.subject for message in mail.outbox} == {"How you sign in was changed"}
    return [str(message.body).splitlines()[2] for message in mail.outbox]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda browser: browser.post(CHANGE, NEW), "Your password was changed."),
        (add_second_factor, "An authenticator app was added as your second factor."),
        (remove_second_factor, "Your second factor was removed."),
        (renew_recovery_codes, "New recovery codes were made. The earlier ones no longer work."),
    ],
    ids=["password", "factor added", "factor removed", "recovery codes"],
)
def test_each_change_is_told(change: Callable[[Client], None], sentence: str, client: Client, nora: User) -> None:
    change(client)
    line = told()[0]
    assert line.startswith(sentence)
    message = mail.outbox[0]
    assert message.to == [nora.email]
    assert "/accounts/password/reset/" in str(message.body)


@pytest.mark.django_db(transaction=True)
def test_the_mail_speaks_its_readers_language(client: Client, nora: User) -> None:
    User.objects.filter(pk=nora.pk).update(language="sv")
    client.post(CHANGE, NEW)
    [message] = mail.outbox
    assert message.subject == "Hur du loggar in har ändrats"
    assert "Ditt lösenord har ändrats." in str(message.body)


@pytest.mark.django_db(transaction=True)
def test_neither_mail_server_nor_redis_keeps_anybody_from_a_new_password(
    client: Client, nora: User, refuse_mails: RefuseMails, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_mails(smtplib.SMTPServerDisconnected(), times=1)
    client.post(CHANGE, NEW)
    assert len(told()) == 1

    def refuse(*_arguments: object) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.send_sign_in_changed, "delay", refuse)
    back = {"oldpassword": "Other-Passw0rd!", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post(CHANGE, back)["Location"] == "/settings/profile/"
    nora.refresh_from_db()
    assert nora.check_password(PASSWORD)
