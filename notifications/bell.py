"""What the bell shows: what goes on, or has just ended, that this person can do something about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.db.models import Exists, OuterRef, Q, QuerySet
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
        tell(one, Phase.END if one.ended_at else Phase.BEGIN, path_for(one, reader, member)) for one in occurrences
    )
    return [line for line in lines if line]


@dataclass(frozen=True)
class Bell:
    """Asked for by the rail of a page, and by nothing else."""

    user: User
    member: Member | None

    @cached_property
    def lines(self) -> list[Telling]:
        recent = Q(ended_at=None) | Q(ended_at__gt=timezone.now() - SHOWN_AFTER)
        found = visible_to(self.user, self.member).filter(recent).select_related("account")
        return in_words(found.order_by("-pk")[:SHOWN], self.user, self.member)

    @cached_property
    def unread(self) -> int:
        """How much goes on that began since this person has looked."""
        seen = BellMark.objects.filter(user=self.user, seen_at__gte=OuterRef("began_at"))
        return visible_to(self.user, self.member).filter(~Exists(seen), ended_at=None).count()


def bell(request: HttpRequest) -> dict[str, object]:
    """Context processor."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    member: Member | None = request.member or None  # type: ignore[attr-defined]
    return {"bell": Bell(user, member)} if member or user.is_ops_staff else {}
