"""Background work of this room; each task is one way into sync.services."""

from celery import shared_task

from sync.models import Extract, SyncRun
from sync.querysets import StepQuerySet

# A message that waited longer has been sent again by a later sweep.
MESSAGE_SECONDS = 10


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


@shared_task
def advance_run(run_id: int) -> None:
    from sync import services

    services.advance_run(run_id)


@shared_task
def advance_extract(extract_id: int) -> None:
    from sync import services

    services.advance_extract(extract_id)


def enqueue(runs: StepQuerySet, extracts: StepQuerySet) -> None:
    """Send what is due of these rows to the workers."""
    for run_id in runs.due().values_list("pk", flat=True):
        advance_run.apply_async((run_id,), expires=MESSAGE_SECONDS)
    for extract_id in extracts.due().values_list("pk", flat=True):
        advance_extract.apply_async((extract_id,), expires=MESSAGE_SECONDS)
