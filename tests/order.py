"""In which order tests run, beyond pytest-randomly's."""

import os
from itertools import islice

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Tests with a browser come first, all of them at one worker, whose browser starts once. Then long tests, those with a
    time limit of their own: taken last, one would keep the others waiting. All other workers get some of them, for they
    mostly wait themselves, and the short tests of the others use that time.
    """
    items.sort(key=_place, reverse=True)
    browsers = [item for item in items if _has_browser(item)]
    long = [item for item in items if _limit(item) and not _has_browser(item)]
    short = iter(items[len(browsers) + len(long) :])
    hands = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    firsts = [browsers + long] if hands == 1 else [browsers, *(long[hand :: hands - 1] for hand in range(hands - 1))]
    dealt: list[pytest.Item] = []
    for hand, first in enumerate(firsts):
        # xdist begins with equal shares of the list, one behind the other.
        share = (len(items) - len(dealt)) // (hands - hand)
        dealt += first + list(islice(short, max(0, share - len(first))))
    items[:] = [*dealt, *short]


def _place(item: pytest.Item) -> tuple[bool, float]:
    return _has_browser(item), _limit(item)


def _has_browser(item: pytest.Item) -> bool:
    return item.get_closest_marker("browser") is not None


def _limit(item: pytest.Item) -> float:
    """In seconds; 0 for a test that has none of its own."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker else 0
