"""How far a run has come, from what its workers have written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connections.problems import problem_for
from sync.models import Extract, ExtractStatus, RunStatus, SyncRun
from sync.sentences import WAITS

PHASES = (
    (RunStatus.PLANNING, _("Plan")),
    (RunStatus.EXTRACTING, _("Extract and load")),
    (RunStatus.MERGING, _("Merge and receipt")),
    (RunStatus.SUCCEEDED, _("Done")),
)


@dataclass(frozen=True)
class Phase:
    """A stage of the work; `state` is done, now or later."""

    label: Promise | str
    state: str


@dataclass(frozen=True)
class Waiting:
    """Why the run stands still, and when it goes on by itself."""

    reason: Promise | str
    until: datetime | None


@dataclass(frozen=True)
class Progress:
    """Rows of all sources: loaded, expected as far as known; `rate` is in rows a second."""

    phases: list[Phase]
    rows: int
    rows_expected: int
    rate: float | None
    seconds_left: int | None
    waiting: Waiting | None
    seen_alive_at: datetime | None

    @property
    def minutes_left(self) -> int:
        return ceil((self.seconds_left or 0) / 60)

    @property
    def is_size_known(self) -> bool:
        return self.rows_expected > 0


def progress_of(run: SyncRun, extracts: Sequence[Extract]) -> Progress:
    """What the run's page shows about its progress; `extracts` are the run's."""
    rows = sum(max(extract.rows_loaded, extract.rows_shown) for extract in extracts)
    is_known = bool(extracts) and all(extract.rows_expected is not None for extract in extracts)
    expected = sum(extract.rows_expected or 0 for extract in extracts)
    rate = _rate(extracts, rows)
    return Progress(
        phases=_phases(run),
        rows=rows,
        rows_expected=expected,
        rate=rate,
        seconds_left=round((expected - rows) / rate) if rate and is_known and rows < expected else None,
        waiting=_waiting(run, extracts),
        seen_alive_at=max((step.heartbeat_at for step in [run, *extracts] if step.heartbeat_at), default=None),
    )


def _phases(run: SyncRun) -> list[Phase]:
    order = [status for status, _label in PHASES]
    now = order.index(RunStatus(run.status)) if run.status in order else _last_phase(run)
    states = ["done" if place < now else "now" if place == now else "later" for place in range(len(order))]
    if run.status == RunStatus.SUCCEEDED:
        states[-1] = "done"
    return [Phase(label, state) for (_status, label), state in zip(PHASES, states, strict=True)]


def _last_phase(run: SyncRun) -> int:
    """The phase in which a failed or cancelled run stopped."""
    return 0 if run.started_at is None else 1 if run.merge_started_at is None else 2


def _rate(extracts: Sequence[Extract], rows: int) -> float | None:
    """Rows a second since loading began; time in which nothing was loaded counts, or the promise would be too good."""
    starts = [extract.load_started_at for extract in extracts if extract.load_started_at]
    if not starts or not rows:
        return None
    is_over = all(extract.status == ExtractStatus.LOADED for extract in extracts)
    end = max(extract.loaded_at for extract in extracts if extract.loaded_at) if is_over else timezone.now()
    seconds = (end - min(starts)).total_seconds()
    return rows / seconds if seconds > 0 else None


def _waiting(run: SyncRun, extracts: Sequence[Extract]) -> Waiting | None:
    waiting = [step for step in [run, *extracts] if step.waiting_reason]
    if run.is_finished or not waiting:
        return None
    longest = max(waiting, key=lambda step: step.due_at or timezone.now())
    reason = WAITS.get(longest.waiting_reason) or problem_for(longest.waiting_reason).what
    return Waiting(reason, longest.due_at)
