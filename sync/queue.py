"""
The queue of Celery: messages that ring for what is due. They may be lost, doubled or late, for the rows say what is to
be done; this is the only place that knows of them.
"""

import json
import time
from datetime import timedelta
from enum import StrEnum
from typing import Any

from celery import current_app
from django.db.models import QuerySet, Value

from common.after_commit import after_commit
from common.queues import lists_of
from common.redis_client import redis_client
from sync.models import Extract, SyncRun
from sync.querysets import ExtractQuerySet, SyncRunQuerySet

# A message that waited longer has been sent again by a later sweep.
MESSAGE_SECONDS = 10
LAST_SWEEP = "sync:last-sweep"
# In a message's headers: when it was sent, in seconds.
SENT_AT = "sent_at"
SHORT, BULK = "celery", "bulk"
# Of each queue at a time: more only ring again for what was rung already, and keep others' messages waiting.
MOST_MESSAGES = 20


class Task(StrEnum):
    """The tasks of this room, by the names under which they are sent."""

    SWEEP = "sync.tasks.sweep"
    START_DUE_SYNCS = "sync.tasks.start_due_syncs"
    ADVANCE_RUN = "sync.tasks.advance_run"
    ADVANCE_EXTRACT = "sync.tasks.advance_extract"
    RUN_NEXT_BULK_JOB = "sync.tasks.run_next_bulk_job"


def wake_on_commit(run: SyncRun) -> None:
    """Ring for a run once its row is there for others."""
    # Without a broker just now the run still exists, and the next sweep finds it.
    after_commit(_wake, run.pk)


def _wake(run_id: int) -> None:
    """Of hundreds that begin at once the next sweeps find those for which there is no room."""
    if messages_in(SHORT) < MOST_MESSAGES:
        _send(Task.ADVANCE_RUN, run_id)


def enqueue(runs: SyncRunQuerySet, extracts: ExtractQuerySet, most: int = MOST_MESSAGES) -> None:
    """
    Ring for what is due of these rows, for `most` short steps of them in their order, as far as there is room in the
    queues.
    """
    due = [(Task(task), pk) for task, pk in _due(runs.due(), extracts.due())]
    short = [(task, pk) for task, pk in due if task != Task.RUN_NEXT_BULK_JOB]
    for task, pk in short[: max(0, min(most, MOST_MESSAGES - messages_in(SHORT)))] if short else []:
        _send(task, pk)
    bulk = len(due) - len(short)
    # Without a loader nobody takes messages out of the queue, not even those that have expired.
    for _ in range(min(bulk, MOST_MESSAGES) - messages_in(BULK) if bulk else 0):
        _send(Task.RUN_NEXT_BULK_JOB)


def _due(runs: SyncRunQuerySet, extracts: ExtractQuerySet) -> QuerySet[Any, tuple[str, int]]:
    """
    The first of each kind with the task that takes them. Each kind apart: hundreds of files that wait for a loader
    would hide the steps that need none.
    """
    first, *others = (
        rows.values_list(Value(task.value), "pk")[:MOST_MESSAGES]
        for task, rows in (
            (Task.ADVANCE_RUN, runs.short()),
            (Task.ADVANCE_EXTRACT, extracts.short()),
            (Task.RUN_NEXT_BULK_JOB, runs.bulk()),
            (Task.RUN_NEXT_BULK_JOB, extracts.bulk().order_by()),
        )
    )
    return first.union(*others, all=True)


def enqueue_next(run_id: int) -> None:
    """Ring for what a run has to do next; of its short steps one, because it takes them one at a time."""
    enqueue(SyncRun.objects.filter(pk=run_id), Extract.objects.filter(run=run_id).order_by("pk"), most=1)


def note_sweep() -> None:
    """The scheduler lives, and a worker listens to it."""
    redis_client().set(LAST_SWEEP, time.time())


def seconds_since_sweep() -> float | None:
    """None when there never was one."""
    noted = redis_client().get(LAST_SWEEP)
    return time.time() - float(noted) if noted else None


def enqueue_all() -> None:
    """Ring for everything that is due, also for what a lost message was sent for."""
    enqueue(SyncRun.objects.all(), Extract.objects.in_turn())


def _send(task: Task, *arguments: int) -> None:
    current_app.send_task(task, arguments, expires=MESSAGE_SECONDS)


def messages_in(queue: str) -> int:
    """How many wait there."""
    return sum(int(redis_client().llen(name)) for name in lists_of(queue))


def oldest_message(queue: str) -> timedelta | None:
    """How long the longest has waited; None when there is none, or one of an older version."""
    # New ones are put in on the left (kombu.transport.redis).
    messages = [redis_client().lindex(name, -1) for name in lists_of(queue)]
    times = [json.loads(message)["headers"].get(SENT_AT) for message in messages if message]
    sent = [sent_at for sent_at in times if sent_at]
    return timedelta(seconds=max(0.0, time.time() - min(sent))) if sent else None
