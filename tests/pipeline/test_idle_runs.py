"""Most runs that follow changes find none: they make no table, merge nothing, and still say how far they have read."""

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Occurrence, SalesAccount
from pipeline.engine.load import end_load
from sync.engine.problems import RunFailed
from sync.engine.stage import StageTable
from sync.engine.telling import tell_of_failure
from sync.events import RUN_FAILED
from sync.models import Cursor, Extract, Person, RunKind, SyncRun
from sync.services import start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.factories import make_extract, make_run
from tests.sync.conftest import Change
from tests.sync.driving import finish
from tests.sync.incremental_runs import ids, sync_changes
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_made_for_nothing(synced: SalesAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    """155 rows of the catalogue and half a second of work, every five minutes for each company."""
    # The first one asks for the places from which it reads on.
    full, before = sync_changes(synced), Cursor.objects.earliest("since").since
    tell_of_failure(SyncRun(account=synced, pk=1, kind=RunKind.INCREMENTAL), RunFailed("crashed", tries=60))
    with monkeypatch.context() as patch:
        patch.delattr(StageTable, "create")
        run = sync_changes(synced)
    assert (run.seen, run.changed, run.people) == (0, 0, full.people)
    assert run.receipt == {"source": [0, "0"], "copy": [0, "0"]}
    # One step to begin and one to end, and one for each stream that is read where nothing happens.
    assert run.attempt == 2
    assert sorted(run.extracts.values_list("attempt", flat=True)) == [0, 0, 0, 0, 1, 1]
    assert set(run.extracts.values_list("status", flat=True)) == {ExtractStatus.LOADED}
    assert not run.has_leftovers
    # It is a success like any other.
    assert not Occurrence.objects.going_on().filter(event=RUN_FAILED.key).exists()
    assert Cursor.objects.earliest("since").since > before


def test_what_comes_after_an_idle_run_is_followed(synced: SalesAccount, change: Change) -> None:
    sync_changes(synced)
    lead, gone = ids(synced, "Lead", 2)
    change("change", lead, fields={"title": "Chair"})
    change("delete", gone)
    run = sync_changes(synced)
    assert (run.updated, run.removed) == (1, 1)
    assert Person.objects.get(marketo_id=lead).title == "Chair"
    assert sync_changes(synced).people == run.people


def test_only_a_deletion_is_something(synced: SalesAccount, change: Change) -> None:
    sync_changes(synced)
    [gone] = ids(synced, "Lead", 1)
    change("delete", gone)
    assert sync_changes(synced).removed == 1


def test_the_last_of_two_that_end_at_once_wakes_the_run(account: SalesAccount) -> None:
    run = make_run(account, RunStatus.EXTRACTING, kind=RunKind.INCREMENTAL, started_at=timezone.now())
    for _ in range(5):
        Extract.objects.all().delete()
        SyncRun.objects.update(due_at=None)
        for _number in range(2):
            make_extract(run, due_at=timezone.now())
        pks = list(Extract.objects.values_list("pk", flat=True))

        def end(number: int, pks: list[int] = pks) -> None:
            extract = Extract.objects.select_related("run__account").claim(pks[number])
            with transaction.atomic():
                end_load(extract, 0)

        end(0)
        assert not SyncRun.objects.due().exists()
        Extract.objects.filter(pk=pks[0]).update(due_at=timezone.now(), status=ExtractStatus.PLANNED)
        at_once(2, end)
        assert SyncRun.objects.due().exists()


def test_a_run_that_is_cancelled_meanwhile_is_not_woken(connected: SalesAccount) -> None:
    run = make_run(connected, RunStatus.CANCELLED)
    extract = Extract.objects.claim(make_extract(run, due_at=timezone.now()).pk)
    with transaction.atomic():
        end_load(extract, 0)
    assert not SyncRun.objects.due().exists()
    assert finish(start_sync(account=connected, started_by=None)).status == RunStatus.SUCCEEDED
