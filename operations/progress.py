"""How far a run has come, from what its workers have written down."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil

from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.durations import duration
from common.percent import percent
from pipeline.allowances import megabytes
from sync.messages import wait_reason
from sync.models import Extract, SyncRun
from sync.querysets import LeasedJobQuerySet
from sync.statuses import WAITING_FOR_A_DECISION, ExtractStatus, RunStatus
from sync.waiting import longest_wait, longest_waits

PHASES = (
    (RunStatus.PLANNING, _("Plan")),
    (RunStatus.EXTRACTING, _("Extract and load")),
    (RunStatus.MERGING, _("Merge and receipt")),
    (RunStatus.SUCCEEDED, _("Done")),
)

# Work is handed out every second, and a dead worker's lease ends after twenty: so late, no worker is there.
UNATTENDED = timedelta(seconds=30)

# How often a page looks at a run that works, and at one that stands still: that may last for days.
LOOK_SECONDS, SELDOM_SECONDS = 1, 10
A_WHILE = timedelta(minutes=1)

# What is left when the last row has come, as measured on two cores: handing over, and rows a second.
MERGE_SECONDS, MERGE_RATE = 2, 30_000


@dataclass(frozen=True)
class Phase:
    """A stage of the work; `state` is done, now, held, stopped or later; `took` is for how long, as text."""

    label: Promise | str
    state: str
    took: str = ""


@dataclass(frozen=True)
class Waiting:
    """Why the run stands still, and when it goes on by itself."""

    reason: Promise | str
    until: datetime | None
    # How long it takes lies with people: then the time left is anybody's guess.
    is_for_people: bool

    @property
    def goes_on(self) -> str:
        """When it goes on, as a sentence with the time zone of the reader."""
        if not self.until:
            return gettext("It continues automatically.")
        when = localtime(self.until)
        values = {"when": date_format(when, "DATETIME_FORMAT"), "zone": when.tzname()}
        return gettext("It continues automatically: %(when)s %(zone)s.") % values


@dataclass(frozen=True)
class Progress:
    """
    Rows of all sources, without people who are read again after a decision: loaded, and expected (0 while nothing lets
    guess it, `is_estimate` while some files are not ready); Marketo's exports, and how many of them are ready; `rate`
    is in rows a second. `held` is for how long people held the run, as text; `is_stalled` when work is due and no
    worker takes it up.
    """

    phases: list[Phase]
    rows: int
    rows_expected: int
    exports: int
    exports_ready: int
    held: str
    is_estimate: bool
    is_stalled: bool
    rate: float | None
    seconds_left: int | None
    waiting: Waiting | None
    seen_alive_at: datetime | None
    # Of an open page.
    seconds_to_next_look: int

    @property
    def minutes_left(self) -> int:
        return ceil((self.seconds_left or 0) / 60)

    @property
    def is_size_known(self) -> bool:
        return self.rows_expected > 0


@dataclass(frozen=True)
class Comparison:
    """One number of the forecast beside what it became, as texts with their units."""

    label: Promise | str
    forecast: str
    outcome: str
    difference: str


def comparisons_of(run: SyncRun) -> list[Comparison]:
    """How wrong the forecast of a run was; empty when it had none, or did not come to its end."""
    if not run.forecast or run.status != RunStatus.SUCCEEDED or run.working_time is None:
        return []
    forecast, seconds, calls = run.forecast, run.working_time.total_seconds(), run.calls()
    size = Extract.objects.of_run(run).exported_bytes()
    return [
        _compared(_("People"), forecast["people"], run.synced, _number),
        _compared(_("Export allowance"), forecast["megabytes"] * 1_000_000, size, megabytes),
        _compared(_("Calls to Marketo"), forecast["marketo_calls"], calls["marketo_calls"], _number),
        _compared(_("Calls to Salesforce"), forecast["salesforce_calls"], calls["salesforce_calls"], _number),
        _times_of(forecast, seconds),
    ]


def _times_of(forecast: Mapping[str, int], seconds: float) -> Comparison:
    times = _compared(_("Time"), forecast["minutes"] * 60, seconds, duration)
    if forecast["is_measured"]:
        return times
    # Less was promised too.
    difference = times.difference if seconds > forecast["minutes"] * 60 else "–"
    return replace(times, forecast=gettext("at most %(time)s") % {"time": times.forecast}, difference=difference)


def _compared(label: Promise | str, forecast: float, outcome: float, text: Callable[[float], str]) -> Comparison:
    more = round(100 * (outcome - forecast) / forecast) if forecast else None
    return Comparison(label, text(forecast), text(outcome), "–" if more is None else _signed(more))


def _signed(more: int) -> str:
    sign = "+" if more > 0 else "\N{MINUS SIGN}" if more < 0 else ""
    return percent(f"{sign}{abs(more)}")


def _number(value: float) -> str:
    return str(localize(int(value)))


def progress_of(run: SyncRun, extracts: Sequence[Extract]) -> Progress:
    """What the run's page shows about its progress; `extracts` are the run's."""
    first = [extract for extract in extracts if not extract.is_recheck]
    rows, expected = sum(map(_come, first)), _expected(first)
    longest = None if run.is_finished else longest_wait([run, *extracts])
    waiting = _waiting(longest) if longest else None
    exports = [extract for extract in first if extract.reads_people]
    loading = _loading(run, first) if rows else None
    held = run.held_for.total_seconds()
    return Progress(
        phases=_phases(run, extracts),
        rows=rows,
        rows_expected=expected,
        exports=len(exports),
        exports_ready=sum(export.rows_expected is not None for export in exports),
        held=duration(held) if held >= 1 else "",
        is_estimate=any(one.rows_expected is None and one.status != ExtractStatus.LOADED for one in first),
        is_stalled=_is_stalled(run, extracts),
        rate=rows / (loading[1] - loading[0]).total_seconds() if loading else None,
        seconds_left=_seconds_left(run, loading, rows, expected, waiting) if loading and rows < expected else None,
        waiting=waiting,
        seen_alive_at=max((step.heartbeat_at for step in [run, *extracts] if step.heartbeat_at), default=None),
        seconds_to_next_look=SELDOM_SECONDS if run.paused_at or _stands_still([run, *extracts]) else LOOK_SECONDS,
    )


def _stands_still(steps: Sequence[SyncRun | Extract]) -> bool:
    due = [step.due_at for step in steps if step.due_at]
    return bool(due) and min(due) > timezone.now() + A_WHILE


def _expected(extracts: Sequence[Extract]) -> int:
    """Files of people that are not ready count as many rows as the ready ones had on average."""
    known = [_come(extract) if extract.rows_expected is None else extract.rows_expected for extract in extracts]
    files = [extract.rows_expected for extract in extracts if extract.reads_people]
    ready = [rows for rows in files if rows is not None]
    if not ready:
        return 0
    return sum(known) + round(sum(ready) / len(ready)) * (len(files) - len(ready))


def _come(extract: Extract) -> int:
    return max(extract.rows_loaded, extract.rows_shown)


def _is_stalled(run: SyncRun, extracts: Sequence[Extract]) -> bool:
    """Whether something has been due for long although no worker for its kind is busy, be it with other runs."""
    if run.is_finished or run.paused_at:
        return False
    longest_ago = timezone.now() - UNATTENDED
    if not any(step.due_at and step.due_at < longest_ago for step in [run, *extracts]):
        return False
    late = [
        steps.filter(due_at__lt=longest_ago)
        for steps in (SyncRun.objects.filter(pk=run.pk), Extract.objects.of_run(run))
    ]
    busy = [steps.filter(lease_until__gt=Now()) for steps in (SyncRun.objects, Extract.objects)]
    return any(_has(late, weight) and not _has(busy, weight) for weight in ("bulk", "short"))


def _has(steps: Sequence[LeasedJobQuerySet], weight: str) -> bool:
    return any(getattr(some, weight)().exists() for some in steps)


def _phases(run: SyncRun, extracts: Sequence[Extract]) -> list[Phase]:
    order = [status for status, _label in PHASES]
    now = order.index(RunStatus(run.status)) if run.status in order else _last_phase(run)
    here = "held" if run.status in WAITING_FOR_A_DECISION else "stopped" if run.is_finished else "now"
    states = ["done" if place < now else here if place == now else "later" for place in range(len(order))]
    if run.status == RunStatus.SUCCEEDED:
        states[-1] = "done"
    phases = zip(PHASES, states, _durations(run, extracts), strict=True)
    return [Phase(label, state, "" if state == "later" else took) for (_status, label), state, took in phases]


def _durations(run: SyncRun, extracts: Sequence[Extract]) -> list[str]:
    """How long each phase took, or takes so far, without what people held; the last one, the end, takes no time."""
    asked = [extract.requested_at or extract.load_started_at for extract in extracts]
    ends = [min((moment for moment in asked if moment), default=None), run.merge_started_at, run.finished_at]
    starts = [run.started_at, *ends[:2]]
    now = run.finished_at or timezone.now()
    # Nobody holds a merge: a run waits while it reads, or when all is read. An undo asks for nothing.
    held = (timedelta(), run.held_for, timedelta()) if ends[0] else (run.held_for, timedelta(), timedelta())
    times = [(end or now) - start - out if start else None for start, end, out in zip(starts, ends, held, strict=True)]
    return [duration(max(0, time.total_seconds())) if time is not None else "" for time in times] + [""]


def _last_phase(run: SyncRun) -> int:
    """The phase in which a failed or cancelled run stopped."""
    return 0 if run.started_at is None else 1 if run.merge_started_at is None else 2


def _loading(run: SyncRun, extracts: Sequence[Extract]) -> tuple[datetime, datetime] | None:
    """
    From when until when the rows of the run have come; None while nothing has, or a person holds the run.

    Without the time since the last of them: while Marketo makes the next file, nothing becomes slower.
    """
    starts = [extract.load_started_at for extract in extracts if extract.load_started_at]
    ends = [extract.loaded_at for extract in extracts if extract.loaded_at]
    if any(extract.status == ExtractStatus.LOADING for extract in extracts):
        ends = [run.finished_at or timezone.now()]
    if run.paused_at or not starts or not ends or max(ends) <= min(starts):
        return None
    return min(starts), max(ends)


def _seconds_left(
    run: SyncRun, loading: tuple[datetime, datetime], rows: int, expected: int, waiting: Waiting | None
) -> int | None:
    """
    So many times as many rows as have come take that many times as long, with the wait for Marketo's exports; never
    less than the rows that are missing take at the rate that is shown beside it; and the merge after them.
    """
    if run.is_finished or (waiting and waiting.is_for_people):
        return None
    start, now = run.started_at or loading[0], timezone.now()
    end = start + (loading[1] - start) * (expected / rows)
    end = max(end, now + (loading[1] - loading[0]) * ((expected - rows) / rows))
    if waiting and waiting.until:
        end = max(end, waiting.until)
    return max(1, round((end - now).total_seconds() + MERGE_SECONDS + expected / MERGE_RATE))


def waits_of(runs: Iterable[SyncRun]) -> dict[int, Waiting]:
    """Why unfinished runs stand still, by their keys, for pages that show no extracts; those that work are left out."""
    longest = longest_waits(run for run in runs if not run.is_finished and not run.paused_at)
    return {key: _waiting(step) for key, step in longest.items()}


def waiting_of(run: SyncRun) -> Waiting | None:
    """The same of one run; None while it works."""
    return waits_of([run]).get(run.pk)


def _waiting(step: SyncRun | Extract) -> Waiting:
    return Waiting(wait_reason(step.waiting_reason), step.due_at, step.waiting_reason == "database_full")
