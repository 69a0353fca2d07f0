"""How far an account's copy is behind the changes in both systems, and how many of them come, for people to look at."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Sum
from django.utils import timezone

from accounts.models import SalesAccount
from operations.progress import Waiting, waiting_of
from sync.engine.cursors import STREAMS, read_at
from sync.models import Cursor, Extract, RunKind, SyncRun
from sync.policies import Schedule
from sync.schedule import rhythm_of
from sync.statuses import ExtractStatus, RunStatus
from sync.watch import is_late

RUNS_SHOWN = 12
# Rows read for a change where no run has shown it yet: the person, and the record in Salesforce.
ROWS_FOR_A_CHANGE = 2.0


@dataclass(frozen=True)
class ChangesOfRun:
    """How many changes a run found, in all and by stream in the order of STREAMS."""

    run: SyncRun
    total: int
    by_stream: Sequence[int]


@dataclass(frozen=True)
class Backlog:
    """
    Everything that changed before `complete_until` is in the copy. `runs` are the last ones that followed changes, the
    newest first; `usual` is what they found on average, `most` at most. `current` is the run that works now, which has
    `found` changes so far, and will have read them at `done_at`, None while that cannot be told.
    """

    complete_until: datetime
    runs: Sequence[ChangesOfRun]
    current: SyncRun | None
    found: int
    done_at: datetime | None
    # Between two runs, by the account's schedule; None while that is off.
    rhythm: timedelta | None
    # Why `current` stands still, and every change with it.
    waiting: Waiting | None

    @property
    def read_at(self) -> datetime:
        """When both systems were last read; of what came shortly before, Salesforce may not have shown all."""
        return read_at(self.complete_until)

    @property
    def is_late(self) -> bool:
        return is_late(self.complete_until, self.rhythm)

    @property
    def usual(self) -> int:
        return round(sum(one.total for one in self.runs) / len(self.runs)) if self.runs else 0

    @property
    def most(self) -> int:
        return max((one.total for one in self.runs), default=0)


def backlog_of(account: SalesAccount) -> Backlog | None:
    """The account's backlog; None before its first sync has ended."""
    complete_until = Cursor.objects.for_account(account).aggregate(oldest=Min("since"))["oldest"]
    if complete_until is None:
        return None
    runs = SyncRun.objects.for_account(account)
    current = runs.unfinished().first()
    past = list(runs.filter(kind=RunKind.INCREMENTAL, status=RunStatus.SUCCEEDED).order_by("-pk")[:RUNS_SHOWN])
    rows = _rows_by_run_and_source([*past, *([current] if current else [])])
    changes = [ChangesOfRun(run, _changes(rows[run.pk]), [rows[run.pk][stream] for stream in STREAMS]) for run in past]
    found = _changes(rows[current.pk]) if current else 0
    done_at = _done_at(current, found, _rows_for_a_change([rows[run.pk] for run in past])) if current else None
    waiting = waiting_of(current) if current else None
    return Backlog(complete_until, changes, current, found, done_at, rhythm_of(Schedule.of(account)), waiting)


def _rows_by_run_and_source(runs: Sequence[SyncRun]) -> dict[int, Counter[str]]:
    rows: dict[int, Counter[str]] = {run.pk: Counter() for run in runs}
    found = Extract.objects.filter(run__in=runs).order_by().values_list("run", "source").annotate(Sum("rows_loaded"))
    for run, source, number in found:
        rows[run][source] = number
    return rows


def _changes(rows: Counter[str]) -> int:
    return sum(rows[stream] for stream in STREAMS)


def _rows_for_a_change(past: Sequence[Counter[str]]) -> float:
    changes = sum(map(_changes, past))
    return (sum(map(Counter.total, past)) - changes) / changes if changes else ROWS_FOR_A_CHANGE


def _done_at(run: SyncRun, found: int, rows_for_a_change: float) -> datetime | None:
    """From the pace at which people and records have been read so far; the changes must have been counted before."""
    extracts, now = Extract.objects.of_run(run), timezone.now()
    if run.paused_at or extracts.filter(source__in=STREAMS).exclude(status=ExtractStatus.LOADED).exists():
        return None
    read = extracts.exclude(source__in=STREAMS).aggregate(rows=Sum("rows_loaded"), began_at=Min("load_started_at"))
    rows, began_at = int(read["rows"] or 0), read["began_at"]
    if not found or not rows:
        return None
    elapsed: timedelta = now - began_at
    return now + elapsed * (max(0.0, found * rows_for_a_change - rows) / rows)
