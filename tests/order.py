"""In which order tests run, beyond pytest-randomly's."""

import os
from collections.abc import Sequence
from itertools import islice

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Tests with a browser come first, all of them at one worker, whose browser starts once. The other workers get the
    long tests, those with a time limit of their own, in the first half of their share: taken last, one would keep the
    others waiting.
    """
    items.sort(key=_place, reverse=True)
    browsers = [item for item in items if _has_browser(item)]
    long = [item for item in items if _limit(item) and not _has_browser(item)]
    short = iter(items[len(browsers) + len(long) :])
    hands = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    others = max(1, hands - 1)
    dealt: list[pytest.Item] = []
    for hand in range(hands):
        first = browsers if hand == 0 else []
        longs = long[hand % others :: others] if hand or hands == 1 else []
        # xdist begins with equal shares of the list, one behind the other.
        share = (len(items) - len(dealt)) // (hands - hand)
        dealt += first + _spread(longs, list(islice(short, max(0, share - len(first) - len(longs)))))
    items[:] = [*dealt, *short]


def _spread(long: Sequence[pytest.Item], short: list[pytest.Item]) -> list[pytest.Item]:
    """The long tests among the first half of the short: they mostly wait, and must not all wait at the same time."""
    gap = len(short) // (2 * len(long)) if long else 0
    spread = [item for number, one in enumerate(long) for item in (one, *short[number * gap : (number + 1) * gap])]
    return spread + short[len(long) * gap :]


def _place(item: pytest.Item) -> tuple[bool, float]:
    return _has_browser(item), _limit(item)


def _has_browser(item: pytest.Item) -> bool:
    return item.get_closest_marker("browser") is not None


def _limit(item: pytest.Item) -> float:
    """In seconds; 0 for a test that has none of its own."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0]) if marker else 0
