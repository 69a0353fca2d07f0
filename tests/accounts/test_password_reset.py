"""Forgotten passwords: a mail in the background, and an answer that is the same for everybody."""

import re
import smtplib

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts import tasks
from accounts.models import User
from accounts.password_reset import FEW
from common import mail_limits
from common.queues import lists_of
from common.redis_client import redis_client
from msi_admin.celery import app
from tests.conftest import RefuseMails
from tests.factories import PASSWORD, make_account, make_member, make_user
from tests.signing_in import LOGIN, sign_in

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
    assert isinstance(message, EmailMultiAlternatives)
    link = re.search(r"http://127\.0\.0\.1:8000(/accounts/password/reset/key/\S+)", str(message.body))
    assert link
    [(page, kind)] = message.alternatives
    assert kind == "text/html"
    assert re.findall(r'(?:href|src)="([^"]*)"', str(page)) == [f"http://127.0.0.1:8000{link[1]}"], "nothing is loaded"
    form = client.get(link[1], follow=True)
    client.post(form.request["PATH_INFO"], {"password1": "Other-Passw0rd!", "password2": "Other-Passw0rd!"})
    anna.refresh_from_db()
    assert anna.check_password("Other-Passw0rd!")


def test_one_mail_lets_the_first_admin_in(client: Client) -> None:
    """Whoever registers an instance knows their address alone; a second mail asked for what the first had proved."""
    User.objects.create_user("mia@acme.example")
    client.post(RESET, {"email": "mia@acme.example"})
    [message] = mail.outbox
    link = re.search(r"http://127\.0\.0\.1:8000(/accounts/password/reset/key/\S+)", str(message.body))
    assert link
    form = client.get(link[1], follow=True)
    passwords = {"password1": PASSWORD, "password2": PASSWORD}
    done = client.post(form.request["PATH_INFO"], passwords, follow=True)
    assert f'href="{LOGIN}"' in done.content.decode()
    mail.outbox.clear()
    sign_in(client, "mia@acme.example")
    assert client.get("/").status_code == 200
    assert mail.outbox == []


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


def test_strangers_are_not_mailed(client: Client) -> None:
    """Security statement 27: nobody makes the console write to people who have no user; the page is the same."""
    for email in EVERYBODY:
        client.post(RESET, {"email": email})
    assert {message.to[0] for message in mail.outbox} == {"anna@acme.example"}


def test_one_mailbox_is_not_flooded(settings: Settings) -> None:
    """Security statement 27: by address, whoever asks, and from wherever."""
    settings.MAILS_PER_ADDRESS = 3
    for number in range(6):
        tasks.send_password_reset.apply(("anna@acme.example", "en", f"203.0.113.{number}"))
    assert len(mail.outbox) == 3


def test_one_visitor_does_not_make_many_mails(settings: Settings) -> None:
    """Security statement 27: by the network of the visitor, of which they may have many addresses."""
    settings.MAILS_PER_CLIENT = 2
    for number in range(4):
        make_user(f"p{number}@d{number}.example", password=PASSWORD)
        tasks.send_password_reset.apply((f"p{number}@d{number}.example", "en", f"2001:db8::{number}"))
    assert len(mail.outbox) == 2
    tasks.send_password_reset.apply(("p3@d3.example", "en", "203.0.113.9"))
    assert len(mail.outbox) == 3


def test_whoever_asks_for_many_of_one_company_keeps_no_other_waiting() -> None:
    """Sixty times in half a second, where a mail takes 0.4: a new password of another company came after 14 seconds."""
    app.conf.task_always_eager = False
    redis_client().delete(*lists_of("mail"))
    make_user("nora@nordic.example")
    # A company has as many domains as it likes.
    account, many = make_account(), [f"bo@d{number}.example" for number in range(FEW + 2)]
    for email in many:
        make_member(account, email)
    # Those whom nobody is mailed for do not count: they would make the company's own people wait.
    unknown = [f"nobody{number}@nordic.example" for number in range(25)]
    for email in (*many, *unknown, "nora@nordic.example"):
        tasks.send_password_reset.apply((email, "en"))
    assert [message.to[0] for message in mail.outbox] == [*many[:FEW], "nora@nordic.example"]
    _first, second, *_others = lists_of("mail")
    assert redis_client().llen(second) == 2
    with app.connection_for_read() as broker, broker.SimpleQueue("mail") as queue:
        for _message in range(2):
            tasks.send_password_reset.apply(queue.get(timeout=5).payload[0])
    assert len(mail.outbox) == FEW + 3


def test_a_mail_that_let_others_go_first_counts_once_however_often_it_is_tried(
    settings: Settings, refuse_mails: RefuseMails
) -> None:
    """What a refusal gave back was given back by each of seven tries, and the limits of the day fell below nothing."""
    settings.MAILS_PER_ADDRESS = FEW + 1
    for _number in range(FEW):
        tasks.send_password_reset.apply(("anna@acme.example", "en"))
    refuse_mails(REFUSAL, times=3)
    # The background jobs of these tests are done where they are handed on.
    tasks.send_password_reset.apply(("anna@acme.example", "en"))
    for _number in range(5):
        tasks.send_password_reset.apply(("anna@acme.example", "en"))
    assert len(mail.outbox) == FEW + 1


@pytest.mark.django_db
def test_nobody_reads_in_redis_who_was_mailed() -> None:
    tasks.send_password_reset.apply(("anna@acme.example", "en", "203.0.113.9"))
    mail_limits.acquire(scope="acme", email="anna@acme.example", sender=mail_limits.admin(1))
    keys = str(redis_client().keys("hits:mails*"))
    assert "mails" in keys
    assert not re.search(r"anna|acme\.example|203\.0", keys)


@pytest.mark.parametrize("email", EVERYBODY)
def test_a_mail_server_that_refuses_an_address_tells_nobody(
    client: Client, refuse_mails: RefuseMails, email: str
) -> None:
    """Security statement 26: an error page for some would."""
    refuse_mails(REFUSAL)
    assert client.post(RESET, {"email": email})["Location"] == "/accounts/password/reset/done/"


def test_a_mail_server_that_recovers_gets_the_mail(refuse_mails: RefuseMails) -> None:
    refuse_mails(REFUSAL, times=3)
    assert tasks.send_password_reset.apply(("anna@acme.example", "en", "127.0.0.1")).successful()
    assert len(mail.outbox) == 1
