"""
Background work of this room; each task is one way into pipeline.runner.

Beat and messages that wait in a queue know the tasks by names from before this room: they stay.
"""

from contextlib import suppress

from celery import shared_task

from common.redis_client import redis_client
from common.throttling import HeldError
from connections.turns import turn_of
from pipeline import runner, watch
from sync import queue
from sync.models import Extract, SyncRun
from sync.queue import Task

TURN = "sync:turn"


@shared_task(name=Task.SWEEP)
def sweep() -> None:
    """Ring for everything that is due; run every second, so that a lost message costs no more than that."""
    runner.end_disconnected_runs()
    queue.enqueue_all()
    queue.note_sweep()


@shared_task(name=Task.START_DUE_SYNCS)
def start_due_syncs() -> None:
    """Bring the accounts up to date whose turn it is; run every 30 seconds."""
    # Counted, for a scheduler's clock drifts: each turn comes once in TURNS.
    runner.start_due_syncs(redis_client().incr(TURN))


@shared_task(name=Task.ADVANCE_RUN)
def advance_run(run_id: int) -> None:
    # The step for which this was sent may have been taken by now, and a long one may come next.
    for account_id in SyncRun.objects.short().filter(pk=run_id).values_list("account_id", flat=True):
        with suppress(HeldError):
            with turn_of(account_id):
                runner.advance_run(run_id)
            queue.enqueue_next(run_id)


@shared_task(name=Task.ADVANCE_EXTRACT)
def advance_extract(extract_id: int) -> None:
    rows = Extract.objects.short().filter(pk=extract_id)
    for run_id, account_id in rows.values_list("run_id", "run__account_id"):
        with suppress(HeldError):
            with turn_of(account_id):
                runner.advance_extract(extract_id)
            queue.enqueue_next(run_id)


@shared_task(name=Task.RUN_NEXT_BULK_JOB)
def run_next_bulk_job() -> None:
    """Take a long step; which one is decided when a worker is free, so that accounts take turns."""
    runner.run_next_bulk_job()


@shared_task(name="sync.tasks.watch_allowances")
def watch_allowances() -> None:
    """Every five minutes: tell whoever must act of allowances that are nearly used up."""
    watch.watch_allowances()
