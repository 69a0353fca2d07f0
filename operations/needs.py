"""What needs somebody, over all accounts: what goes on of what the rooms have recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import Member, Occurrence, SalesAccount
from accounts.occurrences import path_for
from common.events import Message, find_event


@dataclass(frozen=True)
class Need:
    """One thing that goes on, in words; `path` leads to where it can be seen by whoever reads it."""

    message: Message
    account: SalesAccount | None
    is_urgent: bool
    since: datetime
    path: str


def needs_of(accounts: Sequence[SalesAccount], member: Member | None, *, with_operators: bool) -> list[Need]:
    """The urgent ones first, then the newest; those of the operator of the console only for ops staff."""
    whose = Q(account__in=accounts) | (Q(account=None) if with_operators else Q(pk=None))
    found = Occurrence.objects.going_on().filter(whose).select_related("account").order_by("-pk")
    needs = [need for occurrence in found if (need := _need(occurrence, member))]
    return sorted(needs, key=lambda need: not need.is_urgent)


def _need(occurrence: Occurrence, member: Member | None) -> Need | None:
    event = find_event(occurrence.event)
    if event is None:
        return None
    path = path_for(occurrence, member)
    return Need(event.describe(occurrence.details), occurrence.account, event.is_urgent, occurrence.began_at, path)
