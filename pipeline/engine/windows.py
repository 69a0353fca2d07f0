"""Windows over the times at which Marketo made people: a full run exports one after the other."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sync.models import SyncRun

SECOND = timedelta(seconds=1)
# Both ends of a window count, so one of 31 days minus a second is the longest that Marketo takes.
LONGEST = timedelta(days=31)


@dataclass(frozen=True)
class Window:
    """Both ends are included; `size` is that of its export in bytes, None where nobody knows it."""

    first: datetime
    last: datetime
    size: int | None = None

    @property
    def length(self) -> timedelta:
        return self.last - self.first + SECOND


def month_windows(start: datetime, end: datetime) -> Iterator[Window]:
    """Ascending windows that cover every second from `start` to `end`, none in two of them."""
    return _cut(Window(start.replace(microsecond=0), end.replace(microsecond=0)), LONGEST)


def affordable_windows(
    start: datetime, end: datetime, measured: Collection[Window], bytes_a_day: int
) -> Iterator[Window]:
    """The same with the sizes that `measured` windows let expect; one beyond a day's share comes in equal parts."""
    for window in month_windows(start, end):
        size = _expected_size(window, measured)
        parts = ceil(size / bytes_a_day) if size else 1
        length = timedelta(seconds=ceil(window.length / SECOND / parts))
        for part in _cut(window, length):
            yield Window(part.first, part.last, size and size // parts)


def measured_windows(run: SyncRun) -> list[Window]:
    """What the exports of an earlier run were found to hold."""
    extracts = run.extracts.exclude(window_from=None).exclude(bytes=None)
    return [Window(*values) for values in extracts.values_list("window_from", "window_to", "bytes")]


def _cut(window: Window, length: timedelta) -> Iterator[Window]:
    first = window.first
    while first <= window.last:
        yield Window(first, min(first + length - SECOND, window.last))
        first += length


def _expected_size(window: Window, measured: Collection[Window]) -> int | None:
    sizes = [other.size * share for other in measured if other.size and (share := _share_within(window, other))]
    return round(sum(sizes)) if sizes else None


def _share_within(window: Window, other: Window) -> float:
    """How much of the other window lies in this one, from 0 to 1."""
    common = min(window.last, other.last) - max(window.first, other.first) + SECOND
    return max(0.0, common / other.length)
