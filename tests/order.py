"""In which order tests run, beyond pytest-randomly's."""

import os
from itertools import islice

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Long tests, those with a time limit of their own, come first: taken last, one would keep the others waiting. Every
    worker gets some of them, for they mostly wait themselves, and the short tests of the others use that time.
    """
    items.sort(key=_limit, reverse=True)
    long = [item for item in items if _limit(item)]
    short = iter(items[len(long) :])
    hands = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    dealt: list[pytest.Item] = []
    for hand in range(hands):
        # xdist begins with equal shares of the list, one behind the other.
        share = (len(items) - len(dealt)) // (hands - hand)
        first = long[hand::hands]
        dealt += first + list(islice(short, max(0, share - len(first))))
    items[:] = [*dealt, *short]


def _limit(item: pytest.Item) -> float:
    """In seconds; 0 for a test that has none of its own."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker else 0
