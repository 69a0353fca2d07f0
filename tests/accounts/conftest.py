"""Background jobs of this room are done at once."""

from collections.abc import Iterator

import pytest

from msi_admin.celery import app


@pytest.fixture(autouse=True)
def _tasks_run_at_once() -> Iterator[None]:
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False
