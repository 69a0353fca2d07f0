"""One person at a time asks a neighbour for the same thing: each such call keeps a web worker waiting."""

from collections.abc import Iterator
from contextlib import contextmanager

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
    key = f"turn-{name}"
    if not cache.add(key, True, _LONGEST_SECONDS):  # noqa: FBT003
        raise ConnectionProblem("asked_just_now")
    try:
        yield
    finally:
        cache.delete(key)
