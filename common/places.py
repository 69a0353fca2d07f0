"""Work of web processes that so few may do at a time that threads are left for all other pages."""

from collections.abc import Callable
from threading import BoundedSemaphore

# What msi_admin.serve has unless it is told otherwise.
USUAL_THREADS = 8


class Places:
    """A share of the threads of a web process, one at least: so many may do it at a time."""

    def __init__(self, share: Callable[[int], int]) -> None:
        self._share = share
        self.share_of(USUAL_THREADS)

    def share_of(self, threads: int) -> None:
        """To be said before the first request, by a server that does not have as many threads as usual."""
        self.number = max(1, self._share(threads))
        self._free = BoundedSemaphore(self.number)

    def take(self) -> bool:
        return self._free.acquire(blocking=False)

    def give_back(self) -> None:
        self._free.release()
