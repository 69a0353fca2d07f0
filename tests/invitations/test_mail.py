"""What the mails say, and that each is sent: once, or once more under the same name."""

import smtplib
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.utils import timezone

from accounts.models import Occurrence, SalesAccount, User
from invitations import accepting, delivery, emails, services, tasks
from invitations.emails import MailError
from invitations.events import MAIL_FAILED
from invitations.models import Invitation
from tests.conftest import RefuseMails
from tests.factories import make_instance, make_invitation, make_marketo_admin
from tests.invitations.conftest import MakeInvitation, last_mail, token_in_last_mail


@pytest.fixture
def waiting(account: SalesAccount, admin: User) -> Invitation:
    """An invitation whose mail is queued."""
    new = services.NewInvitation("new@acme.example", name="Nora Ek")
    return services.invite(account=account, invited_by=admin, addresses=[new]).sent[0]


def state(invitation: Invitation) -> str:
    return Invitation.objects.get(pk=invitation.pk).state


def test_the_mail_is_text_and_html_with_the_same_link(waiting: Invitation, admin: User) -> None:
    delivery.deliver(waiting.pk)
    message = last_mail()
    html = str(message.alternatives[0][0])
    link = next(word for word in str(message.body).split() if "/invitations/" in word)
    assert link in html
    assert "Get Started" in html
    assert admin.email in str(message.body)
    assert "Nora Ek" in str(message.body)
    assert "<img" not in html
    assert "src=" not in html


def test_the_first_admins_mail_lists_the_steps(account: SalesAccount, admin: User) -> None:
    invited = make_marketo_admin(make_instance(), "Maria@acme.example", first_name="Maria")
    invitation = services.set_up_sales_account(
        instance=invited.instance, email=invited.email, name=str(invited), invited_by=admin
    )
    delivery.deliver(invitation.pk)
    assert last_mail().to == ["maria@acme.example"]
    for part in (str(last_mail().body), str(last_mail().alternatives[0][0])):
        assert "Hello Maria" in part
        assert "How to get access:" in part
        assert "Get Started" in part


@pytest.mark.parametrize(("inviters", "chosen"), [("sv", ""), ("en", "sv")])
def test_the_mail_speaks_the_chosen_or_the_inviters_language(
    account: SalesAccount, admin: User, inviters: str, chosen: str
) -> None:
    admin.language = inviters
    new = services.NewInvitation("new@acme.example", language=chosen)
    waiting = services.invite(account=account, invited_by=admin, addresses=[new]).sent[0]
    Invitation.objects.update(expires_at=datetime(2999, 3, 8, 12, tzinfo=UTC))
    delivery.deliver(waiting.pk)
    assert last_mail().extra_headers["Content-Language"] == "sv"
    assert '<html lang="sv">' in str(last_mail().alternatives[0][0])
    assert "8 mars 2999" in str(last_mail().body)


def test_a_recipient_with_a_language_of_their_own_gets_it(waiting: Invitation) -> None:
    User.objects.create_user(waiting.email, language="sv")
    delivery.deliver(waiting.pk)
    assert last_mail().extra_headers["Content-Language"] == "sv"


def test_names_are_escaped_in_html_only(account: SalesAccount, admin: User, waiting: Invitation) -> None:
    SalesAccount.objects.update(name="R&D <b>")
    delivery.deliver(waiting.pk)
    assert "R&D <b>" in last_mail().subject
    assert "R&D <b>" in str(last_mail().body)
    assert "R&amp;D &lt;b&gt;" in str(last_mail().alternatives[0][0])


def test_the_database_holds_no_usable_token(invite: MakeInvitation) -> None:
    """Security statement 21: 256 bits that differ each time; what a dump holds opens nothing."""
    invitation, token = invite()
    other = invite("other@acme.example")[1]
    assert len({token, other}) == 2
    assert min(len(token), len(other)) >= 43  # 256 bits in base 64
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" t')  # noqa: S608
            assert token not in str(cursor.fetchone()[0]), table
    with pytest.raises(accepting.NotOpenError):
        accepting.find_open(invitation.token_hash)


def test_a_repeated_task_sends_nothing(waiting: Invitation) -> None:
    tasks.send_invitation(waiting.pk)
    tasks.send_invitation(waiting.pk)
    assert len(mail.outbox) == 1


def test_a_revoked_invitation_is_not_sent(waiting: Invitation, admin: User) -> None:
    services.revoke(invitation=waiting, revoked_by=admin)
    tasks.send_invitation(waiting.pk)
    assert not mail.outbox


def test_a_mail_server_that_recovers_gets_the_mail(waiting: Invitation, refuse_mails: RefuseMails) -> None:
    refuse_mails(smtplib.SMTPServerDisconnected("gone"))
    with pytest.raises(MailError):
        delivery.deliver(waiting.pk)
    assert state(waiting) == "not_sent"
    assert "press Resend" in Invitation.objects.get(pk=waiting.pk).mail_trouble
    refuse_mails(None)
    delivery.deliver(waiting.pk)
    assert not mail.outbox, "a pause comes first"
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        tasks.send_overdue_invitations()
        assert state(waiting) == "pending"
    assert len(mail.outbox) == 1


def test_a_long_queue_is_not_asked_for_all_of_it_each_minute(
    account: SalesAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would grow faster than it is worked off; each has its turn, whichever the queue has lost."""
    monkeypatch.setattr(delivery, "OVERDUE_AT_ONCE", 2)
    everybody = {make_invitation(account).pk for _number in range(5)}
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        turns = [delivery.overdue() for _minute in range(100)]
    assert {len(turn) for turn in turns} == {2}
    assert {one for turn in turns for one in turn} == everybody


def test_a_mail_server_that_stays_away_is_asked_less_and_less_often(
    waiting: Invitation, refuse_mails: RefuseMails
) -> None:
    """By itself, for as long as the invitation can be accepted."""
    refuse_mails(ConnectionRefusedError())
    now, pauses = timezone.now() + timedelta(minutes=3), []
    while now < waiting.expires_at:
        with time_machine.travel(now, tick=False):
            tasks.send_overdue_invitations()
            assert state(waiting) == "not_sent"
        until = Invitation.objects.get().send_after
        assert until
        pauses.append(until - now)
        now = until + timedelta(seconds=1)
    assert pauses[0] < timedelta(minutes=2)
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(hours=1)


def test_a_refused_address_is_not_tried_again(waiting: Invitation, refuse_mails: RefuseMails) -> None:
    refuse_mails(smtplib.SMTPRecipientsRefused({waiting.email: (550, b"no such user")}))
    assert tasks.send_invitation.apply((waiting.pk,)).successful()
    assert "refused this address" in Invitation.objects.get(pk=waiting.pk).mail_trouble
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert delivery.overdue() == []


def test_a_full_mailbox_is_tried_again(waiting: Invitation, refuse_mails: RefuseMails) -> None:
    refuse_mails(smtplib.SMTPRecipientsRefused({waiting.email: (452, b"mailbox full")}))
    with pytest.raises(MailError) as failure:
        delivery.deliver(waiting.pk)
    assert not failure.value.is_final


class Killed(BaseException):
    """What a worker that is killed raises: nothing of ours catches it."""


@pytest.mark.parametrize("is_handed_over", [False, True])
def test_a_mail_whose_worker_died_is_sent_again_and_is_the_same(
    waiting: Invitation, monkeypatch: pytest.MonkeyPatch, is_handed_over: bool
) -> None:
    """A promise kept: at least once, under one Message-ID and with one link, whether or not the first went out."""
    send = emails.send_invitation

    def die(invitation: Invitation, token: str) -> None:
        if is_handed_over:
            send(invitation, token)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(emails, "send_invitation", die)
        with pytest.raises(Killed):
            tasks.send_invitation(waiting.pk)
    assert state(waiting) == "sending"
    tasks.send_invitation(waiting.pk)
    assert len(mail.outbox) == is_handed_over, "its worker may live"
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert state(waiting) == "not_sent"
        assert "sent again by itself" in Invitation.objects.get().mail_trouble
        tasks.send_overdue_invitations()
        tasks.send_overdue_invitations()
    assert len(mail.outbox) == 1 + is_handed_over
    assert state(waiting) == "pending"
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 1
    assert len({str(message.body) for message in mail.outbox}) == 1
    accepting.find_open(token_in_last_mail())
    assert Invitation.objects.get().mail_token == ""


def test_what_waits_to_be_sent_again_opens_nothing(waiting: Invitation, refuse_mails: RefuseMails) -> None:
    """Security statement 21: the token that is kept meanwhile is encrypted."""
    refuse_mails(ConnectionRefusedError())
    tasks.send_invitation(waiting.pk)
    token = Invitation.objects.get().mail_token
    assert accepting.find_open(token)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, chr(10)) FROM invitations_invitation t")
        assert token not in str(cursor.fetchone()[0])


def test_a_new_mail_by_resend_has_a_link_of_its_own(
    waiting: Invitation, admin: User, refuse_mails: RefuseMails
) -> None:
    refuse_mails(ConnectionRefusedError())
    tasks.send_invitation(waiting.pk)
    token = Invitation.objects.get().mail_token
    refuse_mails(None)
    services.resend(invitation=waiting, resent_by=admin)
    tasks.send_invitation(waiting.pk)
    assert token_in_last_mail() != token
    with pytest.raises(accepting.NotOpenError):
        accepting.find_open(token)


def test_mails_that_the_queue_lost_are_sent_later(waiting: Invitation) -> None:
    tasks.send_overdue_invitations()
    assert not mail.outbox
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        tasks.send_overdue_invitations()
    assert len(mail.outbox) == 1


def test_mails_that_cannot_be_delivered_are_told_once_until_every_open_one_is(
    account: SalesAccount, refuse_mails: RefuseMails
) -> None:
    refuse_mails(smtplib.SMTPRecipientsRefused({"x@x.example": (550, b"Unknown")}))
    invitations = [make_invitation(account) for _ in range(2)]
    for invitation in invitations:
        with pytest.raises(MailError):
            delivery.deliver(invitation.pk)
    told = Occurrence.objects.going_on().get()
    assert (told.event, told.link) == (MAIL_FAILED.key, "/settings/admin/users/")
    assert "refused the address" in MAIL_FAILED.describe(told.details).what
    # Whoever runs the console mends a mail server that is down.
    assert MAIL_FAILED.describe({"problem": "not_delivered"}).who == "The operator of this console"
    for invitation in invitations:
        delivery.watch_mails()
        assert Occurrence.objects.going_on().exists()
        Invitation.objects.filter(pk=invitation.pk).update(revoked_at=timezone.now())
    delivery.watch_mails()
    assert not Occurrence.objects.going_on().exists()
