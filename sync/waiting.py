"""What keeps a run: of all that waits, the same for every page and message."""

from collections.abc import Iterable, Sequence

from django.utils import timezone

from sync.models import Extract, SyncRun

Step = SyncRun | Extract


def waiting_steps(runs: Iterable[SyncRun]) -> list[tuple[SyncRun, Sequence[Step]]]:
    """Each run that something keeps, with what waits: itself, extracts of it."""
    steps: dict[int, tuple[SyncRun, list[Step]]] = {run.pk: (run, [run] if run.waiting_reason else []) for run in runs}
    for extract in Extract.objects.filter(run__in=steps).exclude(waiting_reason="").order_by("pk"):
        steps[extract.run_id][1].append(extract)
    return [(run, waiting) for run, waiting in steps.values() if waiting]


def longest_waits(runs: Iterable[SyncRun]) -> dict[int, Step]:
    """By the key of a run, what keeps it longest; those that nothing keeps are left out."""
    return {run.pk: longest for run, steps in waiting_steps(runs) if (longest := longest_wait(steps))}


def longest_wait(steps: Iterable[Step]) -> Step | None:
    """Of a run and its extracts the one that keeps it longest; None where nothing waits."""
    waiting = [step for step in steps if step.waiting_reason]
    return max(waiting, key=lambda step: step.due_at or timezone.now(), default=None)
