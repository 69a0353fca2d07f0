"""Beat sends what is due, whatever happens to the clock of its machine."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from celery.beat import Scheduler
from celery.utils.imports import symbol_by_name
from django.conf import settings

from devtools.embedded.attach import Services
from msi_admin.celery import app

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Start = Callable[[], Scheduler]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servers: Services) -> Iterator[Start]:
    """Beat as it is started, each time with what it has stored; what it sends is only counted."""
    started: list[Scheduler] = []

    def new() -> Scheduler:
        scheduler: Any = symbol_by_name(settings.CELERY_BEAT_SCHEDULER)
        started.append(scheduler(app, schedule_filename=str(tmp_path / "beat")))
        return started[-1]

    monkeypatch.setattr(Scheduler, "apply_async", lambda self, entry, *_, **__: _sent.append(entry.name))
    _sent.clear()
    yield new
    for scheduler in started:
        scheduler.close()


_sent: list[str] = []


def sent_in_a_minute(scheduler: Scheduler, clock: Any) -> set[str]:
    """The names of what it sends, while the clock goes on by seconds."""
    _sent.clear()
    for _second in range(62):
        while not scheduler.tick():
            pass
        clock.shift(timedelta(seconds=1))
    return set(_sent)


EVERY_MINUTE = {"sync-sweep", "send-notifications", "start-due-syncs", "send-overdue-invitations"}


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_that_jumps_stops_nothing(start: Start, hours: int, is_restarted: bool) -> None:
    """A machine that began with a wrong clock, and was told the right one."""
    with time_machine.travel(NOON, tick=False) as clock:
        beat = start()
        assert sent_in_a_minute(beat, clock) >= EVERY_MINUTE
        clock.shift(timedelta(hours=hours))
        if is_restarted:
            beat.close()
            beat = start()
        assert sent_in_a_minute(beat, clock) >= EVERY_MINUTE
