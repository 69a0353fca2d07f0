"""Background work of this room; each task is one way into sync.services."""

from typing import Any

from celery import current_app, shared_task

from sync.models import Extract, SyncRun
from sync.querysets import ExtractQuerySet, SyncRunQuerySet

# A message that waited longer has been sent again by a later sweep.
MESSAGE_SECONDS = 10
HEAVY = "heavy"
MOST_MESSAGES = 20


@shared_task
def sweep() -> None:
    """Send everything that is due to the workers; run every second, so that a lost message costs no more than that."""
    from sync import services

    services.end_disconnected_runs()
    enqueue(SyncRun.objects.all(), Extract.objects.all())


@shared_task
def follow() -> None:
    """Bring every account up to date; run every five minutes."""
    from sync import services

    services.follow_accounts()


@shared_task(expires=MESSAGE_SECONDS)
def advance_run(run_id: int) -> None:
    from sync import services

    # The step for which this was sent may have been taken by now, and a long one may come next.
    if SyncRun.objects.light().filter(pk=run_id).exists():
        services.advance_run(run_id)


@shared_task(expires=MESSAGE_SECONDS)
def advance_extract(extract_id: int) -> None:
    from sync import services

    if Extract.objects.light().filter(pk=extract_id).exists():
        services.advance_extract(extract_id)


@shared_task(expires=MESSAGE_SECONDS)
def advance_heaviest() -> None:
    """Take a long step; which one is decided when a worker is free, so that accounts take turns."""
    from sync import services

    services.advance_heaviest()


def enqueue(runs: SyncRunQuerySet, extracts: ExtractQuerySet) -> None:
    """Send what is due of these rows to the workers."""
    for run_id in runs.due().light().values_list("pk", flat=True):
        advance_run.delay(run_id)
    for extract_id in extracts.due().light().values_list("pk", flat=True):
        advance_extract.delay(extract_id)
    heavy = runs.due().heavy().count() + extracts.due().heavy().count()
    # Without a loader nobody takes messages out of the queue, not even those that have expired.
    for _ in range(min(heavy, MOST_MESSAGES) - _waiting(HEAVY) if heavy else 0):
        advance_heaviest.delay()


def _waiting(queue: str) -> int:
    with current_app.connection_for_write() as link:
        channel: Any = link.default_channel
        return int(channel.client.llen(queue))
