"""In which order tests run, beyond pytest-randomly's."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests, those with a time limit of their own, come first: taken last, one would keep the others waiting."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)
