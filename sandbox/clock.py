"""The sandbox's own time: the real time plus an offset that the control API moves."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Aware UTC time that tests and visitors can move forward or set."""

    def __init__(self) -> None:
        self._offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def timestamp(self) -> float:
        """Seconds since 1970, as moved."""
        return self.now().timestamp()

    @property
    def offset_seconds(self) -> float:
        """How far it is ahead of the real time."""
        return self._offset.total_seconds()

    def advance(self, seconds: float) -> None:
        self._offset += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        """Make ``moment`` (aware) the present; time goes on from there."""
        self._offset = moment - datetime.now(UTC)
