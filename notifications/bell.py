"""What the bell shows: what goes on, or has just ended, that this person can do something about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Window
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Member, Occurrence, User
from accounts.occurrences import path_for
from common.events import all_events
from notifications.messages import Telling, tell
from notifications.models import BellMark, Phase

SHOWN = 6
# What is over is of interest a little longer.
SHOWN_AFTER = timedelta(days=1)


def visible_to(user: User, member: Member | None) -> QuerySet[Occurrence]:
    """
    Everything for ops staff but what is told to others alone; for members what they can do something about, or what
    concerns them.
    """
    if user.is_ops_staff:
        personal = [event.key for event in all_events() if event.is_personal]
        return Occurrence.objects.filter(~Q(event__in=personal) | Q(concerned=user))
    if not member:
        return Occurrence.objects.none()
    keys = [event.key for event in all_events() if event.permission in member.permissions and not event.is_personal]
    return Occurrence.objects.for_account(member.account).filter(Q(event__in=keys) | Q(concerned=user))


def in_words(occurrences: Iterable[Occurrence], reader: User, member: Member | None) -> list[Telling]:
    """Those of events that are known, each with the path of the page that shows it to the reader."""
    lines = (
        tell(one, Phase.END if one.ended_at else Phase.BEGIN, path_for(one, reader, member), names_people=True)
        for one in occurrences
    )
    return [line for line in lines if line]


@dataclass(frozen=True)
class Bell:
    """Asked for by the rail of a page, and by nothing else."""

    user: User
    member: Member | None

    @cached_property
    def lines(self) -> list[Telling]:
        return in_words(self._recent, self.user, self.member)

    @property
    def unread(self) -> int:
        """How much goes on that began since this person has looked."""
        return self._recent[0].unread if self._recent else 0

    @cached_property
    def _recent(self) -> list[Any]:
        """Occurrences with `unread`, counted over all that are recent: every page asks for both at once."""
        recent = Q(ended_at=None) | Q(ended_at__gt=timezone.now() - SHOWN_AFTER)
        seen = BellMark.objects.filter(user=self.user, seen_at__gte=OuterRef("began_at"))
        unread = Window(Count("pk", filter=Q(~Exists(seen), ended_at=None)))
        found = visible_to(self.user, self.member).filter(recent).annotate(unread=unread)
        return list(found.select_related("account", "concerned").order_by("-pk")[:SHOWN])


def bell(request: HttpRequest) -> dict[str, object]:
    """Context processor."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    member: Member | None = request.member or None  # type: ignore[attr-defined]
    return {"bell": Bell(user, member)} if member or user.is_ops_staff else {}
