"""What keeps a run: of all that waits, the same for every page and message."""

from collections.abc import Iterable

from django.utils import timezone

from sync.models import Extract, SyncRun


def longest_waits(runs: Iterable[SyncRun]) -> dict[int, SyncRun | Extract]:
    """By the key of a run, what keeps it longest; those that nothing keeps are left out."""
    steps: dict[int, list[SyncRun | Extract]] = {run.pk: [run] for run in runs}
    for extract in Extract.objects.filter(run__in=steps).exclude(waiting_reason="").order_by("pk"):
        steps[extract.run_id].append(extract)
    return {key: longest for key, of_run in steps.items() if (longest := longest_wait(of_run))}


def longest_wait(steps: Iterable[SyncRun | Extract]) -> SyncRun | Extract | None:
    """Of a run and its extracts the one that keeps it longest; None where nothing waits."""
    waiting = [step for step in steps if step.waiting_reason]
    return max(waiting, key=lambda step: step.due_at or timezone.now(), default=None)
