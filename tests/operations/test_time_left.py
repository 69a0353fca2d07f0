"""The time left that the page of a run shows, against runs that were recorded: right within a factor of two."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
import time_machine

from operations.progress import Progress, progress_of
from sync.models import Extract, RunKind, Source, SyncRun
from sync.statuses import ExtractStatus, RunStatus

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Export(NamedTuple):
    """When an extract was asked for, began to load and was loaded, in seconds of the run; and its rows."""

    source: Source
    asked: float
    load: float
    loaded: float
    rows: int


class Recorded(NamedTuple):
    """A run as it went: when its merge began, when it ended, and its extracts."""

    merge: float
    end: float
    exports: list[Export]


LEADS, CONTACTS, ROLES = Source.SALESFORCE_LEADS, Source.SALESFORCE_CONTACTS, Source.SALESFORCE_ROLES
PEOPLE = Source.MARKETO_PEOPLE
# Full syncs of 10,000 people of the sandbox: on a machine with much else to do, and on one with less.
RUNS = [
    Recorded(
        merge=29.4,
        end=32.1,
        exports=[
            Export(LEADS, 1.8, 7.6, 7.9, 5000),
            Export(ROLES, 2.6, 8.5, 8.9, 437),
            Export(CONTACTS, 3.8, 10.7, 10.9, 4000),
            Export(PEOPLE, 8.6, 14.8, 15.0, 1000),
            Export(PEOPLE, 9.6, 15.6, 15.8, 1033),
            Export(PEOPLE, 11.0, 20.1, 20.2, 1034),
            Export(PEOPLE, 15.9, 21.5, 21.6, 1033),
            Export(PEOPLE, 19.0, 22.2, 22.5, 1033),
            Export(PEOPLE, 22.1, 25.3, 25.4, 1034),
            Export(PEOPLE, 23.7, 26.8, 27.0, 1033),
            Export(PEOPLE, 24.3, 27.6, 27.8, 1034),
            Export(PEOPLE, 18.4, 27.8, 28.0, 733),
            Export(PEOPLE, 25.9, 28.7, 28.9, 1033),
        ],
    ),
    Recorded(
        merge=15.8,
        end=16.8,
        exports=[
            Export(LEADS, 0.7, 4.0, 4.2, 5000),
            Export(ROLES, 1.3, 5.3, 5.4, 437),
            Export(CONTACTS, 1.0, 6.0, 6.2, 4000),
            Export(PEOPLE, 3.4, 6.9, 7.0, 1000),
            Export(PEOPLE, 4.3, 8.0, 8.2, 1033),
            Export(PEOPLE, 6.2, 8.8, 8.9, 1034),
            Export(PEOPLE, 5.5, 9.3, 9.4, 1033),
            Export(PEOPLE, 7.4, 10.0, 10.1, 1033),
            Export(PEOPLE, 8.3, 10.9, 11.0, 1034),
            Export(PEOPLE, 10.0, 12.6, 12.7, 1033),
            Export(PEOPLE, 10.3, 12.9, 13.1, 1034),
            Export(PEOPLE, 11.2, 14.7, 14.8, 1033),
            Export(PEOPLE, 11.7, 15.0, 15.1, 733),
        ],
    ),
]


def seen(run: Recorded, seconds: float) -> Progress:
    """What is shown so many seconds after the start."""
    status = RunStatus.EXTRACTING if seconds < run.merge else RunStatus.MERGING
    row = SyncRun(kind=RunKind.FULL, status=status, started_at=START)
    with time_machine.travel(START + timedelta(seconds=seconds), tick=False):
        return progress_of(row, [extract_at(export, row, seconds) for export in run.exports])


def extract_at(export: Export, run: SyncRun, seconds: float) -> Extract:
    extract = Extract(run=run, source=export.source, status=ExtractStatus.PLANNED)
    if seconds >= export.asked:
        extract.status, extract.requested_at = ExtractStatus.REQUESTED, START + timedelta(seconds=export.asked)
    if seconds >= export.load:
        extract.status, extract.load_started_at = ExtractStatus.LOADING, START + timedelta(seconds=export.load)
        share = min(1, (seconds - export.load) / (export.loaded - export.load))
        extract.rows_expected, extract.rows_shown = export.rows, round(share * export.rows)
    if seconds >= export.loaded:
        extract.status, extract.loaded_at = ExtractStatus.LOADED, START + timedelta(seconds=export.loaded)
        extract.rows_loaded = export.rows
    return extract


@pytest.mark.parametrize("run", RUNS)
def test_the_time_left_is_right_within_a_factor_of_two(run: Recorded) -> None:
    """From the first number that is shown to the end of loading, at a hundred moments."""
    shown = 0
    for moment in range(1, 100):
        seconds = run.end * moment / 100
        left = seen(run, seconds).seconds_left
        if left is not None:
            shown += 1
            assert (run.end - seconds) / 2 <= left <= 2 * (run.end - seconds) + 1, f"after {seconds:.1f} seconds"
    assert shown > 30, "it is shown over much of the run"


@pytest.mark.parametrize("run", RUNS)
def test_nothing_is_promised_before_the_size_is_known(run: Recorded) -> None:
    first = min(export.load for export in run.exports if export.source == PEOPLE)
    assert seen(run, first - 0.1).seconds_left is None
