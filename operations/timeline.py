"""When the parts of a run waited, were exported there and loaded here: a chart whose rows are the extracts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from common.durations import duration
from sync.models import Extract, SyncRun


@dataclass(frozen=True)
class TimelineRow:
    """An extract with how many seconds it waited for its export, was exported, and was loaded."""

    extract: Extract
    waited: float
    exported: float
    loaded: float

    @property
    def sentence(self) -> str:
        """The bar for those who do not see it."""
        return _("waited %(waited)s, exported in %(exported)s, loaded in %(loaded)s") % {
            "waited": duration(self.waited),
            "exported": duration(self.exported),
            "loaded": duration(self.loaded),
        }


@dataclass(frozen=True)
class Timeline:
    """
    `seconds` is how long the run has taken so far, without its wait for a decision; `ticks` are times since its start
    for the heading.
    """

    rows: Sequence[TimelineRow]
    seconds: float
    ticks: Sequence[tuple[str, str, str]]


def timeline_of(run: SyncRun, extracts: Sequence[Extract]) -> Timeline:
    """The extracts of a run in time."""
    start = run.started_at or run.created_at
    end = run.finished_at or timezone.now()
    undecided = _undecided(run, extracts, end)
    seconds = max(1.0, (end - start - undecided).total_seconds())
    starts = {False: start, True: start + undecided}
    return Timeline([_row(one, starts[one.is_recheck], end, run) for one in extracts], seconds, _ticks(seconds))


def _undecided(run: SyncRun, extracts: Sequence[Extract], end: datetime) -> timedelta:
    """For how long the run waited for a decision, when all was read: what was paused before lies between the bars."""
    ends = [extract.loaded_at for extract in extracts if extract.loaded_at and not extract.is_recheck]
    return max(timedelta(), min(run.held_for, end - max(ends, default=end))) if run.is_resumed else timedelta()


def _row(extract: Extract, start: datetime, end: datetime, run: SyncRun) -> TimelineRow:
    # Changes are read without a job: they are loaded as soon as they are begun.
    began = extract.requested_at or extract.load_started_at
    loading, loaded = extract.load_started_at, extract.loaded_at
    is_over = run.is_finished
    waited = _between(start, began or (start if is_over else end))
    exported = _between(began, loading or (began if is_over else end))
    return TimelineRow(extract, waited, exported, _between(loading, loaded or (loading if is_over else end)))


def _between(start: datetime | None, end: datetime | None) -> float:
    return max(0.0, (end - start).total_seconds()) if start and end else 0.0


def _ticks(seconds: float) -> list[tuple[str, str, str]]:
    begin, middle, end = clock(0), clock(seconds / 2), clock(seconds)
    ticks = [("0%", "start", begin), ("50%", "middle", middle), ("100%", "end", end)]
    # In the first second there is no time between.
    return [tick for tick in ticks if tick[1] != "middle" or middle not in (begin, end)]


def clock(seconds: float) -> str:
    """Minutes and seconds, or hours, minutes and seconds, as on a stopwatch."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
