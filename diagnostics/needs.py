"""What needs somebody, in one account or over all: what goes on of what the rooms have recorded."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import Member, Occurrence, SalesAccount, User
from accounts.occurrences import is_inside, path_for
from accounts.permissions import Permission
from common.events import Event, Message, find_event, worded

# Whoever watches over runs without being a member sees them, and what stops them.
WATCHED = {
    Permission.CONTROL_RUNS,
    Permission.DECIDE_RUNS,
    Permission.CONNECT_MARKETO,
    Permission.CONNECT_SALESFORCE,
}
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True)
class Need:
    """One thing that goes on, in words; `path` leads to where it can be seen by whoever reads it."""

    message: Message
    account: SalesAccount | None
    is_urgent: bool
    since: datetime
    path: str


def needs_of(
    accounts: Sequence[SalesAccount], reader: User, member: Member | None, *, with_operators: bool
) -> list[Need]:
    """
    What the reader may know of: the urgent ones first, then the newest; those of the operator of the console only for
    ops staff.
    """
    whose = Q(account__in=accounts) | (Q(account=None) if with_operators else Q(pk=None))
    found = Occurrence.objects.going_on().filter(whose).select_related("account").order_by("-pk")
    needs = [need for occurrence in found if (need := _need(occurrence, reader, member))]
    return sorted(needs, key=lambda need: not need.is_urgent)


def together(needs: Sequence[Need]) -> list[tuple[Need, list[Need]]]:
    """
    One of each kind with the others of which the same is said but for numbers, in their order: when a provider is away
    for everybody, another trouble still stands beside it.
    """
    kinds: dict[str, list[Need]] = defaultdict(list)
    for need in needs:
        kinds[_DIGITS.sub("", f"{need.message.what} {need.message.who}")].append(need)
    return [(first, others) for first, *others in kinds.values()]


def _need(occurrence: Occurrence, reader: User, member: Member | None) -> Need | None:
    event = find_event(occurrence.event)
    if event is None or not _may_know(event, occurrence, reader, member):
        return None
    message = worded(event, occurrence.details)
    if message is None:
        return None
    path = path_for(occurrence, reader, member)
    return Need(message, occurrence.account, event.is_urgent, occurrence.began_at, path)


def _may_know(event: Event, occurrence: Occurrence, reader: User, member: Member | None) -> bool:
    if event.is_personal:
        return occurrence.concerned_id == reader.pk
    if reader.is_ops_staff:
        return True
    if member and occurrence.account and is_inside(occurrence.account, member):
        return is_for(event, member)
    return event.permission in WATCHED


def is_for(event: Event, member: Member | None) -> bool:
    """Is it for everybody who may do what this member may, or for all of the ops staff? Never what is personal."""
    return not event.is_personal and (member is None or event.permission in member.permissions)
