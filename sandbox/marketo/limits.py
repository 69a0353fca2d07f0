"""Marketo's limits on calls: rate, concurrency and the day's quota, shared by all clients of the instance."""

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sandbox.marketo.envelope import MarketoError
from sandbox.world import World

WINDOW_SECONDS: Final = 20
CENTRAL: Final = ZoneInfo("America/Chicago")


def central_day(seconds: float) -> date:
    """The day of Marketo's quotas, which end at midnight in Chicago."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(CENTRAL).date()


class Limits:
    """Counts calls that were let in; refused calls cost nothing."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.by_day: Counter[date] = Counter()
        self._recent: deque[float] = deque()
        self._running = 0

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Hold one of the concurrent places. Raises MarketoError 606, 607 or 615."""
        now = self.world.clock.timestamp()
        while self._recent and self._recent[0] <= now - WINDOW_SECONDS:
            self._recent.popleft()
        self._refuse_excess(central_day(now))
        self._recent.append(now)
        self.by_day[central_day(now)] += 1
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def _refuse_excess(self, day: date) -> None:
        switches = self.world.switches
        if self._running >= switches.concurrency_limit:
            raise MarketoError("615", f"Concurrent access limit '{switches.concurrency_limit}' reached")
        if len(self._recent) >= switches.rate_limit:
            raise MarketoError(
                "606", f"Max rate limit '{switches.rate_limit}' exceeded with in '{WINDOW_SECONDS}' secs"
            )
        if self.by_day[day] >= switches.daily_calls:
            raise MarketoError("607")
