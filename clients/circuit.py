"""
A circuit breaker for each endpoint of a provider, shared by all processes: what fails again and again is left alone.

After so many failures in a row (no connection, no answer in time, a status of 500 or above) every call fails at once,
for a pause; then a single call is let through to see. Its success ends this, its failure begins a longer pause.
What is counted lies in a storage that is handed in; while that does not answer, every call goes.
"""

import random
from collections.abc import Iterable
from contextlib import suppress
from time import time
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from redis.exceptions import RedisError

FAILURES_IN_A_ROW = 5
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 10, 300
# Failures that lie further apart are not in a row. Longer than a pause and the call that ends it.
_REMEMBERED_SECONDS = 900
# A process that dies while it tries lets another one try by then; what the others are told to wait meanwhile.
_TRIAL_SECONDS, _TRIAL_WAIT_SECONDS = 150, 30


class CircuitStorage(Protocol):
    """Numbers under names, for so many seconds, shared by all who call; Django's cache is one. Raises RedisError."""

    def get(self, key: str, default: float, /) -> Any: ...
    def add(self, key: str, value: float, timeout: int, /) -> bool: ...
    def set(self, key: str, value: float, timeout: int, /) -> None: ...
    def touch(self, key: str, timeout: int, /) -> bool: ...
    def incr(self, key: str, /) -> int: ...
    def delete_many(self, keys: Iterable[str], /) -> None: ...


class CircuitOpen(requests.RequestException):
    """The call was not made; `seconds` until one may be."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Circuit:
    """
    One call's view of the circuit of its endpoint.

    An endpoint is an origin with the first part of the path: Marketo's identity, rest and bulk services fail apart.
    """

    def __init__(self, url: str, storage: CircuitStorage) -> None:
        self._storage = storage
        parts = urlsplit(url)
        endpoint = f"{parts.scheme}://{parts.netloc}/{parts.path[1:].partition('/')[0]}"
        # How many failures in a row, how many pauses in a row, and until when (seconds of Unix time) nobody calls.
        self._failures, self._pauses, self._closed_gate = (
            f"circuit-{name}-{endpoint}" for name in ("failures", "pauses", "gate")
        )
        self._is_trial = False
        self._is_known_to_live = False

    def enter(self) -> None:
        """Raises CircuitOpen when the call may not be made now."""
        with suppress(RedisError):
            failures = self._storage.get(self._failures, 0)
            self._is_known_to_live = not failures
            if failures < FAILURES_IN_A_ROW:
                return
            # Whoever closes the gate behind themselves is the single call that tries.
            self._is_trial = self._storage.add(self._closed_gate, time() + _TRIAL_WAIT_SECONDS, _TRIAL_SECONDS)
            if not self._is_trial:
                raise CircuitOpen(max(1.0, self._storage.get(self._closed_gate, 0) - time()))

    def succeeded(self) -> None:
        """A call after a failure forgets it; before one, nothing is there to forget, and most calls are."""
        if self._is_known_to_live:
            return
        with suppress(RedisError):
            self._storage.delete_many([self._failures, self._pauses, self._closed_gate])

    def failed(self) -> None:
        """Calls that were on their way when the circuit opened change nothing more."""
        with suppress(RedisError):
            if self._count(self._failures) == FAILURES_IN_A_ROW or self._is_trial:
                seconds = _pause_seconds(self._count(self._pauses))
                self._storage.set(self._closed_gate, time() + seconds, seconds)

    def _count(self, key: str) -> int:
        """One more, this one included."""
        self._storage.add(key, 0, _REMEMBERED_SECONDS)
        self._storage.touch(key, _REMEMBERED_SECONDS)
        return int(self._storage.incr(key))


def _pause_seconds(pauses: int) -> int:
    longest = min(FIRST_PAUSE_SECONDS << (pauses - 1), LONGEST_PAUSE_SECONDS)
    # Jitter, so that many consoles do not come back to a provider at the same moment.
    return max(1, round(longest * random.uniform(0.5, 1)))  # noqa: S311
