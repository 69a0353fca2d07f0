"""What people may order here: adding, changing, testing and removing channels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Member, Occurrence, SalesAccount, User
from accounts.occurrences import end
from accounts.services import RefusedError, lock_account, record
from common.events import Event, all_events
from common.throttling import HeldError, exclusive, hit
from notifications.audiences import Receiver, mail_of
from notifications.audit_actions import NotificationAction
from notifications.events import CHANNEL_DEAD
from notifications.handing_over import hand_over, report_dead, works, zone_of
from notifications.messages import told
from notifications.models import BellMark, Channel, ChannelKind, Delivery, Phase, Trouble
from notifications.senders.taking import Envelope, NotTaken
from notifications.senders.webhooks import new_secret

MOST_CHANNELS = 10
TESTS_A_MINUTE = 6


@dataclass(frozen=True)
class Owner:
    """Whose channels: the account's, a member's, or somebody's of the ops staff."""

    account: SalesAccount | None = None
    member: Member | None = None
    user: User | None = None

    def fields(self) -> dict[str, Any]:
        return {"account": self.account, "member": self.member, "user": self.user}

    def may_be_told(self, event: Event) -> bool:
        """Can the event be about something that the owner may see?"""
        return event.permission in self.member.permissions if self.member else not event.is_personal

    def channels(self) -> list[Channel]:
        """The mails first, which everybody has; those that nobody has changed yet are no row."""
        found = list(Channel.objects.filter(**self.fields()))
        if not any(channel.is_mail for channel in found):
            found.append(Channel(**self.fields(), kind=ChannelKind.EMAIL, **self._as_before()))
        return sorted(found, key=lambda channel: not channel.is_mail)

    def mail_in_use(self) -> Channel:
        """Over which mails go as long as nobody has changed one's own: a member's over the account's."""
        return mail_of(self.account) if self.account else self.keep_mail()

    @transaction.atomic
    def keep_mail(self) -> Channel:
        """The mails as a row of their own, for whoever changes them."""
        fields = {**self.fields(), "kind": ChannelKind.EMAIL}
        channel, is_new = Channel.objects.get_or_create(**fields, defaults=self._as_before())
        if is_new and self.account and self.member:
            _take_over(channel, mail_of(self.account), self.member.user)
        return channel

    def _as_before(self) -> dict[str, Any]:
        """A member's mails have been those of the account until now."""
        if not (self.account and self.member):
            return {}
        of_account = mail_of(self.account)
        events = None if of_account.events is None else sorted(wanted_by(of_account))
        return {"events": events} | {name: getattr(of_account, name) for name in ("pace", "quiet_from", "quiet_until")}


@transaction.atomic
def add_channel(*, owner: Owner, kind: ChannelKind, address: str, language: str, added_by: User) -> Channel:
    """Add a chat or a program to tell. Raises RefusedError when there are too many."""
    if owner.account:
        # Who counts these channels has counted those that others add at the moment.
        lock_account(owner.account)
    if Channel.objects.filter(**owner.fields()).count() >= MOST_CHANNELS:
        raise RefusedError(_("There can be %(limit)d channels. Remove one first.") % {"limit": MOST_CHANNELS})
    channel = Channel.objects.create(
        **owner.fields(),
        kind=kind,
        address=address,
        secret=new_secret() if kind == ChannelKind.WEBHOOK else "",
        language=language,
        time_zone=added_by.time_zone,
    )
    _settle(owner)
    _record(channel, NotificationAction.CHANNEL_ADDED, added_by)
    return channel


@transaction.atomic
def change_channel(*, owner: Owner, channel: Channel, values: Mapping[str, Any], changed_by: User) -> None:
    """Change where or when one of the owner's channels is told; what waits for it is tried again at once."""
    channel = channel if channel.pk else owner.keep_mail()
    for name, value in values.items():
        setattr(channel, name, value)
    channel.save(update_fields=list(values))
    try_again(channel)
    _record(channel, NotificationAction.CHANNEL_CHANGED, changed_by)


@transaction.atomic
def choose_events(*, owner: Owner, ticked: Callable[[Channel], set[str]], chosen_by: User) -> None:
    """Let each of the owner's channels be told of the events that were ticked for it."""
    keep_as_is(owner)
    offered = {event.key for event in all_events() if owner.may_be_told(event)}
    for channel in owner.channels():
        # What the page did not show stays as it is: it is still told to whom it concerns.
        events = sorted((ticked(channel) & offered) | (wanted_by(channel) - offered))
        if events != sorted(wanted_by(channel)):
            channel.events = events
            channel.save(update_fields=["events"])
            _record(channel, NotificationAction.EVENTS_CHOSEN, chosen_by)


def wanted_by(channel: Channel) -> set[str]:
    """The keys of the events that a channel is told of."""
    is_of_account = channel.account_id is not None
    return {event.key for event in all_events() if channel.wants(event, is_of_account=is_of_account)}


def is_settled(account: SalesAccount) -> bool:
    """Has an Admin chosen who is told, or said that it is right as it is?"""
    return Channel.objects.for_account(account).exclude(settled_at=None).exists()


@transaction.atomic
def keep_as_is(owner: Owner) -> None:
    """Who is told is right as it is."""
    owner.keep_mail()
    _settle(owner)


def _settle(owner: Owner) -> None:
    """Nobody has to be asked any more who is told of the account; about one's own channels nobody is asked."""
    if owner.account and not owner.member:
        unsettled = Channel.objects.for_account(owner.account).filter(settled_at=None)
        unsettled.update(settled_at=timezone.now())


@transaction.atomic
def remove_channel(*, channel: Channel, removed_by: User) -> None:
    """Tell it nothing more, not even what is on its way. Raises RefusedError for mails, which can only be emptied."""
    if channel.is_mail:
        raise RefusedError(_("Mails cannot be removed. To stop them, untick every event."))
    _record(channel, NotificationAction.CHANNEL_REMOVED, removed_by)
    end(CHANNEL_DEAD, account=channel.account, subject=Receiver(channel).subject)
    channel.delete()


def _take_over(own: Channel, of_account: Channel, user: User) -> None:
    """What is on its way to somebody over the account's mails goes over their own; the others get none any more."""
    # But for the one that is just handed over.
    mine = of_account.deliveries.pending().filter(user=user).select_for_update(skip_locked=True, of=("self",))
    Delivery.objects.filter(pk__in=list(mine.values_list("pk", flat=True))).update(channel=own)
    end(CHANNEL_DEAD, account=own.account, subject=Receiver(of_account, user).subject)


@dataclass(frozen=True)
class Outcome:
    """How a test went: taken after so many seconds, or why not."""

    trouble: Trouble | None
    seconds: float


def send_test(*, channel: Channel, tested_by: User) -> Outcome:
    """
    Send the message of a real event, marked as a test, to the channel, or for mails to whoever tests.

    Raises RefusedError when it is done too often, or while another of the account is tested: whoever tests keeps a web
    thread waiting, for as long as a receiver likes that takes the message and says nothing.
    """
    if hit(f"notification-tests:{channel.pk}", seconds=60) > TESTS_A_MINUTE:
        raise RefusedError(_("Too many tests at once. Wait a minute, then try again."))
    user, began = tested_by if channel.is_mail else None, monotonic()
    try:
        with exclusive(f"notification-test-{channel.whose}"):
            _send_example(channel, user)
    except HeldError:
        raise RefusedError(_("Another test is still waiting for its answer. Wait a moment, then try again.")) from None
    except NotTaken as refusal:
        _note_failure(channel, user, refusal)
        return Outcome(refusal.trouble, monotonic() - began)
    works(channel, user)
    try_again(channel)
    return Outcome(None, monotonic() - began)


def _send_example(channel: Channel, user: User | None) -> None:
    event = _example_for(channel)
    occurrence = Occurrence(account=channel.account, event=event.key, details=dict(event.example))
    occurrence.began_at = timezone.now()
    language = user.language if user else channel.language
    with translation.override(language), timezone.override(zone_of(channel, user)):
        line = told(event, occurrence, Phase.BEGIN, "/")
        hand_over(channel, user, Envelope(f"test-{channel.pk}-{int(timezone.now().timestamp())}", [line], is_test=True))


def _example_for(channel: Channel) -> Event:
    wanted = wanted_by(channel)
    events = [event for event in all_events() if event.key in wanted and event.example] or all_events()
    # What people wait for, rather than the first by the alphabet.
    return max(events, key=lambda event: event.is_urgent)


def _note_failure(channel: Channel, user: User | None, refusal: NotTaken) -> None:
    since = channel.failing_since or timezone.now()
    Channel.objects.filter(pk=channel.pk).update(failing_since=since, trouble=refusal.trouble)
    if refusal.is_final:
        report_dead(channel, user, refusal.trouble)


def try_again(channel: Channel) -> None:
    """What waits because the channel took nothing is due now."""
    channel.deliveries.pending().filter(tries__gt=0).update(due_at=timezone.now(), tries=0)


def mark_as_seen(user: User) -> None:
    """Somebody has read what the bell shows."""
    BellMark.objects.update_or_create(user=user, defaults={"seen_at": timezone.now()})


def _record(channel: Channel, action: NotificationAction, by: User) -> None:
    record(account=channel.account, actor=by, action=action, target=channel)
