"""The last calls the sandbox answered, for people who look over its shoulder."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final

KEPT_CALLS: Final = 1_000


@dataclass(frozen=True)
class Call:
    """One answered request. ``path`` is without the query, which may hold secrets; ``fault`` is what was injected."""

    at: datetime
    method: str
    path: str
    status: int
    milliseconds: float
    fault: str


class CallLog:
    """A ring of the last calls, and how many there were in all."""

    def __init__(self) -> None:
        self.total = 0
        self.recent: deque[Call] = deque(maxlen=KEPT_CALLS)

    def add(self, call: Call) -> None:
        self.total += 1
        self.recent.append(call)

    def clear(self) -> None:
        self.total = 0
        self.recent.clear()
