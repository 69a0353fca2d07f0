"""Turns and counts in the cache: each call to a neighbour keeps a web worker waiting, so only so many are made."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django.core.cache import cache

from connections.problems import ConnectionProblem

# A process that dies while it asks gives the turn back by then.
_LONGEST_SECONDS = 120


@contextmanager
def turn(name: str) -> Iterator[None]:
    """
    Hold the turn to ask for something, such as `package-17` for the package of account 17.

    Raises ConnectionProblem while somebody else holds it.
    """
    key, mine = f"turn-{name}", uuid4().hex
    if not cache.add(key, mine, _LONGEST_SECONDS):
        raise ConnectionProblem("asked_just_now")
    try:
        yield
    finally:
        # After too long it is somebody else's.
        if cache.get(key) == mine:
            cache.delete(key)


def count_use(name: str, *, seconds: int) -> int:
    """How often something was done within `seconds` of its first time, this time included."""
    cache.add(name, 0, seconds)
    try:
        return int(cache.incr(name))
    except ValueError:  # it expired in between
        return 1
