"""One reminder for somebody who has not accepted after three days."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import User
from invitations import accepting, delivery, services, tasks
from invitations.emails import MailError
from invitations.models import Invitation
from tests.conftest import ClientOf, RefuseMails
from tests.invitations.conftest import MakeInvitation, last_mail, token_in_last_mail, url_of
from tests.invitations.user_management import USERS
from tests.pages import text_of


@pytest.fixture
def first_token(invite: MakeInvitation) -> str:
    return invite("new@acme.example", name="Nora Ek")[1]


@pytest.fixture
def three_days_later(first_token: str) -> Iterator[None]:
    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        yield


def test_nobody_is_reminded_early(first_token: str) -> None:
    tasks.send_reminders()
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("three_days_later")
def test_one_reminder_is_sent_and_seen(admin: User, client_of: ClientOf) -> None:
    tasks.send_reminders()
    tasks.send_reminders()
    assert len(mail.outbox) == 2
    assert last_mail().subject == "Your invitation to Sales Insight Actions at Acme Inc is waiting"
    assert "Hello Nora Ek" in str(last_mail().body)
    assert "you have not accepted yet" in str(last_mail().alternatives[0][0])
    page = text_of(client_of(admin).get(USERS))
    assert "Reminded on" in page
    assert "Valid until" in page


@pytest.mark.usefixtures("three_days_later")
def test_both_links_open_it_and_it_works_once(first_token: str, client: Client) -> None:
    tasks.send_reminders()
    second_token = token_in_last_mail()
    assert second_token != first_token
    assert {client.get(url_of(token)).status_code for token in (first_token, second_token)} == {200}
    accepting.accept_as_new_user(token=second_token, name="Nora", password="Correct-Horse-7", language="en")
    assert {client.get(url_of(token)).status_code for token in (first_token, second_token)} == {410}


@pytest.mark.usefixtures("three_days_later")
def test_whoever_has_accepted_or_is_revoked_is_left_alone(
    first_token: str, invite: MakeInvitation, admin: User
) -> None:
    accepting.accept_as_new_user(token=first_token, name="Nora", password="Correct-Horse-7", language="en")
    other, _ = invite("other@acme.example")
    Invitation.objects.filter(pk=other.pk).update(sent_at=timezone.now() - timedelta(days=4))
    services.revoke(invitation=other, revoked_by=admin)
    sent = len(mail.outbox)
    tasks.send_reminders()
    assert len(mail.outbox) == sent


@pytest.mark.usefixtures("three_days_later")
def test_a_new_mail_kills_the_reminder_too(first_token: str, admin: User, client: Client) -> None:
    tasks.send_reminders()
    second_token = token_in_last_mail()
    services.resend(invitation=Invitation.objects.get(), resent_by=admin)
    assert {client.get(url_of(token)).status_code for token in (first_token, second_token)} == {404}


@pytest.mark.usefixtures("three_days_later")
def test_a_closed_mail_server_loses_neither_link_nor_reminder(
    first_token: str, refuse_mails: RefuseMails, client: Client
) -> None:
    invitation = Invitation.objects.get()
    refuse_mails(smtplib.SMTPServerDisconnected())
    with pytest.raises(MailError):
        delivery.remind(invitation.pk)
    assert client.get(url_of(first_token)).status_code == 200
    refuse_mails(None)
    tasks.send_reminders()
    assert len(mail.outbox) == 2
