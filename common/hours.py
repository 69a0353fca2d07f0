"""
Hours to count by. They are those of UTC: with local ones an hour of the night on which summer time ends would be
counted twice, and in zones half an hour beside them no row would meet its hour.
"""

from datetime import UTC, datetime, timedelta

from django.db.models.functions import TruncHour
from django.utils import timezone


def last_hours(number: int) -> list[datetime]:
    """When each of the last hours began, the oldest first; the last one has only begun."""
    this_hour = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return [this_hour - timedelta(hours=back) for back in reversed(range(number))]


def hour_of(field: str) -> TruncHour:
    """In which of them a moment of a row lies."""
    return TruncHour(field, tzinfo=UTC)
