"""Windows of creation times, and which of them are exported today."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import SalesAccount, User
from connections.marketo_share import MarketoShare
from pipeline.engine.budget import MarketoBudget
from pipeline.engine.windows import LONGEST, SECOND, Window, affordable_windows, month_windows
from sandbox.testing import SandboxProcess
from sync.models import Extract, Source
from sync.services import start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.factories import make_extract, make_run
from tests.sync.conftest import Sync
from tests.sync.driving import finish, work_until

START, END = datetime(2020, 1, 31, 5, 30, 15, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
MEGABYTES = 1_000_000
# Of this console: the half of what Marketo gives a company.
BYTES_A_DAY = MarketoShare().own_export_bytes


def cover(windows: list[Window], start: datetime, end: datetime) -> bool:
    """Whether every second from start to end lies in exactly one window."""
    has_no_gap = all(later.first - earlier.last == SECOND for earlier, later in pairwise(windows))
    return has_no_gap and (windows[0].first, windows[-1].last) == (start, end)


def test_windows_are_as_long_as_marketo_takes_and_leave_no_second_out() -> None:
    windows = list(month_windows(START, END))
    assert cover(windows, START, END)
    assert {window.length for window in windows[:-1]} == {timedelta(days=31)}


def test_a_window_beyond_a_days_allowance_comes_in_parts() -> None:
    """Pain 8: what no day allows is asked for over several days."""
    large, small = (Window(*month, size=size) for month, size in zip(months(2), (1100, 300), strict=True))
    measured = [Window(large.first, large.last, 1100 * MEGABYTES), Window(small.first, small.last, 300 * MEGABYTES)]
    windows = list(affordable_windows(large.first, small.last, measured, 500 * MEGABYTES))
    assert cover(windows, large.first, small.last)
    sizes = [window.size for window in windows if window.size]
    assert len(windows) == len(sizes) == 4
    assert max(sizes) <= 500 * MEGABYTES
    assert sizes[-1] == 300 * MEGABYTES


@pytest.mark.django_db(transaction=True)
def test_windows_are_of_whole_days(connected: SalesAccount) -> None:
    """Two that shared a day would look as if people were read twice."""
    odd = timezone.now() - timedelta(days=150, seconds=1)
    make_extract(make_run(connected), window_from=odd)
    run = start_sync(account=connected, started_by=None)
    windows = Extract.objects.of_run(run).filter(source=Source.MARKETO_PEOPLE)
    work_until(windows.exists)
    begins = list(windows.order_by("window_from").values_list("window_from", flat=True))
    assert len(begins) > 1
    assert begins == [odd.replace(hour=0, minute=0, second=0, microsecond=0) + n * LONGEST for n in range(len(begins))]


def months(count: int) -> list[tuple[datetime, datetime]]:
    windows = list(month_windows(START, END))
    return [(window.first, window.last) for window in windows[:count]]


def test_sizes_are_carried_over_to_other_windows() -> None:
    """A run that has once cut a month in two expects of the whole month what both halves had."""
    ((first, last),) = months(1)
    middle = first + (last - first) / 2
    middle = middle.replace(microsecond=0)
    measured = [Window(first, middle, 100), Window(middle + SECOND, last, 50)]
    (window,) = affordable_windows(first, last, measured, BYTES_A_DAY)
    assert window.size == 150


def test_nothing_is_expected_where_nothing_was_measured() -> None:
    assert {window.size for window in affordable_windows(START, END, [], BYTES_A_DAY)} == {None}


@pytest.mark.usefixtures("servers")
def test_the_first_export_of_a_day_may_have_any_size() -> None:
    budget = MarketoBudget("https://windows.mktorest.example")
    budget.check_export(BYTES_A_DAY * 3)


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[SandboxProcess]:
    """People who came within five windows."""
    with SandboxProcess.start(people=300, days=140) as process:
        settings.SANDBOX_ORIGIN = process.url
        yield process


@pytest.mark.django_db(transaction=True)
def test_what_does_not_fit_into_the_day_waits_and_the_rest_goes_on(
    sync: Sync, connected: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    """Pain 8: one window waits for tomorrow's allowance and says so; the others are read today."""
    sync()
    budget = MarketoBudget(sandbox.url)
    run = start_sync(account=connected, started_by=admin)
    windows = Extract.objects.of_run(run).filter(source=Source.MARKETO_PEOPLE)
    work_until(windows.exists)
    sizes = sorted(size for size in windows.values_list("bytes_expected", flat=True) if size)
    assert sizes[-1] > sizes[-2]
    budget.add_export(BYTES_A_DAY - budget.spent().export_bytes - sum(sizes) + 1)
    work_until(lambda: not windows.exclude(status=ExtractStatus.LOADED).filter(waiting_reason="").exists())
    parked = windows.get(waiting_reason="marketo_export_share")
    assert parked.bytes_expected in sizes
    budget.add_export(-BYTES_A_DAY)
    windows.filter(pk=parked.pk).update(due_at=timezone.now())
    assert finish(run).status == RunStatus.SUCCEEDED
