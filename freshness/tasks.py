"""What is looked at by the clock; beat knows the task by its name from before this room."""

from celery import shared_task

from freshness import services


@shared_task(name="sync.tasks.watch_freshness")
def watch_freshness() -> None:
    """Every five minutes: tell whoever must act of promises that are not kept."""
    services.watch_freshness()
