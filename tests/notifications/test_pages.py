"""Choosing who is told of what, testing a channel, and the bell."""

from datetime import time, timedelta

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent, Occurrence, SalesAccount, User
from accounts.occurrences import begin, end
from common.throttling import exclusive
from notifications import tasks
from notifications.audiences import mail_of
from notifications.events import CHANNEL_DEAD
from notifications.handing_over import report_dead
from notifications.models import Channel, ChannelKind, Delivery, Pace, Trouble
from notifications.services import Owner, change_channel, choose_events
from org_moves.events import OWN_ENDED
from salesforce_package.events import STEPS_DONE
from sandbox.testing import SandboxProcess
from sync.events import FULL_SYNC_DONE
from tests.conftest import ClientOf
from tests.factories import make_run
from tests.notifications.conftest import MakeChannel, Posts
from tests.notifications.test_telling import FIRE, _fire
from tests.pages import text_of

__all__ = ["_fire"]
pytestmark = pytest.mark.usefixtures("_fire")
PERSONAL = [OWN_ENDED.key, STEPS_DONE.key]
PAGE, OWN = "/settings/admin/notifications/", "/settings/notifications/"


def add(browser: Client, address: str, kind: str = "slack", page: str = PAGE) -> int:
    return browser.post(f"{page}add/", {"kind": kind, "address": address}).status_code


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.slack.com/services/x",
        "https://user:password@hooks.slack.com/",
        "https://localhost/x",
        "file:///etc/passwd",
        "https://[::1/",
        "https://hooks.slack.com:port/",
        "https://ex\u0430mple.com/",
        "not an address",
    ],
)
def test_an_address_must_be_public_and_https(browser: Client, address: str) -> None:
    assert add(browser, address) == 400
    assert not Channel.objects.exclude(kind=ChannelKind.EMAIL).exists()


def test_a_channel_is_added_tested_changed_and_removed(
    browser: Client, sandbox: SandboxProcess, account: SalesAccount, posts: Posts
) -> None:
    sandbox.delete("/_sandbox/posts")
    assert add(browser, f"{sandbox.url}/hooks/slack/ops-secret") == 302
    channel = Channel.objects.get(kind=ChannelKind.SLACK)
    assert "ops-secret" not in browser.get(PAGE).content.decode()
    page = text_of(browser.post(f"{PAGE}{channel.pk}/test/", follow=True))
    assert "The test was taken after" in page
    assert posts()[0]["json"]["text"].startswith("*Test: Acme Inc: ")
    times = {"quiet_from": "22:00", "quiet_until": "", "language": "sv", "time_zone": "Europe/Stockholm"}
    assert browser.post(f"{PAGE}{channel.pk}/", {"pace": "hourly", **times}).status_code == 400
    assert browser.post(f"{PAGE}{channel.pk}/", {"pace": "hourly", **times, "quiet_until": "07:00"}).status_code == 302
    channel.refresh_from_db()
    assert (channel.pace, channel.language, channel.address[-10:]) == (Pace.HOURLY, "sv", "ops-secret")
    begin(FIRE, account=account, rooms=2)
    tasks.sweep()
    assert Delivery.objects.filter(channel=channel).exists()
    browser.post(f"{PAGE}{channel.pk}/remove/")
    assert not Delivery.objects.filter(channel__kind=ChannelKind.SLACK).exists()
    actions = AuditEvent.objects.filter(action__startswith="notifications.").values_list("action", "target")
    assert [action for action, _ in actions.order_by("pk")] == [
        "notifications.channel_added",
        "notifications.channel_changed",
        "notifications.channel_removed",
    ]
    assert not any("ops-secret" in target for _, target in actions)


def test_a_test_that_fails_says_why_and_one_that_works_ends_the_trouble(
    browser: Client, make_channel: MakeChannel, sandbox: SandboxProcess
) -> None:
    channel = make_channel(ChannelKind.TEAMS)
    sandbox.post("/_sandbox/faults", {"path": "/hooks/", "kind": "status:410", "count": 1})
    assert "gone for good" in text_of(browser.post(f"{PAGE}{channel.pk}/test/", follow=True))
    assert Occurrence.objects.going_on().filter(event=CHANNEL_DEAD.key).exists()
    channel.refresh_from_db()
    assert channel.trouble == Trouble.GONE
    browser.post(f"{PAGE}{channel.pk}/test/")
    assert not Occurrence.objects.going_on().filter(event=CHANNEL_DEAD.key).exists()


def test_mails_are_tested_by_whoever_presses_and_not_too_often(
    browser: Client, account: SalesAccount, admin: User
) -> None:
    channel = mail_of(account)
    for _ in range(7):
        page = text_of(browser.post(f"{PAGE}{channel.pk}/test/", follow=True))
    assert "Too many tests at once." in page
    assert [message.to for message in mail.outbox] == [[admin.email]] * 6
    assert mail.outbox[0].subject.startswith("Test: Acme Inc: ")
    assert "cannot be removed" in text_of(browser.post(f"{PAGE}{channel.pk}/remove/", follow=True))


def test_an_account_tests_one_channel_at_a_time(
    browser: Client, member: User, client_of: ClientOf, make_channel: MakeChannel, posts: Posts
) -> None:
    """Security statement 15: nine of a member that never answer stopped the web for everybody."""
    channel, own = make_channel(), make_channel(member=member.member)
    with exclusive(f"notification-test-{channel.whose}"):
        for tester, address in ((browser, f"{PAGE}{channel.pk}/test/"), (client_of(member), f"{OWN}{own.pk}/test/")):
            assert "Another test is still waiting" in text_of(tester.post(address, follow=True))
    assert not posts()
    browser.post(f"{PAGE}{channel.pk}/test/")
    assert len(posts()) == 1


def test_a_test_ends_what_mails_that_were_not_taken_began(
    browser: Client, account: SalesAccount, admin: User, member: User
) -> None:
    channel = mail_of(account)
    for reader in (admin, member):
        report_dead(channel, reader, Trouble.ADDRESS_REFUSED)
    browser.post(f"{PAGE}{channel.pk}/test/")
    assert Occurrence.objects.going_on().get(event=CHANNEL_DEAD.key).subject == f"{channel.pk} {member.pk}"


def test_what_is_chosen_is_told_and_nothing_else(browser: Client, account: SalesAccount) -> None:
    channel = mail_of(account)
    browser.post(PAGE, {f"channel-{channel.pk}": ["accounts.new_admin", "nonsense"]})
    channel.refresh_from_db()
    assert channel.events == ["accounts.new_admin", *PERSONAL]
    # Choosing the same once more is no change.
    browser.post(PAGE, {f"channel-{channel.pk}": ["accounts.new_admin"]})
    assert AuditEvent.objects.filter(action="notifications.events_chosen").count() == 1


def test_own_channels_are_only_ones_own_and_only_about_what_one_may_see(
    account: SalesAccount, admin: User, member: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    assert add(client_of(member), f"{sandbox.url}/hooks/slack/me", page=OWN) == 302
    assert Channel.objects.get(kind=ChannelKind.SLACK).member == member.member
    assert "A fire" not in text_of(client_of(member).get(OWN))
    assert "A fire" in text_of(client_of(admin).get(OWN))
    assert "Slack 127.0.0.1" in text_of(client_of(member).get(OWN))
    assert "Slack 127.0.0.1" not in text_of(client_of(admin).get(PAGE))


def test_own_mails_stay_those_of_the_account_until_they_are_changed(
    browser: Client, account: SalesAccount, admin: User
) -> None:
    of_account, begins = mail_of(account), time(22)
    values = {"events": ["accounts.new_admin"], "pace": Pace.HOURLY, "quiet_from": begins, "quiet_until": time(7)}
    Channel.objects.filter(pk=of_account.pk).update(**values)
    own = Channel.objects.of_members(account)
    page = browser.get(OWN).content.decode()
    # The others are what concerns this member alone.
    assert page.count(" checked") == 1 + len(PERSONAL)
    assert 'value="22:00' in browser.get(f"{OWN}0/").content.decode()
    assert not own.exists()
    browser.post(f"{OWN}0/", {"pace": "daily", "quiet_from": "", "quiet_until": ""})
    changed = own.get()
    assert (changed.member, changed.pace) == (admin.member, Pace.DAILY)
    # What concerns one person alone is nothing that an account chooses.
    assert changed.events == ["accounts.new_admin", *PERSONAL]
    # As from a page that was opened before.
    browser.post(OWN, {"channel-0": [FIRE.key]})
    assert own.get().events == [FIRE.key]
    of_account.refresh_from_db()
    assert of_account.events == ["accounts.new_admin"]


def test_what_changes_nothing_leaves_own_mails_those_of_the_account(
    browser: Client, account: SalesAccount, admin: User
) -> None:
    own, channel = Channel.objects.of_members(account), mail_of(account)
    report_dead(channel, admin, Trouble.ADDRESS_REFUSED)
    browser.post(f"{OWN}0/test/")
    assert [message.to for message in mail.outbox] == [[admin.email]]
    assert not Occurrence.objects.going_on().filter(event=CHANNEL_DEAD.key).exists()
    assert browser.post(f"{OWN}0/", {"pace": "never"}).status_code == 400
    assert "cannot be removed" in text_of(browser.post(f"{OWN}0/remove/", follow=True))
    assert not own.exists()


def test_a_choice_that_cannot_be_recorded_leaves_nothing(account: SalesAccount, admin: User) -> None:
    """One's own mails were a row already, and the Setup guide asked no more."""
    nobody = User(email="nobody@acme.example")
    for owner in (Owner(account=account), Owner(account=account, member=admin.member)):
        with pytest.raises(ValueError, match="unsaved"):
            choose_events(owner=owner, ticked=lambda _channel: set(), chosen_by=nobody)
        with pytest.raises(ValueError, match="unsaved"):
            change_channel(owner=owner, channel=owner.channels()[0], values={"pace": Pace.HOURLY}, changed_by=nobody)
    assert not Channel.objects.exclude(member=None, settled_at=None).exists()


def test_what_a_page_does_not_show_stays_chosen(account: SalesAccount, member: User, client_of: ClientOf) -> None:
    """A fire is nothing for this role, but is told to whom it concerns."""
    client_of(member).post(OWN, {})
    own = Channel.objects.of_members(account).get()
    begin(FIRE, account=account, rooms=2, concerned=member)
    tasks.sweep()
    assert Delivery.objects.filter(channel=own).exists()


def test_the_bell_shows_what_goes_on_until_it_was_read(
    browser: Client, account: SalesAccount, admin: User, member: User, ops: User, client_of: ClientOf
) -> None:
    begin(FIRE, account=account, rooms=2, link="/settings/people/")
    # Who is no member of the account has no settings there.
    for reader, path in ((admin, "/settings/people/"), (ops, f"/ops/accounts/{account.slug}/diagnostics/")):
        page = client_of(reader).get("/settings/profile/").content.decode()
        assert "Notifications, 1 new" in page
        assert f'href="{path}">Acme Inc: 2 rooms' in page
    assert "Acme Inc: 2 rooms" not in client_of(member).get("/settings/profile/").content.decode()
    browser.post("/notifications/seen/")
    assert "1 new" not in browser.get("/settings/profile/").content.decode()
    end(FIRE, account=account)
    page = text_of(browser.get("/notifications/")).partition("<main")[2]
    assert "The fire is out." in page
    assert "ended now" in page
    Occurrence.objects.update(ended_at=timezone.now() - timedelta(days=2))
    assert "Nothing has to be done." in text_of(browser.get("/settings/profile/"))


def test_news_is_no_warning_that_nobody_can_mend(browser: Client, account: SalesAccount, admin: User) -> None:
    begin(FULL_SYNC_DONE, account=account, concerned=admin, **FULL_SYNC_DONE.example)
    page = text_of(browser.get("/notifications/")).partition("<main")[2]
    assert "#i-info-circle" in page
    assert "#i-alert-triangle" not in page
    assert "Nobody ·" not in page


def test_what_concerns_one_person_alone_is_offered_and_shown_to_nobody_else(
    account: SalesAccount, admin: User, member: User, ops: User, client_of: ClientOf
) -> None:
    begin(OWN_ENDED, account=account, concerned=member, org="Old", new_org="New")
    for reader in (ops, admin):
        assert "Old has ended" not in text_of(client_of(reader).get("/notifications/"))
    assert "Old has ended" in text_of(client_of(member).get("/notifications/"))
    assert str(OWN_ENDED.label) in text_of(client_of(admin).get(OWN))
    for reader, page in ((ops, OWN), (admin, PAGE)):
        assert str(OWN_ENDED.label) not in text_of(client_of(reader).get(page))


@pytest.mark.usefixtures("tasks_run_at_once")
def test_a_message_leads_each_reader_where_they_may_go(account: SalesAccount, admin: User, ops: User) -> None:
    Channel.objects.create(kind=ChannelKind.EMAIL, user=ops, events=[FIRE.key])
    begin(FIRE, account=account, rooms=2, link="/settings/people/")
    tasks.sweep()
    found = {message.to[0]: str(message.body) for message in mail.outbox}
    assert "http://127.0.0.1:8000/settings/people/" in found[admin.email]
    assert f"http://127.0.0.1:8000/ops/accounts/{account.slug}/diagnostics/" in found[ops.email]
    assert "because you chose it" in found[ops.email]


def test_the_setup_guide_asks_once_who_is_told_after_step_4(
    browser: Client, account: SalesAccount, member: User, client_of: ClientOf
) -> None:
    question = "Who is told when something goes wrong?"
    assert question not in text_of(browser.get("/"))
    make_run(account)
    assert question in text_of(browser.get("/"))
    assert question not in text_of(client_of(member).get("/"))
    browser.post(f"{PAGE}keep/")
    assert question not in text_of(browser.get("/"))
    assert mail_of(account).events is None


def test_ops_staff_begin_with_what_concerns_the_operator_alone(ops: User, client_of: ClientOf) -> None:
    page = client_of(ops).get(OWN).content.decode()
    ticked = [line for line in page.split("<tr>") if " checked" in line]
    titles = [
        "The audit trail was changed",
        "An API token that is used is about to expire",
        "A channel does not accept messages",
    ]
    assert [title for title in titles for line in ticked if title in line] == titles
    assert len(ticked) == len(titles)


def test_a_channel_whose_key_is_gone_is_entered_again(
    account: SalesAccount, make_channel: MakeChannel, admin: User, client_of: ClientOf, settings: Settings
) -> None:
    """Its page opens, its messages wait and say why, and nothing is posted anywhere."""
    channel = make_channel()
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    browser = client_of(admin)
    assert browser.get(PAGE).status_code == 200
    page = text_of(browser.post(f"{PAGE}{channel.pk}/test/", follow=True))
    assert "cannot be read any more" in page
