"""All accounts at a glance: where each stands, how old its copy is, what came in and what comes next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Count, Min, OuterRef, Subquery, Sum
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import Occurrence, SalesAccount
from common.events import all_events
from common.hours import hour_of, last_hours
from sync.engine.cursors import read_at
from sync.messages import wait_reason
from sync.models import Cursor, RunKind, SyncRun
from sync.schedule import connected_among, rhythms_of
from sync.statuses import RunStatus
from sync.waiting import longest_waits
from sync.watch import is_late

HOURS = 24


class Standing(models.TextChoices):
    """Where an account stands, the worst first."""

    NEEDS_SOMEBODY = "needs_somebody", _("Needs attention")
    WAITING = "waiting", _("Waiting")
    LATE = "late", _("Late")
    PAUSED = "paused", _("Paused")
    RUNNING = "running", _("Running")
    UP_TO_DATE = "up_to_date", _("Up to date")
    DISCONNECTED = "disconnected", _("Disconnected")
    NEVER = "never", _("Not synced yet")


# Under which heading they stand.
GROUPS: tuple[tuple[StrOrPromise, set[Standing]], ...] = (
    (_("Needs attention"), {Standing.NEEDS_SOMEBODY}),
    (_("Late, continues automatically"), {Standing.WAITING, Standing.LATE}),
    (_("In order"), {Standing.PAUSED, Standing.RUNNING, Standing.UP_TO_DATE}),
    (_("Disconnected"), {Standing.DISCONNECTED}),
    (_("Not synced yet"), {Standing.NEVER}),
)
# When the next run begins.
NEXT_RUNS: Mapping[Standing, StrOrPromise] = {
    Standing.PAUSED: _("when it is resumed"),
    Standing.DISCONNECTED: _("when it is connected again"),
    Standing.NEVER: _("after the first sync"),
}


@dataclass(frozen=True)
class Line:
    """One account. `changes` are people whom its runs have read in each of the last 24 hours, the oldest first."""

    account: SalesAccount
    standing: Standing
    complete_until: datetime | None
    changes: Sequence[int]
    last: SyncRun | None
    current: SyncRun | None
    rhythm: timedelta | None
    is_connected: bool
    # Why the current run waits, in words; empty where it does not.
    waits_for: StrOrPromise = ""

    @property
    def read_at(self) -> datetime | None:
        """When both systems were last read."""
        return read_at(self.complete_until) if self.complete_until else None

    @property
    def total(self) -> int:
        return sum(self.changes)

    @property
    def next_run(self) -> StrOrPromise | datetime:
        """When the next run begins, or what it waits for."""
        if self.standing in NEXT_RUNS:
            return NEXT_RUNS[self.standing]
        if self.standing == Standing.NEEDS_SOMEBODY and self._is_stopped:
            return _("when it is fixed")
        if self.current:
            return _("after this run")
        if self.rhythm is None:
            return _("when the schedule is on again")
        now = timezone.now()
        return max(self.last.created_at + self.rhythm, now) if self.last else now

    @property
    def _is_stopped(self) -> bool:
        return not self.is_connected or self.last is None or self.last.status == RunStatus.FAILED


class Fleet:
    """The accounts somebody watches over, read in a handful of queries however many there are."""

    def __init__(self, accounts: Sequence[SalesAccount]) -> None:
        self.accounts = accounts
        self._keys = [account.pk for account in accounts]

    @cached_property
    def lines(self) -> list[Line]:
        """The worst first, then by name."""
        found = [self._line(account) for account in self.accounts]
        order = list(Standing)
        return sorted(found, key=lambda line: (order.index(line.standing), str(line.account)))

    def groups(self, standing: str = "") -> list[tuple[StrOrPromise, list[Line]]]:
        """The lines under their headings; those of one standing where it is named."""
        shown = [line for line in self.lines if not standing or line.standing == standing]
        grouped = [(label, [line for line in shown if line.standing in members]) for label, members in GROUPS]
        return [(label, lines) for label, lines in grouped if lines]

    def _line(self, account: SalesAccount) -> Line:
        key = account.pk
        current, until = self._current.get(key), self._complete_until.get(key)
        standing = self._standing(key, current, until)
        return Line(
            account,
            standing,
            until,
            self._changes[key],
            self._last.get(key),
            current,
            self._rhythms[key],
            is_connected=key in self._connected,
            waits_for=str(wait_reason(self._waits[key])) if standing == Standing.WAITING and key in self._waits else "",
        )

    def _standing(self, key: int, current: SyncRun | None, until: datetime | None) -> Standing:
        if key in self._in_need:
            return Standing.NEEDS_SOMEBODY
        if current:
            waits = Standing.WAITING if current.is_waiting else Standing.RUNNING  # type: ignore[attr-defined]
            return Standing.PAUSED if current.paused_at else waits
        if until is None:
            return Standing.NEVER
        if key not in self._connected:
            return Standing.DISCONNECTED
        return Standing.LATE if is_late(until, self._rhythms[key]) else Standing.UP_TO_DATE

    @cached_property
    def _rhythms(self) -> Mapping[int, timedelta | None]:
        return rhythms_of(self._keys)

    @cached_property
    def _connected(self) -> set[int]:
        return connected_among(self._keys)

    @cached_property
    def _in_need(self) -> set[int]:
        urgent = [event.key for event in all_events() if event.is_urgent]
        going_on = Occurrence.objects.going_on().filter(account__in=self._keys, event__in=urgent)
        return set(going_on.values_list("account_id", flat=True))

    @cached_property
    def _complete_until(self) -> Mapping[int, datetime]:
        cursors = Cursor.objects.filter(account__in=self._keys).values_list("account")
        return dict(cursors.annotate(oldest=Min("since")))

    @cached_property
    def _current(self) -> Mapping[int, SyncRun]:
        runs = SyncRun.objects.unfinished().filter(account__in=self._keys).with_waiting()
        return {run.account_id: run for run in runs}

    @cached_property
    def _waits(self) -> Mapping[int, str]:
        """Codes of what keeps current runs longest."""
        waits = longest_waits(self._current.values())
        return {key: waits[run.pk].waiting_reason for key, run in self._current.items() if run.pk in waits}

    @cached_property
    def _last(self) -> Mapping[int, SyncRun]:
        # One look into the index for each account: DISTINCT would read all of their runs.
        newest = SyncRun.objects.filter(account=OuterRef("pk")).order_by("-pk").values("pk")[:1]
        last = SalesAccount.objects.filter(pk__in=self._keys).values(run=Subquery(newest))
        return {run.account_id: run for run in SyncRun.objects.filter(pk__in=last)}

    @cached_property
    def _changes(self) -> Mapping[int, list[int]]:
        began = last_hours(HOURS)
        # What ends as the next hour begins is of none of them.
        found = {(key, hour): people for key, hour, people in _read_since(began[0], self._keys)}
        return {key: [found.get((key, hour), 0) for hour in began] for key in self._keys}


@dataclass(frozen=True)
class Hour:
    """What happened in an hour, over all accounts."""

    begins: datetime
    runs: int
    failed: int
    people: int


def runs_by_hour(accounts: Sequence[SalesAccount]) -> list[Hour]:
    """The last 24 hours, the oldest first; the last one has only begun."""
    hours = last_hours(HOURS)
    ended = SyncRun.objects.filter(account__in=accounts, finished_at__gte=hours[0])
    counts = ended.annotate(hour=hour_of("finished_at")).values("hour").order_by("hour")
    found = {row["hour"]: row for row in counts.annotate(runs=Count("pk"), people=Sum("seen"))}
    failed = dict(counts.filter(status=RunStatus.FAILED).annotate(Count("pk")).values_list("hour", "pk__count"))
    none = {"runs": 0, "people": 0}
    return [
        Hour(hour, found.get(hour, none)["runs"], failed.get(hour, 0), found.get(hour, none)["people"])
        for hour in hours
    ]


def _read_since(since: datetime, keys: Sequence[int]) -> Iterable[tuple[int, datetime, int]]:
    runs = SyncRun.objects.filter(account__in=keys, kind=RunKind.INCREMENTAL, finished_at__gte=since)
    hours = runs.annotate(hour=hour_of("finished_at")).values_list("account", "hour")
    found: Iterable[tuple[int, datetime, int]] = hours.annotate(people=Sum("seen"))
    return found
