"""What happens is told once when it begins and once when it is over, in every channel, and nothing is lost."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core import mail
from django.utils import timezone
from standardwebhooks import Webhook

from accounts.events import AUDIT_CHAIN_BROKEN
from accounts.models import Occurrence, SalesAccount, User
from accounts.occurrences import begin, end
from accounts.permissions import Permission, Role
from api.events import TOKEN_EXPIRES
from common.events import _EVENTS as EVENTS
from common.events import Event, sentences
from connections.events import MARKETO_BROKEN, SALESFORCE_BROKEN
from diagnostics.needs import needs_of
from members.services import change_role, remove_member
from notifications import audiences, handing_over, tasks
from notifications.audiences import mail_of
from notifications.events import CHANNEL_DEAD
from notifications.fan_out import write_deliveries
from notifications.models import Channel, ChannelKind, Delivery, Pace, Phase
from sandbox.testing import SandboxProcess
from sync.events import RUN_FAILED
from tests.conftest import ClientOf
from tests.factories import make_account, make_member
from tests.notifications.conftest import MakeChannel, Posts
from tests.pages import text_of
from tests.threads import at_once

FIRE = Event(
    "accounts.fire",
    label="A fire",
    describe=sentences(what="{rooms} rooms <burn> & smoke.", todo="Leave.", who="Everybody"),
    permission=Permission.MANAGE_ACCOUNT,
    example={"rooms": 2},
    ends="when it is out",
    over="The fire is out.",
)
pytestmark = pytest.mark.usefixtures("tasks_run_at_once", "_fire")


@pytest.fixture
def _fire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EVENTS, FIRE.key, FIRE)


def work() -> None:
    """What the notifier does by itself every five seconds, and what comes of it."""
    tasks.sweep()


def test_a_name_that_a_company_chose_is_no_link_in_teams(
    account: SalesAccount, make_channel: MakeChannel, posts: Posts
) -> None:
    """Teams makes links of Markdown, and ops staff are told of every account."""
    make_channel(ChannelKind.TEAMS)
    token = "[Sign in again](https://evil.example) msi_api_0000"
    begin(TOKEN_EXPIRES, account=account, token=token, days=7)
    work()
    card = posts()[0]["json"]["attachments"][0]["content"]
    assert "[Sign in again] (https://evil.example)" in card["body"][0]["text"]


def titles() -> list[str]:
    return [str(message.subject) for message in mail.outbox]


def test_every_channel_is_told_of_the_beginning_and_of_the_end(
    account: SalesAccount, admin: User, member: User, make_channel: MakeChannel, posts: Posts
) -> None:
    for kind in (ChannelKind.SLACK, ChannelKind.TEAMS, ChannelKind.WEBHOOK):
        make_channel(kind)
    for _ in range(3):
        begin(FIRE, account=account, rooms=1204, link="/ops/")
        work()
    begun = posts()
    assert [post["path"] for post in begun] == ["/hooks/slack/ops", "/hooks/teams/ops", "/hooks/standard/ops"]
    assert begun[0]["json"]["text"].startswith("*Acme Inc: 1,204 rooms &lt;burn&gt; &amp; smoke.*\nWhat to do: Leave.")
    assert begun[0]["json"]["text"].endswith("<http://127.0.0.1:8000/ops/|Open the console>")
    card = begun[1]["json"]["attachments"][0]["content"]
    assert [block["text"] for block in card["body"]][1:] == ["What to do: Leave.", "Who can do it: Everybody"]
    data = begun[2]["json"]["data"]
    assert (data["event"], data["phase"], data["account"], data["details"]) == (
        "accounts.fire",
        "begin",
        account.slug,
        {"rooms": 1204},
    )
    # To the admin, who may do something about it, and to nobody else.
    assert [(message.to, message.subject) for message in mail.outbox] == [
        ([admin.email], "Acme Inc: 1,204 rooms <burn> & smoke.")
    ]
    assert "1,204 rooms &lt;burn&gt;" in mail.outbox[0].message().as_string()
    end(FIRE, account=account)
    for _ in range(2):
        work()
    assert [post["path"] for post in posts()] == [post["path"] for post in begun] * 2
    assert posts()[-1]["json"]["data"]["phase"] == "end"
    assert titles()[1:] == ["Acme Inc: The fire is out."]
    assert " UTC." in str(mail.outbox[1].body)
    assert not Delivery.objects.pending().exists()


def test_a_webhook_is_signed_and_a_repeat_has_the_same_id(
    account: SalesAccount, sandbox: SandboxProcess, make_channel: MakeChannel, posts: Posts
) -> None:
    channel = make_channel()
    begin(FIRE, account=account, rooms=2)
    work()
    [post] = posts()
    assert Webhook(channel.secret).verify(post["body"], post["headers"])["type"] == "accounts.fire"
    # As when the process died between the answer of the receiver and our commit.
    Delivery.objects.filter(channel=channel).update(sent_at=None)
    work()
    assert posts()[1]["headers"]["webhook-id"] == post["headers"]["webhook-id"]


def test_a_mail_that_comes_twice_has_one_id(account: SalesAccount, admin: User) -> None:
    begin(FIRE, account=account, rooms=2)
    work()
    Delivery.objects.update(sent_at=None)
    work()
    first, second = (message.extra_headers["Message-ID"] for message in mail.outbox)
    assert first == second
    assert first.endswith("@127.0.0.1>")


def test_mails_and_the_bell_name_a_new_admin_and_chats_do_not(
    account: SalesAccount, admin: User, make_channel: MakeChannel, posts: Posts, client_of: ClientOf
) -> None:
    for kind in (ChannelKind.SLACK, ChannelKind.TEAMS, ChannelKind.WEBHOOK):
        make_channel(kind)
    jo = make_member(account, "jo@acme.example", Role.ADMIN).user
    User.objects.filter(pk=jo.pk).update(name="Jo Ek")
    work()
    subject = "Acme Inc: Jo Ek (jo@acme.example) became an Admin of the Sales account."
    assert titles() == [subject] * 2
    assert "Jo Ek (jo@acme.example) became an Admin" in text_of(client_of(admin).get("/notifications/"))
    assert len(posts()) == 3
    assert "Somebody became an Admin" in str(posts())
    assert "Jo Ek" not in str(posts())
    assert "jo@acme" not in str(posts())


def test_whom_it_concerns_is_told_whatever_their_role(account: SalesAccount, member: User) -> None:
    member.language = "sv"
    member.save()
    begin(FIRE, account=account, rooms=1204, concerned=member)
    work()
    assert [message.to for message in mail.outbox] == [[member.email]]
    assert mail.outbox[0].subject == "Acme Inc: 1 204 rooms <burn> & smoke."


@pytest.mark.parametrize(
    ("event", "told"),
    [(SALESFORCE_BROKEN, ["admin", "crm"]), (MARKETO_BROKEN, ["admin"]), (RUN_FAILED, ["admin"])],
    ids=lambda value: getattr(value, "key", ""),
)
def test_whoever_can_mend_it_gets_a_mail(
    event: Event, told: list[str], account: SalesAccount, admin: User, salesforce_admin: User, member: User
) -> None:
    """Not only who connected: all who may connect again, and for a run all who may start one."""
    begin(event, account=account, **event.example)
    work()
    assert sorted(message.to[0] for message in mail.outbox) == [f"{name}@acme.example" for name in told]


def test_other_accounts_hear_nothing(account: SalesAccount, stranger: User, make_channel: MakeChannel) -> None:
    make_channel(account=stranger.member.account)
    begin(FIRE, account=account, rooms=2)
    work()
    assert not Delivery.objects.exists()


def test_what_concerns_the_operator_is_told_to_the_ops_staff_alone(
    admin: User, ops: User, make_channel: MakeChannel, posts: Posts
) -> None:
    make_channel()
    begin(AUDIT_CHAIN_BROKEN, account=None, entries=3)
    begin(FIRE, account=admin.member.account, rooms=2)
    work()
    assert [message.to for message in mail.outbox if "Entries" in message.subject] == [[ops.email]]
    assert [message.to for message in mail.outbox if "rooms" in message.subject] == [[admin.email]]
    assert [post["json"]["type"] for post in posts()] == ["accounts.fire"]


def test_ops_staff_are_told_of_accounts_when_they_have_chosen_it(
    account: SalesAccount, ops: User, make_channel: MakeChannel, posts: Posts
) -> None:
    make_channel(ChannelKind.SLACK, account=None, user=ops, events=[FIRE.key])
    begin(FIRE, account=account, rooms=2)
    work()
    assert len(posts()) == 1
    User.objects.filter(pk=ops.pk).update(is_ops_staff=False)
    end(FIRE, account=account)
    work()
    assert len(posts()) == 1
    assert not Delivery.objects.pending().exists()


def test_a_removed_member_is_told_nothing_more(
    account: SalesAccount, admin: User, make_channel: MakeChannel, posts: Posts
) -> None:
    leaver = make_member(account, role=Role.ADMIN)
    Occurrence.objects.all().delete()
    make_channel(ChannelKind.SLACK, member=leaver)
    begin(FIRE, account=account, rooms=2)
    work()
    assert len(posts()) == 1
    assert len(mail.outbox) == 2
    end(FIRE, account=account)
    remove_member(member=leaver, removed_by=admin, receiver=admin.member)
    assert not Channel.objects.of_members(account).exists()
    work()
    assert len(posts()) == 1
    assert [message.to for message in mail.outbox[2:]] == [[admin.email]]


def test_whoever_may_do_no_more_about_it_is_told_nothing_more(
    account: SalesAccount, admin: User, make_channel: MakeChannel, posts: Posts
) -> None:
    """What waited for their own webhook told somebody who was demoted what only Admins may know."""
    former = make_member(account, role=Role.ADMIN)
    Occurrence.objects.all().delete()
    make_channel(member=former)
    begin(FIRE, account=account, rooms=2)
    write_deliveries()
    change_role(member=former, role=Role.USER, changed_by=admin)
    work()
    assert not posts()
    assert [message.to for message in mail.outbox] == [[admin.email]]


def test_members_own_choice_of_mails_replaces_that_of_the_account(account: SalesAccount, admin: User) -> None:
    own = Channel.objects.create(account=account, member=admin.member, kind=ChannelKind.EMAIL, events=[])
    begin(FIRE, account=account, rooms=2)
    work()
    assert not mail.outbox
    own.events = [FIRE.key]
    own.save()
    begin(FIRE, account=account, rooms=2, subject="again")
    work()
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_whoever_is_second_leaves_a_message_to_the_first(
    account: SalesAccount, make_channel: MakeChannel, posts: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_channel()
    begin(FIRE, account=account, rooms=2)
    write_deliveries()
    lane = Delivery.objects.get()
    at_once(4, lambda _: handing_over.send_lane(lane.channel_id, None))
    assert len(posts()) == 1


def test_messages_that_go_together_are_one_with_one_id(
    account: SalesAccount, make_channel: MakeChannel, posts: Posts
) -> None:
    channel = make_channel(pace=Pace.HOURLY)
    for floor in "abc":
        begin(FIRE, account=account, subject=floor, rooms=2)
    work()
    assert not posts()
    due = timezone.now() - timedelta(seconds=1)
    Delivery.objects.update(due_at=due, digest_at=due)
    work()
    Delivery.objects.update(sent_at=None)
    work()
    first, second = posts()
    assert first["json"]["type"] == "notifications.digest"
    assert [line["phase"] for line in first["json"]["data"]["messages"]] == [Phase.BEGIN] * 3
    assert first["headers"]["webhook-id"] == second["headers"]["webhook-id"]
    assert Delivery.objects.filter(channel=channel, sent_at__isnull=False).count() == 3


def test_what_is_over_for_long_is_forgotten(account: SalesAccount, admin: User) -> None:
    begin(FIRE, account=account, rooms=2)
    work()
    end(FIRE, account=account)
    Occurrence.objects.update(ended_at=timezone.now() - tasks.KEPT - timedelta(days=1))
    begin(FIRE, account=account, rooms=2)
    tasks.forget_old()
    assert Occurrence.objects.count() == 1
    assert not Delivery.objects.exists()


def test_one_that_cannot_be_told_keeps_no_other_waiting(
    account: SalesAccount, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def receivers_of(occurrence: Occurrence, event: Event) -> list[audiences.Receiver]:
        if occurrence.subject == "odd":
            raise ValueError
        return audiences.receivers_of(occurrence, event)

    monkeypatch.setattr("notifications.fan_out.receivers_of", receivers_of)
    # A zone that this system's database of zones does not know.
    User.objects.filter(pk=admin.pk).update(time_zone="Mars/Olympus")
    monkeypatch.setattr("notifications.fan_out.MOST_OCCURRENCES", 1)
    for subject in ("odd", "even"):
        begin(FIRE, account=account, subject=subject, rooms=2)
    work()
    assert len(mail.outbox) == 1
    assert Occurrence.objects.untold().get().subject == "odd"


def test_what_cannot_be_put_into_words_is_left_out_everywhere(
    account: SalesAccount, admin: User, ops: User, client_of: ClientOf
) -> None:
    """An occurrence of another version, with a code that this one does not know."""
    begin(CHANNEL_DEAD, account=account, subject="0", channel="pigeon", host="", trouble="lost")
    begin(FIRE, account=account, rooms=2)
    work()
    assert titles() == ["Acme Inc: 2 rooms <burn> & smoke."]
    assert not Delivery.objects.pending().exists()
    browser = client_of(admin)
    for page in ("/notifications/", "/settings/profile/", "/ops/"):
        assert "2 rooms" in text_of(browser.get(page))
    assert [need.message.what for need in needs_of([account], ops, None, with_operators=True)] == [
        "2 rooms <burn> & smoke."
    ]


def test_an_event_of_an_older_version_is_not_told(account: SalesAccount, admin: User) -> None:
    begin(FIRE, account=account, rooms=2)
    Occurrence.objects.update(event="sync.forgotten")
    work()
    assert not Delivery.objects.exists()
    assert not Occurrence.objects.untold().exists()


def test_own_mails_that_nobody_has_changed_follow_the_account_again(account: SalesAccount, admin: User) -> None:
    """As the migration from a version in which looking at them made a row of them."""
    readers = {name: make_member(account, f"{name}@acme.example", Role.ADMIN) for name in ("kept", "told", "waiting")}
    rows = {name: Channel.objects.create(account=account, member=one, kind="email") for name, one in readers.items()}
    stranger = make_member(make_account("Umbrella"), role=Role.ADMIN)
    alone = Channel.objects.create(account=stranger.account, member=stranger, kind="email")
    of_ops = Channel.objects.create(user=admin, kind="email")
    of_account = mail_of(account)
    # Making admins has told of some.
    Occurrence.objects.all().delete()
    Channel.objects.filter(pk=rows["kept"].pk).update(events=[])
    begin(FIRE, account=account, rooms=2)
    write_deliveries()
    deliveries = Delivery.objects.filter(occurrence__event=FIRE.key)
    deliveries.exclude(channel=rows["waiting"]).update(sent_at=timezone.now())
    migration = import_module("notifications.migrations.0003_own_mails_that_nobody_changed")
    for _ in range(2):
        migration.follow_the_account(apps, None)
    assert set(Channel.objects.all()) == {rows["kept"], rows["waiting"], alone, of_ops, of_account}
    assert deliveries.get(user=readers["told"].user).channel == of_account
    end(FIRE, account=account)
    write_deliveries()
    told = deliveries.filter(phase=Phase.END).values_list("user__email", "channel")
    assert set(told) == {
        (admin.email, of_account.pk),
        ("told@acme.example", of_account.pk),
        ("waiting@acme.example", rows["waiting"].pk),
    }
