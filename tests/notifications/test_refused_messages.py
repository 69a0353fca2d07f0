"""A receiver that does not take a message gets it again later, and keeps nobody else waiting."""

import smtplib
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Member, Occurrence, SalesAccount, User
from accounts.occurrences import begin, end
from accounts.permissions import Role
from common.throttling import one_of
from notifications import handing_over, tasks
from notifications.audiences import mail_of
from notifications.events import CHANNEL_DEAD
from notifications.fan_out import write_deliveries
from notifications.models import Channel, ChannelKind, Delivery, Trouble
from notifications.services import Owner, remove_channel
from sandbox.testing import SandboxProcess
from tests.conftest import RefuseMails
from tests.factories import make_member
from tests.notifications.conftest import MakeChannel, Posts
from tests.notifications.test_telling import FIRE, _fire, titles, work

__all__ = ["_fire"]

pytestmark = pytest.mark.usefixtures("tasks_run_at_once", "_fire")


@pytest.mark.parametrize(
    ("kind", "trouble"),
    [("status:503", Trouble.BUSY), ("status:404", Trouble.REFUSED)],
)
def test_it_is_tried_again_after_growing_pauses(
    account: SalesAccount,
    admin: User,
    sandbox: SandboxProcess,
    make_channel: MakeChannel,
    posts: Posts,
    kind: str,
    trouble: Trouble,
) -> None:
    channel = make_channel()
    sandbox.post("/_sandbox/faults", {"path": "/hooks/", "kind": kind, "count": 2})
    begin(FIRE, account=account, rooms=2)
    end(FIRE, account=account)
    for tries, seconds in ((1, 10), (2, 30)):
        work()
        head = Delivery.objects.filter(channel=channel).earliest("pk")
        pause = head.due_at - timezone.now()
        assert head.tries == tries
        # From the answer on; this machine may be slow since.
        assert seconds - 8 < pause.total_seconds() <= seconds
        channel.refresh_from_db()
        assert (channel.trouble, posts()) == (trouble, [])
        # The end does not overtake the beginning.
        assert not Delivery.objects.filter(channel=channel).due().exists()
        Delivery.objects.pending().update(due_at=timezone.now())
    work()
    assert [post["json"]["data"]["phase"] for post in posts()] == ["begin", "end"]
    assert len(mail.outbox) == 2
    channel.refresh_from_db()
    assert not channel.failing_since


def test_a_dead_channel_is_told_of_by_another_until_it_works(
    account: SalesAccount, admin: User, sandbox: SandboxProcess, make_channel: MakeChannel, posts: Posts
) -> None:
    channel = make_channel(ChannelKind.SLACK)
    sandbox.post("/_sandbox/faults", {"path": "/hooks/", "kind": "status:410", "count": 1})
    begin(FIRE, account=account, rooms=2)
    work()
    work()
    assert titles()[1] == (
        "Acme Inc: Slack 127.0.0.1 does not take messages. "
        "It answered that it is gone for good. Make a new address there."
    )
    assert not posts()
    Delivery.objects.pending().update(due_at=timezone.now())
    work()
    work()
    assert "rooms" in posts()[0]["json"]["text"]
    assert titles()[2:] == ["Acme Inc: The channel takes messages again, or was removed."]
    assert Occurrence.objects.get(event=CHANNEL_DEAD.key).details["channel_id"] == channel.pk


def test_one_that_takes_nothing_for_long_is_dead_and_in_the_end_given_up(
    account: SalesAccount, admin: User, sandbox: SandboxProcess, make_channel: MakeChannel
) -> None:
    long_ago = timezone.now() - timedelta(days=4)
    channel = make_channel(failing_since=long_ago)
    sandbox.post("/_sandbox/faults", {"path": "/hooks/", "kind": "reset"})
    begin(FIRE, account=account, rooms=2)
    work()
    assert Occurrence.objects.going_on().filter(event=CHANNEL_DEAD.key).exists()
    assert Delivery.objects.pending().filter(channel=channel).exists()
    Delivery.objects.filter(channel=channel).update(created_at=long_ago, due_at=long_ago)
    work()
    assert not Delivery.objects.pending().filter(channel=channel).exists()


def test_an_account_whose_receivers_hang_keeps_no_other_waiting(
    account: SalesAccount, stranger: User, make_channel: MakeChannel, posts: Posts
) -> None:
    """Security statement 15: of the notifier's threads an account has two; twenty of its channels took all of them."""
    hanging, other = make_channel(), make_channel(ChannelKind.SLACK, account=stranger.member.account)
    for channel in (hanging, other):
        begin(FIRE, account=channel.account, rooms=2)
    with ExitStack() as hung:
        for _ in range(handing_over.PLACES):
            hung.enter_context(one_of(handing_over.PLACES, f"messages-{hanging.whose}"))
        work()
        assert [post["path"] for post in posts()] == ["/hooks/slack/ops"]
    work()
    assert [post["path"] for post in posts()] == ["/hooks/slack/ops", "/hooks/standard/ops"]


def test_many_mails_of_an_account_keep_no_other_waiting(account: SalesAccount, admin: User, stranger: User) -> None:
    """Eight thousand of one company, of one press, kept those of all others for minutes."""
    make_member(account, role=Role.ADMIN)
    Occurrence.objects.all().delete()
    others = stranger.member.account
    for one in (account, others):
        begin(FIRE, account=one, rooms=2)
    with ExitStack() as busy:
        for _ in range(handing_over.PLACES):
            busy.enter_context(one_of(handing_over.PLACES, f"mails-{mail_of(account).whose}"))
        work()
        assert [message.to for message in mail.outbox] == [[stranger.email]]
    # Whoever has a place sends what those gave up who had none.
    handing_over.send_lane(mail_of(account).pk, admin.pk)
    assert len(mail.outbox) == 3


def test_a_mail_server_that_is_down_gets_the_mail_when_it_is_up(
    account: SalesAccount, admin: User, refuse_mails: RefuseMails
) -> None:
    refuse_mails(smtplib.SMTPServerDisconnected("down"))
    begin(FIRE, account=account, rooms=2)
    work()
    assert mail_of(account).trouble == Trouble.MAIL_SERVER
    refuse_mails(None)
    Delivery.objects.update(due_at=timezone.now())
    work()
    assert len(mail.outbox) == 1


def test_an_address_that_is_refused_keeps_no_other_waiting(
    account: SalesAccount, admin: User, refuse_mails: RefuseMails
) -> None:
    make_member(account, role=Role.ADMIN)
    Occurrence.objects.all().delete()
    begin(FIRE, account=account, rooms=2)
    refuse_mails(smtplib.SMTPRecipientsRefused({admin.email: (550, b"Unknown")}), times=1)
    work()
    assert len(mail.outbox) == 1
    dead = Occurrence.objects.going_on().get(event=CHANNEL_DEAD.key)
    work()
    # The other one's mails work.
    assert titles()[1] == ("Acme Inc: Email does not take messages. The mail server refused the email address.")
    assert len(mail.outbox) == 2
    tasks.watch_channels()
    assert Occurrence.objects.going_on().filter(pk=dead.pk).exists()
    admin.member.delete()
    tasks.watch_channels()
    assert not Occurrence.objects.going_on().filter(pk=dead.pk).exists()


def test_mails_that_are_sent_no_more_are_not_told_for_ever(account: SalesAccount, admin: User) -> None:
    channel, demoted = mail_of(account), make_member(account, "demoted@acme.example", Role.ADMIN)
    dead = Occurrence.objects.going_on().filter(event=CHANNEL_DEAD.key)
    begin(FIRE, account=account, rooms=2)
    write_deliveries()
    for reader in (admin, demoted.user):
        handing_over.report_dead(channel, reader, Trouble.ADDRESS_REFUSED)
    tasks.watch_channels()
    assert dead.count() == 2
    own = Owner(account=account, member=admin.member).keep_mail()
    assert list(dead.values_list("subject", flat=True)) == [f"{channel.pk} {demoted.user.pk}"]
    # What is on its way goes with them.
    assert Delivery.objects.get(user=admin, occurrence__event=FIRE.key).channel == own
    Member.objects.filter(pk=demoted.pk).update(role=Role.USER)
    tasks.watch_channels()
    # Its message is tried again for three days.
    assert dead.exists()
    Delivery.objects.filter(channel=channel).update(given_up_at=timezone.now())
    tasks.watch_channels()
    assert not dead.exists()


def test_mails_that_others_get_do_not_say_how_long_one_has_failed(
    account: SalesAccount, admin: User, refuse_mails: RefuseMails
) -> None:
    channel = mail_of(account)
    Channel.objects.filter(pk=channel.pk).update(failing_since=timezone.now() - timedelta(days=1))
    refuse_mails(smtplib.SMTPServerDisconnected("down"))
    begin(FIRE, account=account, rooms=2)
    work()
    assert not Occurrence.objects.filter(event=CHANNEL_DEAD.key).exists()
    Channel.objects.filter(pk=channel.pk).update(failing_since=None)
    Delivery.objects.update(due_at=timezone.now(), tries=len(handing_over.PAUSES))
    work()
    assert Occurrence.objects.filter(event=CHANNEL_DEAD.key).exists()


def test_whose_own_it_is_is_told_that_it_is_dead_until_it_is_removed(
    account: SalesAccount, member: User, sandbox: SandboxProcess, make_channel: MakeChannel
) -> None:
    channel = make_channel(ChannelKind.SLACK, member=member.member)
    sandbox.post("/_sandbox/faults", {"path": "/hooks/", "kind": "status:410", "count": 1})
    begin(FIRE, account=account, rooms=2, concerned=member)
    work()
    work()
    assert "Acme Inc: Slack 127.0.0.1 does not take messages." in titles()[1]
    remove_channel(channel=channel, removed_by=member)
    assert not Occurrence.objects.going_on().filter(event=CHANNEL_DEAD.key).exists()


@pytest.mark.parametrize(
    "address", ["https://127.0.0.1/x", "https://localhost.localdomain/", "https://169.254.169.254/latest"]
)
def test_a_name_that_leads_into_the_network_is_refused_at_the_connection(
    account: SalesAccount, make_channel: MakeChannel, address: str
) -> None:
    channel = make_channel()
    channel.address = address
    channel.save()
    begin(FIRE, account=account, rooms=2)
    work()
    channel.refresh_from_db()
    assert channel.trouble in (Trouble.FORBIDDEN_HOST, Trouble.UNREACHABLE)
