"""The Celery application; tasks live in each room's `tasks.py`."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import (
    after_task_publish,
    before_task_publish,
    heartbeat_sent,
    setup_logging,
    worker_ready,
    worker_shutting_down,
)
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu.transport.redis import Channel, QoS

from common import draining

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msi_admin.settings")

app = Celery("msi_admin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Celery would replace the handlers; Django has already configured them."""


@heartbeat_sent.connect
def say_that_this_worker_listens(**_: object) -> None:
    _touch()


@after_task_publish.connect
def say_that_this_beat_sends(**_: object) -> None:
    """Beat has no heartbeat, but sends a sweep every second; whoever else sends messages says so otherwise."""
    if "beat" in sys.argv:
        _touch()


@before_task_publish.connect
def say_when_it_was_sent(headers: dict[str, Any], **_: object) -> None:
    """By which it can be told how long the oldest message of a queue has waited."""
    headers["sent_at"] = time.time()


@worker_ready.connect
def answer_for_figures(**_: object) -> None:
    """Workers have no web: each answers for itself and its children."""
    if settings.METRICS_LISTEN:
        from msi_admin.exposition import answer_at

        answer_at(settings.METRICS_LISTEN)


def _touch() -> None:
    if settings.ALIVE_FILE:
        Path(settings.ALIVE_FILE).touch()


@worker_shutting_down.connect
def let_go_of_long_work(**_: object) -> None:
    """At SIGTERM: steps that another worker can take anew are handed over, all others are ended."""
    draining.begin()


class ForgivingQoS(QoS):
    """
    What a worker does with messages it holds when Redis is lost: nothing. kombu (5.7) gives them back through the
    connection that has just gone, and the AttributeError ends the worker. The rows know what is due.
    """

    def restore_unacked(self, client: Any = None) -> None:
        with suppress(AttributeError):
            super().restore_unacked(client)


Channel.QoS = ForgivingQoS
