"""Waiting for something to become true, with a deadline."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], seconds: float = 15) -> None:
    """Return as soon as `condition` holds; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds} seconds"
        time.sleep(0.05)
