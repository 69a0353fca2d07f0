"""When the parts of a run waited, were exported and were loaded."""

from datetime import UTC, datetime, timedelta

from operations.timeline import clock, timeline_of
from sync.models import Extract, SyncRun
from sync.statuses import RunStatus

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


def after(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_clock_counts_hours_only_when_there_are_any() -> None:
    assert [clock(seconds) for seconds in (4, 148, 3_661)] == ["0:04", "2:28", "1:01:01"]


def test_the_parts_of_an_extract_lie_end_to_end() -> None:
    run = SyncRun(status=RunStatus.SUCCEEDED, started_at=START, finished_at=after(100))
    loaded = Extract(requested_at=after(10), load_started_at=after(40), loaded_at=after(55))
    never = Extract()
    seen = timeline_of(run, [loaded, never])
    assert seen.seconds == 100
    assert [(row.waited, row.exported, row.loaded) for row in seen.rows] == [(10, 30, 15), (0, 0, 0)]
    assert seen.rows[0].sentence == "waited 10 s, exported in 30 s, loaded in 15 s"
    assert [text for _x, _anchor, text in seen.ticks] == ["0:00", "0:50", "1:40"]


def test_what_goes_on_reaches_until_now() -> None:
    run = SyncRun(status=RunStatus.EXTRACTING, started_at=datetime.now(UTC) - timedelta(seconds=60))
    assert run.started_at
    exporting = Extract(requested_at=run.started_at + timedelta(seconds=20))
    row = timeline_of(run, [exporting]).rows[0]
    assert (round(row.waited), round(row.exported), row.loaded) == (20, 40, 0)


def test_no_time_stands_twice_on_the_axis() -> None:
    runs = [SyncRun(status=RunStatus.SUCCEEDED, started_at=START, finished_at=after(end)) for end in (0, 1, 2)]
    axes = [[text for _x, _anchor, text in timeline_of(run, []).ticks] for run in runs]
    assert axes == [["0:00", "0:01"], ["0:00", "0:01"], ["0:00", "0:01", "0:02"]]
