"""When a message is due: by the clock of whoever gets it, over the change of the clocks too."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from notifications.models import Pace
from notifications.schedule import Habits, due_at

NIGHT, NAP = (time(22), time(7)), (time(12), time(14))
NEVER = (None, None)


@pytest.mark.parametrize(
    ("pace", "quiet", "zone", "now", "due"),
    [
        (Pace.AT_ONCE, NEVER, "UTC", "2026-06-01 03:10", "2026-06-01 03:10"),
        (Pace.AT_ONCE, NIGHT, "UTC", "2026-06-01 03:10", "2026-06-01 07:00"),
        (Pace.AT_ONCE, NIGHT, "UTC", "2026-06-01 22:00", "2026-06-02 07:00"),
        (Pace.AT_ONCE, NIGHT, "UTC", "2026-06-01 07:00", "2026-06-01 07:00"),
        (Pace.AT_ONCE, NIGHT, "Europe/Stockholm", "2026-06-01 20:30", "2026-06-02 05:00"),
        (Pace.AT_ONCE, NAP, "UTC", "2026-06-01 13:00", "2026-06-01 14:00"),
        (Pace.AT_ONCE, (time(7), time(7)), "UTC", "2026-06-01 07:00", "2026-06-01 07:00"),
        (Pace.HOURLY, NEVER, "UTC", "2026-06-01 03:10", "2026-06-01 04:00"),
        (Pace.HOURLY, NEVER, "Asia/Kolkata", "2026-06-01 03:10", "2026-06-01 03:30"),
        (Pace.HOURLY, NIGHT, "UTC", "2026-06-01 21:10", "2026-06-02 07:00"),
        (Pace.DAILY, NEVER, "UTC", "2026-06-01 07:59", "2026-06-01 08:00"),
        (Pace.DAILY, NEVER, "UTC", "2026-06-01 08:00", "2026-06-02 08:00"),
        # The night in which Sweden's clocks go forward: eight o'clock is an hour earlier.
        (Pace.DAILY, NEVER, "Europe/Stockholm", "2026-03-28 08:00", "2026-03-29 06:00"),
    ],
)
def test_due(pace: Pace, quiet: tuple[time | None, time | None], zone: str, now: str, due: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    habits = Habits(pace, *quiet, ZoneInfo(zone))
    expected = datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert due_at(moment, habits, is_urgent=False) == (expected, None if pace == Pace.AT_ONCE else expected)
    assert due_at(moment, habits, is_urgent=True) == (moment, None)
