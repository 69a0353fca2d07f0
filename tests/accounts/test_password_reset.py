"""Forgotten passwords: a mail in the background, and an answer that is the same for everybody."""

import re
import smtplib

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import tasks
from accounts.models import User
from msi_admin.celery import app
from tests.conftest import RefuseMails
from tests.factories import PASSWORD, make_user

RESET = "/accounts/password/reset/"
EVERYBODY = ["anna@acme.example", "ANNA@acme.example", "unknown@acme.example", "gone@acme.example"]
REFUSAL = smtplib.SMTPRecipientsRefused({"unknown@acme.example": (550, b"no such user")})


@pytest.fixture(autouse=True)
def anna(db: None) -> User:
    user = make_user("anna@acme.example", password=PASSWORD)
    User.objects.filter(pk=make_user("gone@acme.example").pk).update(is_active=False)
    return user


def test_a_new_password_is_set_by_the_link_of_the_mail(client: Client, anna: User) -> None:
    client.post(RESET, {"email": "Anna@acme.example"})
    [message] = mail.outbox
    link = re.search(r"http://127\.0\.0\.1:8000(/accounts/password/reset/key/\S+)", str(message.body))
    assert link
    form = client.get(link[1], follow=True)
    client.post(form.request["PATH_INFO"], {"password1": "Other-Passw0rd!", "password2": "Other-Passw0rd!"})
    anna.refresh_from_db()
    assert anna.check_password("Other-Passw0rd!")


def test_the_mail_speaks_the_language_of_the_page(client: Client) -> None:
    client.post("/language/", {"language": "sv"})
    client.post(RESET, {"email": "anna@acme.example"})
    client.post("/language/", {"language": "en"})
    client.post(RESET, {"email": "anna@acme.example"})
    swedish, english = (str(message.body) for message in mail.outbox)
    assert swedish != english


def test_nobody_is_looked_for_while_the_visitor_waits(client: Client) -> None:
    """Security statement 26: known, unknown and deactivated people cost the same queries, one by one."""
    app.conf.task_always_eager = False
    client.get(RESET)
    asked = []
    for email in EVERYBODY:
        with CaptureQueriesContext(connection) as queries:
            assert client.post(RESET, {"email": email}).status_code == 302
        asked.append([query["sql"] for query in queries])
    assert asked == [asked[0]] * len(EVERYBODY)
    assert "accounts_user" not in str(asked)


@pytest.mark.parametrize("email", EVERYBODY)
def test_a_mail_server_that_refuses_an_address_tells_nobody(
    client: Client, refuse_mails: RefuseMails, email: str
) -> None:
    """Security statement 26: an error page for some would."""
    refuse_mails(REFUSAL)
    assert client.post(RESET, {"email": email})["Location"] == "/accounts/password/reset/done/"


def test_a_mail_server_that_recovers_gets_the_mail(refuse_mails: RefuseMails) -> None:
    refuse_mails(REFUSAL, times=3)
    assert tasks.send_password_reset.apply(("anna@acme.example", "en")).successful()
    assert len(mail.outbox) == 1
