"""Background work of the journal."""

from celery import shared_task

from history import journal


@shared_task
def tend_months() -> None:
    """Make and drop the journal's months; run every day."""
    journal.tend_months()
