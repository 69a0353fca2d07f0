"""Handing messages over: one receiver after the other's own pace, again and again until they are taken."""

from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from prometheus_client import Counter

from accounts.models import Member, Occurrence, User
from accounts.occurrences import begin, end, path_for
from common.throttling import HeldError, one_of
from common.zones import zone_named
from notifications.audiences import Receiver, may_receive
from notifications.events import CHANNEL_DEAD
from notifications.messages import tell
from notifications.models import Channel, ChannelKind, Delivery, Trouble
from notifications.querysets import DeliveryQuerySet
from notifications.senders import chats, mails, webhooks
from notifications.senders.taking import Envelope, NotTaken

PAUSES = [timedelta(seconds=seconds) for seconds in (10, 30, 120, 300, 900, 3600)]
# A channel that has taken nothing for so long is dead, until it takes something.
DEAD_AFTER = timedelta(minutes=30)
GIVEN_UP_AFTER = timedelta(days=3)
# Of the notifier's eight: an account whose chats and programs all hang keeps no other account waiting. As many for the
# mails of an account: what happens to a hundred people at once is told to all of its Admins.
PLACES = 2
_POSTING = {
    ChannelKind.SLACK: chats.send_to_slack,
    ChannelKind.TEAMS: chats.send_to_teams,
    ChannelKind.WEBHOOK: webhooks.send_webhook,
}
MESSAGES = Counter(
    "msi_notifications_total", "Messages handed over, by kind of channel: taken, or why not.", ["channel", "outcome"]
)
_log = structlog.get_logger(__name__)


def send_lane(channel_id: int, user_id: int | None) -> None:
    """
    Hand over what is due for one receiver, in order, until one message is not taken; of mails, then what is due for the
    account's others. While receivers of the same account keep all places waiting that it has in the notifier, nothing:
    the next sweep comes in a moment.
    """
    with suppress(HeldError), _place_of(channel_id, user_id):
        _send_all(channel_id, user_id)
        if user_id is not None:
            # Others of whom the account's mails tell had no place meanwhile.
            due = Delivery.objects.due().filter(channel=channel_id).exclude(user=None).order_by("user")
            for other_id in due.values_list("user", flat=True).distinct():
                _send_all(channel_id, other_id)


def _send_all(channel_id: int, user_id: int | None) -> None:
    while _send_next(Delivery.objects.of_lane(channel_id, user_id)):
        pass


def _place_of(channel_id: int, user_id: int | None) -> AbstractContextManager[None]:
    """Mails do not wait for receivers, but our own mail server takes one after the other."""
    channel = Channel.objects.filter(pk=channel_id).first()
    name = "messages" if user_id is None else "mails"
    return one_of(PLACES, f"{name}-{channel.whose}") if channel else nullcontext()


def _send_next(lane: DeliveryQuerySet) -> bool:
    """True when there may be more. Whoever dies in here leaves the message as it was: the next one sends it again."""
    head = lane.due().first()
    if head is None:
        return False
    with transaction.atomic():
        # Another worker may have it.
        mine = lane.pending().select_for_update(skip_locked=True).filter(pk=head.pk)
        return mine.first() is not None and _send(lane, _batch(lane, head))


def _batch(lane: DeliveryQuerySet, head: Delivery) -> list[Delivery]:
    """The message, with those that go out together with it."""
    same = lane.filter(pk=head.pk) if head.digest_at is None else lane.filter(digest_at=head.digest_at)
    return list(same.pending().select_related("channel__user", "user", "occurrence__account", "occurrence__concerned"))


def _send(lane: DeliveryQuerySet, batch: list[Delivery]) -> bool:
    channel, user, now = batch[0].channel, batch[0].user, timezone.now()
    rows = Delivery.objects.filter(pk__in=[delivery.pk for delivery in batch])
    wanted = [one for one in batch if may_receive(Receiver(channel, user), one.occurrence)]
    try:
        if wanted:
            _hand_over(channel, user, wanted)
    except NotTaken as refusal:
        _put_off(lane, rows, batch[0], refusal)
        return False
    rows.update(sent_at=now)
    if wanted:
        MESSAGES.labels(channel.kind, "taken").inc()
        works(channel, user)
    return True


def _hand_over(channel: Channel, user: User | None, batch: list[Delivery]) -> None:
    language = user.language if user else channel.language
    with translation.override(language), timezone.override(zone_of(channel, user)):
        told = (
            tell(one.occurrence, one.phase, _path(one.occurrence, channel, user), names_people=user is not None)
            for one in batch
        )
        if lines := [line for line in told if line]:
            hand_over(channel, user, Envelope(str(batch[0].message_id), lines))


def _path(occurrence: Occurrence, channel: Channel, user: User | None) -> str:
    """For whom a channel belongs to; that of an account is read by its members."""
    reader = user or channel.owner
    if reader is None:
        return occurrence.link or "/"
    return path_for(occurrence, reader, Member.objects.filter(user=reader).first())


def hand_over(channel: Channel, user: User | None, envelope: Envelope) -> None:
    """In the language and the time zone that are active. Raises NotTaken."""
    if channel.is_unreadable:
        raise NotTaken(Trouble.UNREADABLE, is_final=True)
    if user:
        mails.send_to(user, envelope, settings_url())
    else:
        _POSTING[ChannelKind(channel.kind)](channel, envelope)


def settings_url() -> str:
    """Where somebody may choose what they are told."""
    return settings.SITE_URL + reverse("notifications:own")


def zone_of(channel: Channel, user: User | None) -> ZoneInfo:
    """By whose clock a message is due and told."""
    return zone_named(user.time_zone if user else channel.time_zone)


def works(channel: Channel, user: User | None) -> None:
    """The receiver has just taken something."""
    Channel.objects.filter(pk=channel.pk).update(last_sent_at=timezone.now(), failing_since=None, trouble="")
    end(CHANNEL_DEAD, account=channel.account, subject=Receiver(channel, user).subject)


def _put_off(lane: DeliveryQuerySet, rows: DeliveryQuerySet, head: Delivery, refusal: NotTaken) -> None:
    channel, now = head.channel, timezone.now()
    MESSAGES.labels(channel.kind, refusal.trouble.value).inc()
    _log.warning("message_not_taken", channel=channel.pk, trouble=refusal.trouble, tries=head.tries + 1)
    since = channel.failing_since or now
    Channel.objects.filter(pk=channel.pk).update(failing_since=since, trouble=refusal.trouble)
    if head.created_at < now - GIVEN_UP_AFTER:
        rows.update(given_up_at=now)
    rows.update(tries=head.tries + 1)
    # The others of the lane would meet the same.
    again = _again_at(now, head.tries, refusal)
    lane.pending().filter(due_at__lt=again).update(due_at=again)
    if refusal.is_final or _failed_for(head, since) >= DEAD_AFTER:
        report_dead(channel, head.user, refusal.trouble)


def _failed_for(head: Delivery, since: datetime) -> timedelta:
    """Mails fail and work by the address, whatever the others of the channel do: how long is known by the tries."""
    return sum(PAUSES[: head.tries], timedelta()) if head.user else timezone.now() - since


def _again_at(now: datetime, tries: int, refusal: NotTaken) -> datetime:
    pause = PAUSES[-1 if refusal.is_final else min(tries, len(PAUSES) - 1)]
    asked_for = timedelta(seconds=refusal.retry_after or 0)
    return now + max(pause, min(asked_for, PAUSES[-1]))


def report_dead(channel: Channel, user: User | None, trouble: Trouble) -> None:
    """Tell by the other channels that this one does not take messages."""
    begin(
        CHANNEL_DEAD,
        account=channel.account,
        subject=Receiver(channel, user).subject,
        link=reverse("notifications:own" if channel.owner else "notifications:channels"),
        concerned=channel.owner,
        channel=channel.kind,
        host=channel.host,
        trouble=trouble,
        channel_id=channel.pk,
    )
