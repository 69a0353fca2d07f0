"""Working on runs in this process, step by step, as workers do."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import redis
from django.conf import settings
from django.db.models.functions import Now

from pipeline import runner
from sync.models import Extract, RunKind, SyncRun
from sync.statuses import WAITING_FOR_A_DECISION, ExtractStatus

DEADLINE_SECONDS = 60
# The kinds of runs that read anything.
READING = (RunKind.FULL, RunKind.INCREMENTAL)
_REDIS = redis.Redis.from_url(settings.REDIS_URL)


def finish(run: SyncRun) -> SyncRun:
    """Work on everything that is due until the run has ended and cleaned up."""
    work_until(lambda: run_has_ended(run))
    run.refresh_from_db()
    return run


def run_has_ended(run: SyncRun) -> bool:
    run.refresh_from_db()
    return run.status in WAITING_FOR_A_DECISION or (run.is_finished and not run.has_leftovers)


Around = Callable[[], AbstractContextManager[None]]


def work_until(is_reached: Callable[[], bool], around: Around = nullcontext) -> None:
    """Take every step that is due, each inside a context of its own, until it is so; AssertionError after a minute."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_reached():
        assert time.monotonic() < deadline, describe()
        taken = [_take(SyncRun, runner.advance_run, around), _take(Extract, runner.advance_extract, around)]
        _forget("marketo-budget:*:window")
        if not any(taken) and not _let_time_pass():
            time.sleep(0.01)


def _take(model: type[SyncRun | Extract], advance: Callable[[int], None], around: Around) -> int:
    """Take the steps that are due, and say how many they were."""
    due = model.objects.due().values_list("pk", flat=True)
    for pk in due:
        with around():
            advance(pk)
    return len(due)


def _let_time_pass() -> int:
    """The next look at so many remote jobs comes at once; whoever waits for something else goes on waiting."""
    return Extract.objects.filter(waiting_reason="", due_at__gt=Now()).update(due_at=Now())


def forget_callers() -> None:
    """Nobody is in the middle of a call."""
    _forget("marketo-budget:*:open")
    _forget("turn:*")


def _forget(pattern: str) -> None:
    keys = _REDIS.keys(pattern)
    if keys:
        _REDIS.delete(*keys)


def look_at_remote_jobs() -> None:
    """The sandbox is done with them at once; real workers would look every few seconds."""
    running = Extract.objects.filter(status=ExtractStatus.RUNNING, waiting_reason="", due_at__isnull=False)
    running.update(due_at=Now())


def cut_waits_short() -> None:
    """Whoever waits for a provider to recover looks again at once."""
    for steps in (SyncRun.objects, Extract.objects):
        steps.exclude(waiting_reason="").update(due_at=Now())


def describe() -> str:
    """Where everything stands, for a test that ran out of time."""
    steps = [*SyncRun.objects.all(), *Extract.objects.all()]
    return "\n".join(f"{step} {step.status} due {step.due_at} {step.waiting_reason}" for step in steps)
