"""What keeps a run: of all that waits, the same for every page and message."""

from collections.abc import Iterable

from django.utils import timezone

from sync.models import Extract, SyncRun


def longest_wait(steps: Iterable[SyncRun | Extract]) -> SyncRun | Extract | None:
    """Of a run and its extracts the one that keeps it longest; None where nothing waits."""
    waiting = [step for step in steps if step.waiting_reason]
    return max(waiting, key=lambda step: step.due_at or timezone.now(), default=None)
