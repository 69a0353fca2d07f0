"""Runs and extracts go from one status to the next by the table alone."""

import pytest

from accounts.models import SalesAccount
from sync.models import Extract, SyncRun
from sync.statuses import (
    EXTRACT_TRANSITIONS,
    RUN_TRANSITIONS,
    UNFINISHED,
    WAITING_FOR_A_DECISION,
    ExtractStatus,
    RunStatus,
)
from tests.factories import make_extract, make_run


def test_the_tables_know_every_status() -> None:
    assert set(RUN_TRANSITIONS) == set(RunStatus)
    assert set(EXTRACT_TRANSITIONS) == set(ExtractStatus)
    assert {status for status, following in RUN_TRANSITIONS.items() if following} == {
        *UNFINISHED,
        *WAITING_FOR_A_DECISION,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("before", RunStatus)
@pytest.mark.parametrize("after", RunStatus)
def test_a_run_goes_nowhere_else(account: SalesAccount, before: RunStatus, after: RunStatus) -> None:
    run = make_run(account, before)
    if after == before or after in RUN_TRANSITIONS[before]:
        run.end_step(due_at=None, status=after)
    else:
        with pytest.raises(ValueError, match=f"{after} does not follow on {before}"):
            run.end_step(due_at=None, status=after)
        after = before
    assert SyncRun.objects.get().status == after


@pytest.mark.django_db
def test_an_extract_goes_nowhere_else(account: SalesAccount) -> None:
    extract = make_extract(make_run(account, RunStatus.EXTRACTING), status=ExtractStatus.LOADED)
    with pytest.raises(ValueError, match="planned does not follow on loaded"):
        extract.end_step(due_at=None, status=ExtractStatus.PLANNED)
    assert Extract.objects.get().status == ExtractStatus.LOADED
