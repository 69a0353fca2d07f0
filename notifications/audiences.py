"""Who is told of what: those who can do something about it, whom it concerns, and who has asked to be told."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from accounts.models import Member, Occurrence, SalesAccount, User
from accounts.permissions import Permission, roles_with
from accounts.querysets import MemberQuerySet
from common.events import Event, all_events, find_event
from notifications.events import CHANNEL_DEAD
from notifications.models import Channel, ChannelKind


@dataclass(frozen=True)
class Receiver:
    """A channel, and for a mail the person it is for."""

    channel: Channel
    user: User | None = None

    @property
    def subject(self) -> str:
        """By which it is known what is told of it itself."""
        return f"{self.channel.pk} {self.user.pk}" if self.user else str(self.channel.pk)


def receivers_of(occurrence: Occurrence, event: Event) -> list[Receiver]:
    """Everybody who is told of an occurrence. Nothing is told of its own failing; the mails of others work."""
    is_of_account = occurrence.account is not None
    found = _of_account(occurrence.account, occurrence, event) if occurrence.account else _operators()
    staff = () if event.is_personal else _ops_staff_of(is_of_account=is_of_account)
    failing = occurrence.subject if event.key == CHANNEL_DEAD.key else None
    return [
        receiver
        for receiver in [*found, *staff]
        if receiver.subject != failing and receiver.channel.wants(event, is_of_account=is_of_account)
    ]


def mail_of(account: SalesAccount) -> Channel:
    """The account's mails to those who can act, which are sent unless somebody has chosen otherwise."""
    return Channel.objects.get_or_create(account=account, member=None, user=None, kind=ChannelKind.EMAIL)[0]


def is_there(receiver: Receiver, account: SalesAccount | None) -> bool:
    """False for somebody who has left since: neither mails nor their own channels are theirs any more."""
    user = receiver.user or receiver.channel.owner
    if user is None:
        return True
    if receiver.channel.user_id or account is None:
        return User.objects.filter(pk=user.pk, is_active=True, is_ops_staff=True).exists()
    return Member.objects.for_account(account).filter(user=user, user__is_active=True).exists()


def may_receive(receiver: Receiver, occurrence: Occurrence) -> bool:
    """False also for a member who may do no more what it is about."""
    account, event = occurrence.account, find_event(occurrence.event)
    user = receiver.user or receiver.channel.owner
    if user is None or receiver.channel.user_id or account is None or event is None:
        return is_there(receiver, account)
    return _told_of(account, occurrence, event).filter(user=user).exists()


def is_told_by_account(mails: Channel, user: User) -> bool:
    """Do an account's mails go to this user: a member who has none of their own, and whose role can do something?"""
    member = Member.objects.filter(user=user, account=mails.account_id).first()
    if member is None or Channel.objects.filter(member=member, kind=ChannelKind.EMAIL).exists():
        return False
    told = [event for event in all_events() if not event.is_personal and mails.wants(event, is_of_account=True)]
    return any(event.permission in member.permissions for event in told)


def _of_account(account: SalesAccount, occurrence: Occurrence, event: Event) -> Iterator[Receiver]:
    told = list(_told_of(account, occurrence, event))
    own = list(Channel.objects.of_members(account).select_related("member__user"))
    with_own_mail = {channel.member_id for channel in own if channel.is_mail}
    for channel in own:
        if channel.member in told:
            yield _own(channel)
    by_account = [member.user for member in told if member.pk not in with_own_mail]
    if by_account:
        mails = mail_of(account)
        yield from (Receiver(mails, user) for user in by_account)
    if not event.is_personal:
        for channel in Channel.objects.for_account(account).exclude(kind=ChannelKind.EMAIL):
            yield Receiver(channel)


def _own(channel: Channel) -> Receiver:
    return Receiver(channel, channel.owner if channel.is_mail else None)


def _told_of(account: SalesAccount, occurrence: Occurrence, event: Event) -> MemberQuerySet:
    """Those who can do something about it, and whom it concerns."""
    roles = [] if event.is_personal else roles_with(Permission(event.permission))
    members = Member.objects.for_account(account).filter(user__is_active=True).select_related("user")
    return members.filter(Q(role__in=roles) | Q(user=occurrence.concerned_id))


def _operators() -> Iterator[Receiver]:
    """Nobody has to choose what concerns the operator of the console alone."""
    for user in User.objects.filter(is_ops_staff=True, is_active=True):
        Channel.objects.get_or_create(account=None, member=None, user=user, kind=ChannelKind.EMAIL)
    return iter(())


def _ops_staff_of(*, is_of_account: bool) -> Iterator[Receiver]:
    channels = Channel.objects.of_ops_staff().select_related("user")
    # Without a choice they are not told of an account, so that its every trouble does not look for them.
    for channel in channels.exclude(events=None) if is_of_account else channels:
        yield _own(channel)
