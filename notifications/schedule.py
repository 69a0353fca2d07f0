"""When a message goes out: at once, after the quiet hours, or together with others."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.models import Pace

MORNING = time(8)


@dataclass(frozen=True)
class Habits:
    """When a receiver wants messages, by the clock of the receiver."""

    pace: str
    quiet_from: time | None
    quiet_until: time | None
    zone: ZoneInfo


def due_at(now: datetime, habits: Habits, *, is_urgent: bool) -> tuple[datetime, datetime | None]:
    """When a message of now is due, and the same time if it goes out together with others."""
    if is_urgent:
        return now, None
    due = _after_quiet(_next(now, habits), habits)
    return due, None if habits.pace == Pace.AT_ONCE else due


def _next(now: datetime, habits: Habits) -> datetime:
    local = now.astimezone(habits.zone)
    if habits.pace == Pace.HOURLY:
        return local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return _at(local, MORNING) if habits.pace == Pace.DAILY else local


def _after_quiet(moment: datetime, habits: Habits) -> datetime:
    start, end = habits.quiet_from, habits.quiet_until
    if start is None or end is None or start == end:
        return moment
    clock = moment.timetz().replace(tzinfo=None)
    # The hours of a night begin on one day and end on the next.
    is_quiet = start <= clock < end if start < end else clock >= start or clock < end
    return _at(moment, end) if is_quiet else moment


def _at(moment: datetime, clock: time) -> datetime:
    """The next time after the moment that the clock shows this."""
    today = moment.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return today if today > moment else today + timedelta(days=1)
