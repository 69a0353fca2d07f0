"""Which processes are missing, and how long messages wait."""

import re
from datetime import timedelta

import pytest
import time_machine
from celery import current_app
from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from common.redis_client import redis_client
from operations.workers import QueueState, Work, work_of_now
from tests.conftest import ClientOf
from tests.pages import text_of

PAGE = "/ops/"


@pytest.mark.parametrize(
    ("sweep", "workers", "oldest", "missing"),
    [
        (5, 1, None, []),
        (5, 0, None, ["sweeper"]),
        (100, 1, None, ["beat"]),
        (None, 1, 2, ["beat"]),
        (100, 0, None, ["beat", "sweeper"]),
        (100, 0, 90, ["sweeper"]),
        (100, 1, 90, ["sweeper"]),
    ],
)
def test_who_must_be_started_is_named(sweep: int | None, workers: int, oldest: int | None, missing: list[str]) -> None:
    waiting = None if oldest is None else timedelta(seconds=oldest)
    work = Work([QueueState("sweep", 0, waiting, workers, 0), QueueState("celery", 0, None, 1, 0)], sweep, 0)
    assert work.missing == missing
    assert work.is_alive == (not missing)


@pytest.mark.django_db
def test_a_redis_that_was_started_again_is_there_at_once() -> None:
    """Connections of before are dead, those to the broker too."""
    assert not work_of_now().is_redis_away
    redis_client().client_kill_filter(_type="normal", skipme=True)
    cache.delete("operations:workers")
    assert not work_of_now().is_redis_away


def test_the_oldest_message_of_a_queue_is_told(ops: User, client_of: ClientOf) -> None:
    with time_machine.travel(timezone.now() - timedelta(minutes=5), tick=True):
        current_app.send_task("notifications.tasks.sweep")
    page = text_of(client_of(ops).get(PAGE))
    assert re.search(r">1</td> <td [^>]*>5 min( \d+ s)?</td>", page)
