"""Every event reaches every channel within a minute: counted in sweeps, which beat sends by the clock."""

from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail

from accounts.events import AUDIT_CHAIN_BROKEN
from accounts.models import Occurrence, SalesAccount, User
from accounts.occurrences import begin, end
from common.events import all_events
from notifications import tasks
from notifications.audiences import mail_of
from notifications.models import ChannelKind, Delivery
from tests.notifications.conftest import MakeChannel, Posts

MINUTE = timedelta(minutes=1)
SCHEDULE = settings.CELERY_BEAT_SCHEDULE
# What they look at moves over hours or days: parts of a day's allowance and of a month's changes, the end of a token.
SLOW = {"watch-allowances", "watch-freshness", "watch-api-tokens"}
PATHS = [f"/hooks/{receiver}/ops" for receiver in ("slack", "teams", "standard")]


def test_troubles_are_looked_for_and_told_within_a_minute() -> None:
    """The longest way: it begins just after somebody has looked, and is written just after a sweep."""
    looks = {name: entry["schedule"] for name, entry in SCHEDULE.items() if name.startswith("watch-")}
    assert looks.keys() > SLOW
    for name in looks.keys() - SLOW:
        assert timedelta(seconds=looks[name] + SCHEDULE["send-notifications"]["schedule"]) < MINUTE


@pytest.mark.usefixtures("tasks_run_at_once")
def test_one_sweep_tells_every_event_by_every_channel_once_and_the_next_that_it_is_over(
    account: SalesAccount, admin: User, ops: User, make_channel: MakeChannel, posts: Posts
) -> None:
    events = all_events()
    # What concerns a member alone is no matter for the account's chats and programs.
    shared = [event for event in events if not event.is_personal]
    keys = [event.key for event in events]
    for kind in (ChannelKind.SLACK, ChannelKind.TEAMS, ChannelKind.WEBHOOK):
        make_channel(kind, events=keys)
    mails = mail_of(account)
    mails.events = keys
    mails.save()
    # Making the admin has told of one.
    Occurrence.objects.all().delete()
    for event in events:
        begin(event, account=account, subject="x", concerned=admin, link="/ops/", **event.example)
    begin(AUDIT_CHAIN_BROKEN, account=None, entries=1)
    tasks.sweep()
    assert Counter(post["path"] for post in posts()) == dict.fromkeys(PATHS, len(shared))
    assert Counter(tuple(message.to) for message in mail.outbox) == {(admin.email,): len(events), (ops.email,): 1}
    lasting = [event for event in shared if event.over]
    for event in events:
        end(event, account=account)
    end(AUDIT_CHAIN_BROKEN, account=None)
    for _ in range(2):
        tasks.sweep()
    assert Counter(post["path"] for post in posts()) == dict.fromkeys(PATHS, len(shared) + len(lasting))
    told = Counter(tuple(message.to) for message in mail.outbox)
    assert told == {(admin.email,): len(events) + len(lasting), (ops.email,): 2}
    signed = [post["headers"]["webhook-id"] for post in posts() if post["path"] == PATHS[2]]
    assert len(set(signed)) == len(signed)
    assert not Delivery.objects.pending().exists()
