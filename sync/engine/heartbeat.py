"""The sign of life of a worker inside one long step."""

import threading
from collections.abc import Callable
from typing import Any, Self

from django.db import DatabaseError, connection
from django.db.models import F
from django.db.models.functions import Now

from common import draining
from sync.leases import LeasedJob, LeaseLost
from sync.querysets import LEASE

BEAT_SECONDS = 1.0


class Heartbeat:
    """
    Renews a step's lease and stores its progress from a thread with a database connection of its own, so that both
    are seen while the step's transaction is open. Stop it before the step's last write, or the two wait for each other.

    A step that `may_be_handed_over` loses its lease when this process is asked to end, and another worker begins it
    anew, also while this one still waits for a provider.
    """

    def __init__(
        self, step: LeasedJob, progress: Callable[[], dict[str, Any]] = dict, *, may_be_handed_over: bool = False
    ) -> None:
        # A row given back has no lease: a late beat must not claim it again.
        self._mine = step.if_mine().filter(lease_until__isnull=False)
        self._progress, self._may_be_handed_over = progress, may_be_handed_over
        self._stopped = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """No beat comes after this."""
        self._stopped.set()
        self._thread.join()

    def check(self) -> None:
        """Raises LeaseLost once another worker or a person has taken the row."""
        if self._lost.is_set():
            raise LeaseLost

    def _run(self) -> None:
        while not self._stopped.wait(BEAT_SECONDS) and not self._lost.is_set():
            if self._may_be_handed_over and draining.has_begun():
                self._hand_over()
            else:
                self._beat()
        connection.close()

    def _hand_over(self) -> None:
        try:
            self._mine.update(attempt=F("attempt") + 1, lease_until=None, due_at=Now(), tries=0)
            self._lost.set()
        except DatabaseError:
            # Tried again with the next beat.
            connection.close()

    def _beat(self) -> None:
        try:
            if not self._mine.update(lease_until=Now() + LEASE, heartbeat_at=Now(), **self._progress()):
                self._lost.set()
        except DatabaseError:
            # One beat missed; the lease outlives several.
            connection.close()
