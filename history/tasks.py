"""Background work of the journal."""

from typing import Any

from celery import Task, shared_task
from django.db import OperationalError

from history import journal


@shared_task(bind=True, max_retries=60, default_retry_delay=60)
def tend_months(self: Task[Any, Any]) -> None:
    """Make and drop the journal's months; run every day, and for an hour tried again while somebody is in the way."""
    try:
        journal.tend_months()
    except OperationalError as in_use:
        raise self.retry(exc=in_use) from in_use
