"""Durations as people read them."""

import pytest

from common.durations import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.6, "1 min"), (148, "2 min 28 s"), (3_700, "1 h 1 min"), (7_200, "2 h")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text
