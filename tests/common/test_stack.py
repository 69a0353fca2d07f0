"""Calls that cost what they cost, however deep they stand."""

import resource
from collections.abc import Callable

from common.stack import with_room

CALLS = 1_000


def page_faults(depth: int) -> int:
    """How often the system had to bring a page of memory while so many calls were made so deep."""
    if depth:
        return page_faults(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(CALLS):
        small("")
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def small(text: str) -> str:
    return str.strip(text)


def worst(count: Callable[[int], int]) -> int:
    """Over two pieces of Python's stack and more."""
    return max(map(count, range(300)))


def test_no_depth_asks_the_system_for_memory_with_every_call() -> None:
    """Of Python before 3.13 some depth does, when it has no room: twice a call."""
    assert worst(with_room(page_faults)) < CALLS / 10


def test_room_changes_nothing_else() -> None:
    @with_room
    def add(one: int, *, other: int) -> int:
        """A sum."""
        return one + other

    assert (add(1, other=2), add.__name__, add.__doc__) == (3, "add", "A sum.")
