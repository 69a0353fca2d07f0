"""Messages of the queue are hints: what they are about may have gone since."""

import inspect
from typing import Any

import pytest
from celery import Task

from accounts.emails import SignInChange
from msi_admin import celery_app

GONE = 2**31 - 1


def tasks_about_a_row() -> list[Task[Any, Any]]:
    celery_app.loader.import_default_modules()
    of_ours = [task for name, task in celery_app.tasks.items() if not name.startswith("celery.")]
    return [task for task in of_ours if inspect.signature(task.run).parameters]


@pytest.mark.usefixtures("db", "servers")
def test_a_message_about_a_row_that_is_gone_is_nothing_to_do() -> None:
    """Neither an error, which somebody would look for, nor another try."""
    ended = dict[str, str]()
    for task in tasks_about_a_row():
        named = inspect.signature(task.run).parameters.values()
        arguments = [SignInChange.PASSWORD.value if one.annotation is str else GONE for one in named]
        ended[task.name] = task.apply(tuple(arguments)).state
    assert len(ended) > 15
    assert set(ended.values()) == {"SUCCESS"}, ended
