"""Background jobs of this room are done at once."""

import pytest


@pytest.fixture(autouse=True)
def _tasks_of_this_room_run_at_once(tasks_run_at_once: None) -> None:
    """Every test of this room wants it."""
