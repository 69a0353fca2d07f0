"""The scheduler of beat: it goes on when the clock of its machine was put back."""

from typing import Any

from celery.beat import PersistentScheduler


class SteadyScheduler(PersistentScheduler):
    """
    Celery's own sends nothing until the clock shows again what it showed before, for hours after a machine began with a
    wrong one; a restart changes nothing about it, because the moments are stored.
    """

    def tick(self, *args: Any, **options: Any) -> float:
        """What ran in a moment that has yet to come ran just now."""
        entries = list(self.schedule.values())
        ahead = [entry for entry in entries if entry.last_run_at and entry.last_run_at > entry.default_now()]
        for entry in ahead:
            entry.last_run_at = entry.default_now()
        if ahead:
            self.populate_heap()
        return float(super().tick(*args, **options))
