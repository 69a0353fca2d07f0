"""Whether somebody works: the workers of each queue, how much waits for them, and since when something is due."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db.models import Min
from django.utils import timezone

from common.cache import REDIS_IS_AWAY
from common.durations import duration
from sync.models import Extract, SyncRun
from sync.queue import messages_in, oldest_message, seconds_since_sweep

# Asking every worker takes as long as the slowest answer, so that few pages do.
ASKED_FOR_SECONDS, KEPT_SECONDS = 0.5, 15
# Sweeps come every second, and may wait a little.
SILENT_SECONDS = 30

SWEEPS = "sweep"
# By their queues, as docker-compose.yml and the Procfile name them.
PROCESSES = {"celery": "worker", SWEEPS: "sweeper", "mail": "mailer", "bulk": "loader", "notifications": "notifier"}


@dataclass(frozen=True)
class QueueState:
    """
    A queue of Celery: how many messages wait in it, for how long the oldest has, and how many of its workers are there
    and busy.
    """

    name: str
    waiting: int
    oldest: timedelta | None
    workers: int
    busy: int

    @property
    def process(self) -> str:
        """Which of the console's processes takes its messages."""
        return PROCESSES.get(self.name, self.name)

    @property
    def waited(self) -> str:
        """For how long the oldest message has waited, as text."""
        return duration(self.oldest.total_seconds()) if self.oldest else ""


@dataclass(frozen=True)
class Work:
    """
    Every queue; for how many seconds the scheduler has been silent, and the longest due step should have begun. While
    Redis is away, which carries all messages, nothing is known of the queues and their workers.
    """

    queues: list[QueueState]
    sweep: int | None
    oldest_due: int
    is_redis_away: bool = False

    @property
    def is_swept(self) -> bool:
        """The scheduler sends, and the sweeper takes it."""
        return self.sweep is not None and self.sweep < SILENT_SECONDS

    @property
    def silent(self) -> list[str]:
        """Without which of the two nothing goes on: who sends sweeps, or who takes them."""
        if self.is_swept or self.is_redis_away:
            return []
        sweeps = [queue for queue in self.queues if queue.name == SWEEPS]
        is_sent = any(queue.oldest and queue.oldest.total_seconds() > SILENT_SECONDS for queue in sweeps)
        takers = [queue.process for queue in sweeps if is_sent or not queue.workers]
        return takers if is_sent else ["beat", *takers]

    @property
    def missing(self) -> list[str]:
        """Processes that must be started, for nobody does their work."""
        if self.is_redis_away:
            return ["redis"]
        return list(dict.fromkeys([*self.silent, *(queue.process for queue in self.queues if not queue.workers)]))

    @property
    def is_alive(self) -> bool:
        """The scheduler sweeps, and every queue has a worker."""
        return not self.missing


def work_of_now() -> Work:
    """As it is now; about the workers as it was a few seconds ago."""
    oldest_due = _oldest_due()
    try:
        # First, for it says at once whether Redis is there.
        silence = seconds_since_sweep()
        queues = _queues()
    except REDIS_IS_AWAY:
        return Work([], None, oldest_due, is_redis_away=True)
    return Work(queues, None if silence is None else round(silence), oldest_due)


def _queues() -> list[QueueState]:
    answers = _answers()
    return [_state(queue.name, answers) for queue in settings.CELERY_TASK_QUEUES]


def workers_by_queue() -> dict[str, int]:
    """How many workers of each queue answer, as it was a few seconds ago."""
    answers = _answers()
    return {queue.name: len(_workers_of(queue.name, answers)) for queue in settings.CELERY_TASK_QUEUES}


def _answers() -> dict[str, Any]:
    return cache.get_or_set("operations:workers", _ask, KEPT_SECONDS) or {}


def _ask() -> dict[str, Any]:
    """The queues and the present tasks of each worker, by its name."""
    # One of Celery's pool may be from before Redis was started again, and would say that it is away.
    with current_app.connection_for_write() as connection:
        inspect = current_app.control.inspect(timeout=ASKED_FOR_SECONDS, connection=connection)
        queues, active = inspect.active_queues() or {}, inspect.active() or {}
    return {
        name: {"queues": [queue["name"] for queue in found], "busy": len(active.get(name, []))}
        for name, found in queues.items()
    }


def _state(name: str, answers: dict[str, Any]) -> QueueState:
    found = _workers_of(name, answers)
    busy = sum(answer["busy"] for answer in found)
    return QueueState(name, messages_in(name), oldest_message(name), len(found), busy)


def _workers_of(name: str, answers: dict[str, Any]) -> list[dict[str, Any]]:
    return [answer for answer in answers.values() if name in answer["queues"]]


def _oldest_due() -> int:
    now = timezone.now()
    oldest = [rows.due().aggregate(oldest=Min("due_at"))["oldest"] for rows in (SyncRun.objects, Extract.objects)]
    return max((round((now - time).total_seconds()) for time in oldest if time), default=0)
