"""Marketo's limits on calls: rate, concurrency and the day's quota, shared by all clients of the instance."""

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.marketo.envelope import MarketoError
from sandbox.world import World

WINDOW_SECONDS: Final = 20
CENTRAL: Final = ZoneInfo("America/Chicago")


def central_day(seconds: float) -> date:
    """The day of Marketo's quotas, which end at midnight in Chicago."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(CENTRAL).date()


class Limits:
    """Counts calls by day and API user, and errors by day and code."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._calls: Counter[tuple[date, str]] = Counter()
        self._errors: Counter[tuple[date, str]] = Counter()
        self._recent: deque[float] = deque()
        self._running = 0

    def dump(self) -> dict[str, Any]:
        """Both counts as JSON's types, for ``load``."""
        return {"calls": _as_rows(self._calls), "errors": _as_rows(self._errors)}

    def load(self, kept: dict[str, Any]) -> None:
        for counter, rows in ((self._calls, kept["calls"]), (self._errors, kept["errors"])):
            counter.update({(date.fromisoformat(day), name): count for day, name, count in rows})

    def calls_on(self, day: date) -> dict[str, int]:
        """Counted calls by API user."""
        return {user: count for (found, user), count in self._calls.items() if found == day}

    def errors_on(self, day: date) -> dict[str, int]:
        """Failed calls by error code."""
        return {code: count for (found, code), count in self._errors.items() if found == day}

    def note_error(self, code: str) -> None:
        self._errors[self._today(), code] += 1

    @contextmanager
    def admit(self, user: str) -> Iterator[None]:
        """Hold one of the concurrent places for an API user. Raises MarketoError 606, 607 or 615."""
        now = self.world.clock.timestamp()
        while self._recent and self._recent[0] <= now - WINDOW_SECONDS:
            self._recent.popleft()
        try:
            self._refuse_excess()
        except MarketoError:
            self._calls[self._today(), user] += self.world.switches.count_refused
            raise
        self._recent.append(now)
        self._calls[self._today(), user] += 1
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    def _refuse_excess(self) -> None:
        switches = self.world.switches
        if self._running >= switches.concurrency_limit:
            raise MarketoError("615", f"Concurrent access limit '{switches.concurrency_limit}' reached")
        if len(self._recent) >= switches.rate_limit:
            raise MarketoError(
                "606", f"Max rate limit '{switches.rate_limit}' exceeded with in '{WINDOW_SECONDS}' secs"
            )
        if sum(self.calls_on(self._today()).values()) >= switches.daily_calls:
            raise MarketoError("607")

    def _today(self) -> date:
        return central_day(self.world.clock.timestamp())


def _as_rows(counter: Counter[tuple[date, str]]) -> list[tuple[str, str, int]]:
    return [(day.isoformat(), name, count) for (day, name), count in counter.items()]
