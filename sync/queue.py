"""
The queue of Celery: messages that ring for what is due. They may be lost, doubled or late, for the rows say what is to
be done; this is the only place that knows of them.
"""

from enum import StrEnum
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction

from sync.models import Extract, SyncRun
from sync.querysets import ExtractQuerySet, SyncRunQuerySet

# A message that waited longer has been sent again by a later sweep.
MESSAGE_SECONDS = 10
BULK = "heavy"
MOST_MESSAGES = 20


class Task(StrEnum):
    """The tasks of this room, by the names under which they are sent."""

    SWEEP = "sync.tasks.sweep"
    FOLLOW = "sync.tasks.follow"
    ADVANCE_RUN = "sync.tasks.advance_run"
    ADVANCE_EXTRACT = "sync.tasks.advance_extract"
    ADVANCE_HEAVIEST = "sync.tasks.advance_heaviest"


def wake_on_commit(run: SyncRun) -> None:
    """Ring for a run once its row is there for others."""
    # Without a broker just now the run still exists, and the next sweep finds it.
    transaction.on_commit(partial(_send, Task.ADVANCE_RUN, run.pk), robust=True)


def enqueue(runs: SyncRunQuerySet, extracts: ExtractQuerySet) -> None:
    """Ring for what is due of these rows."""
    heavy = _send_light(Task.ADVANCE_RUN, runs.due()) + _send_light(Task.ADVANCE_EXTRACT, extracts.due().in_turn())
    # Without a loader nobody takes messages out of the queue, not even those that have expired.
    for _ in range(min(heavy, MOST_MESSAGES) - _waiting(BULK) if heavy else 0):
        _send(Task.ADVANCE_HEAVIEST)


def enqueue_all() -> None:
    """Ring for everything that is due, also for what a lost message was sent for."""
    enqueue(SyncRun.objects.all(), Extract.objects.all())


def _send_light(task: Task, due: SyncRunQuerySet | ExtractQuerySet) -> int:
    """Ring for the rows whose next step is short; answers how many there are besides."""
    heavy = 0
    for pk, is_heavy in due.with_weight().values_list("pk", "is_heavy"):
        if is_heavy:
            heavy += 1
        else:
            _send(task, pk)
    return heavy


def _send(task: Task, *arguments: int) -> None:
    current_app.send_task(task, arguments, expires=MESSAGE_SECONDS)


def _waiting(queue: str) -> int:
    pool: Any = current_app.pool
    with pool.acquire(block=True) as link:
        return int(link.default_channel.client.llen(queue))
