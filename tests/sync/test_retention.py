"""What nobody asks for any more goes by itself: people who left the copy, what the journal holds of them, old runs."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import SalesAccount
from history.models import Change, ChangeKind
from sync import retention
from sync.models import Person, RejectedRow, RunKind, SyncRun
from sync.retention import forget_what_is_old
from sync.statuses import RunStatus
from sync.tasks import forget_what_is_old as every_night
from tests.factories import make_account, make_extract, make_people, make_run
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def days_ago(days: int) -> Any:
    return timezone.now() - timedelta(days=days)


@pytest.mark.usefixtures("tasks_run_at_once")
def test_who_left_long_ago_is_forgotten_with_their_history(account: SalesAccount) -> None:
    make_people(account, first_id=1001, last_name="Gone", removed_at=days_ago(31), removed_reason="no_owner")
    make_people(account, first_id=1002, last_name="Left", removed_at=days_ago(29), removed_reason="no_owner")
    make_people(account, first_id=1003, last_name="Here")
    make_people(make_account("Other"), first_id=1001, last_name="Other", removed_at=days_ago(1))
    values: dict[str, Any] = {"before": {"title": "Chair"}, "after": {"title": ""}, "content_before": "0" * 32}
    for marketo_id in (1001, 1002):
        key = {"account": account, "marketo_id": marketo_id, "run_id": 1, "at": timezone.now()}
        Change.objects.create(**key, kind=ChangeKind.UPDATED, **values)
    every_night()
    assert set(Person.objects.values_list("last_name", flat=True)) == {"Here", "Left", "Other"}
    forgotten, kept = Change.objects.order_by("marketo_id")
    assert (forgotten.kind, forgotten.before, forgotten.after, forgotten.content_before) == ("erased", {}, {}, "")
    assert (kept.kind, kept.before) == ("updated", {"title": "Chair"})


def test_many_go_in_batches(account: SalesAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PEOPLE_AT_ONCE", 2)
    make_people(account, 5, removed_at=days_ago(31))
    forget_what_is_old(account)
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    ("status", "kind", "left"),
    [
        (RunStatus.MERGING, RunKind.INCREMENTAL, 1),
        (RunStatus.PLANNING, RunKind.UNDO, 1),
        (RunStatus.EXTRACTING, RunKind.FULL, 0),
        (RunStatus.HELD, RunKind.FULL, 0),
    ],
)
def test_nobody_is_forgotten_while_a_run_may_bring_them_back(
    account: SalesAccount, status: RunStatus, kind: RunKind, left: int
) -> None:
    make_people(account, removed_at=days_ago(31))
    make_run(account, status, kind=kind)
    forget_what_is_old(account)
    assert Person.objects.count() == left


@pytest.mark.django_db(transaction=True)
def test_no_run_begins_to_merge_meanwhile(account: SalesAccount) -> None:
    """As pipeline.runner does it, which locks the run's row before it becomes a merge."""
    make_run(account, RunStatus.EXTRACTING)

    def try_to_lock(_number: int) -> None:
        with transaction.atomic():
            assert not list(SyncRun.objects.select_for_update(skip_locked=True))

    with transaction.atomic():
        assert not retention._is_being_written(account)
        at_once(1, try_to_lock)


def test_old_runs_go_but_not_those_that_others_go_by(account: SalesAccount) -> None:
    def run(days: int, status: RunStatus = RunStatus.SUCCEEDED, **fields: Any) -> SyncRun:
        return make_run(account, status, finished_at=days_ago(days), **fields)

    everybody, of_list = run(900), run(800, list_id=7)
    run(700, RunStatus.FAILED)
    still_there = run(600, RunStatus.FAILED, has_leftovers=True)
    last = run(500, RunStatus.CANCELLED)
    forget_what_is_old(account)
    assert set(SyncRun.objects.all()) == {everybody, of_list, still_there, last}


def test_rows_that_could_not_be_read_go_before_their_run(account: SalesAccount) -> None:
    for days in (31, 29):
        extract = make_extract(make_run(account, finished_at=days_ago(days)))
        RejectedRow.objects.create(extract=extract, line=days, reason="wrong_columns", text="a,b")
    forget_what_is_old(account)
    assert [row.line for row in RejectedRow.objects.all()] == [29]
    assert SyncRun.objects.count() == 2
