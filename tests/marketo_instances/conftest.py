"""A browser whose sign-in is of this morning, as in the room below."""

from tests.connections.conftest import browser_of_this_morning

__all__ = ["browser_of_this_morning"]
