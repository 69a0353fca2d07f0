"""A run can be taken back: everybody it changed is as before, where no later run has changed them."""

import time

import pytest
from django.db import connection

from accounts.models import AuditEvent, Occurrence, SalesAccount, User
from history.models import Change
from operations.outcome import Choice, concerned
from sync.decisions import approve_run, undo_run
from sync.engine import undo as undo_engine
from sync.engine.problems import RunFailed
from sync.engine.telling import tell_of_failure
from sync.erasure import erase_person
from sync.events import RUN_FAILED
from sync.models import Person, RunKind, SyncRun
from sync.policies import HoldLimit
from sync.services import SyncRefused, start_sync
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.pages import text_of
from tests.sync.conftest import Change as ChangePeople
from tests.sync.conftest import Sync
from tests.sync.driving import finish
from tests.sync.incremental_runs import sync_changes
from tests.sync.oracle import people_in_copy

pytestmark = pytest.mark.django_db(transaction=True)


def content_hash(account: SalesAccount) -> str:
    """Of everybody in the copy, with another function than the journal's."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT sum(hashtextextended(
                (to_jsonb(person) - 'changed_at' - 'removed_at' - 'hidden_since' - 'hidden_reason')::text, 0
            )) FROM sync_person AS person WHERE account_id = %s AND removed_at IS NULL
            """,
            [account.pk],
        )
        return str(cursor.fetchone()[0])


def ids(account: SalesAccount, number: int) -> list[int]:
    people = Person.objects.for_account(account).live().filter(salesforce_type="Lead").order_by("marketo_id")
    return list(people.values_list("marketo_id", flat=True)[:number])


def undone(run: SyncRun, by: User) -> SyncRun:
    return finish(undo_run(run=run, undone_by=by))


def test_the_copy_is_as_before(synced: SalesAccount, admin: User, change: ChangePeople) -> None:
    before, people = content_hash(synced), people_in_copy(synced)
    changed, blanked, deleted, reowned = ids(synced, 4)
    change("change", changed, fields={"title": "Chair", "lastName": "Öst"})
    change("change", blanked, fields={"title": None, "company": ""})
    change("delete", deleted)
    change("reown", reowned, owner="queue")
    change("create", kind="contact")
    run = sync_changes(synced)
    assert (run.added, run.updated, run.removed) == (1, 2, 2)
    assert content_hash(synced) != before
    tell_of_failure(SyncRun(account=synced, pk=1, kind=RunKind.UNDO), RunFailed("crashed", tries=60))
    undo = undone(run, admin)
    assert not Occurrence.objects.going_on().filter(event=RUN_FAILED.key).exists()
    assert (undo.status, undo.failure) == (RunStatus.SUCCEEDED, "")
    assert (undo.added, undo.updated, undo.removed) == (2, 2, 1), "who comes back is added"
    assert len(concerned(undo, Choice("added"))) == 2
    assert undo.receipt["source"] == undo.receipt["copy"]
    assert undo.receipt["copy"][0] == 4
    assert content_hash(synced) == before
    assert people_in_copy(synced) == people
    assert undo.people == len(people)
    assert AuditEvent.objects.filter(action="sync.undone", actor=admin).count() == 1


def test_an_undo_can_be_taken_back(synced: SalesAccount, admin: User, change: ChangePeople) -> None:
    first, second = ids(synced, 2)
    change("change", first, fields={"title": "Chair"})
    change("delete", second)
    run = sync_changes(synced)
    after = content_hash(synced)
    undo = undone(run, admin)
    assert content_hash(synced) != after
    assert undone(undo, admin).status == RunStatus.SUCCEEDED
    assert content_hash(synced) == after
    assert undone(run, admin).kept == {"changed_since": 2}, "later runs have changed everybody"


def test_the_next_full_sync_removes_whoever_is_gone_for_good(
    synced: SalesAccount, sync: Sync, admin: User, change: ChangePeople
) -> None:
    """As the page says beside Undo: what Marketo told of it once nobody reads again, and they would stay for good."""
    deleted, winner, loser, shown = ids(synced, 4)
    change("delete", deleted)
    change("merge", winner, loser)
    change("change", shown, fields={"title": "Chair"})
    assert undone(sync_changes(synced), admin).status == RunStatus.SUCCEEDED
    run = sync()
    assert (run.status, run.removed) == (RunStatus.SUCCEEDED, 2)
    gone = Person.objects.for_account(synced).exclude(removed_at=None).order_by("removed_reason")
    assert list(gone.values_list("marketo_id", "removed_reason")) == [
        (deleted, "deleted_in_marketo"),
        (loser, "merged_in_marketo"),
    ]
    assert sync().changed == 0


def test_who_had_left_before_they_were_deleted_does_not_come_back(
    synced: SalesAccount, admin: User, change: ChangePeople
) -> None:
    """The run that read of the deletion had nobody to remove: no other reads of it again."""
    deleted, reowned = ids(synced, 2)
    change("reown", deleted, reowned, owner="queue")
    run = sync_changes(synced)
    change("delete", deleted)
    assert sync_changes(synced).removed == 0
    undo = undone(run, admin)
    assert (undo.status, undo.added, undo.kept) == (RunStatus.SUCCEEDED, 1, {"changed_since": 1})
    gone = Person.objects.for_account(synced).exclude(removed_at=None)
    assert list(gone.values_list("marketo_id", "removed_reason")) == [(deleted, "deleted_in_marketo")]


def test_whom_a_later_run_has_changed_stays(
    synced: SalesAccount, admin: User, change: ChangePeople, client_of: ClientOf
) -> None:
    first, second = ids(synced, 2)
    titles = {number: values["title"] for number, values in people_in_copy(synced).items()}
    change("change", first, second, fields={"title": "Chair"})
    run = sync_changes(synced)
    change("change", second, fields={"title": "President"})
    sync_changes(synced)
    undo = undone(run, admin)
    assert (undo.updated, undo.kept) == (1, {"changed_since": 1})
    assert "Changed since by a later run: 1 person was left as they are." in text_of(
        client_of(admin).get(undo.get_absolute_url())
    )
    copy = people_in_copy(synced)
    assert (copy[first]["title"], copy[second]["title"]) == (titles[first], "President")


def test_a_first_load_cannot_be_taken_back(synced: SalesAccount, admin: User) -> None:
    run = SyncRun.objects.for_account(synced).get()
    assert not Change.objects.for_account(synced).exists(), "the first load writes no row for anybody"
    with pytest.raises(SyncRefused, match="first load"):
        undo_run(run=run, undone_by=admin)


def test_an_undo_that_removes_many_is_held(synced: SalesAccount, sync: Sync, admin: User, change: ChangePeople) -> None:
    HoldLimit.objects.create(account=synced, people=2, percent=0)
    before = content_hash(synced)
    for _ in range(3):
        change("create", kind="lead")
    run = sync()
    assert run.added == 3
    undo = undone(run, admin)
    assert (undo.status, undo.held["removed"]) == (RunStatus.HELD, {"taken_back": 3})
    approve_run(run=undo, approved_by=admin)
    assert finish(undo).status == RunStatus.SUCCEEDED
    assert content_hash(synced) == before


def test_an_undo_that_gives_many_back_to_a_queue_is_held(
    synced: SalesAccount, admin: User, change: ChangePeople
) -> None:
    """It has read nobody, and so does not know which queue had them."""
    people = ids(synced, 3)
    change("reown", *people, owner="queue")
    run = sync_changes(synced)
    put_back = undone(run, admin)
    assert (run.removed, put_back.added) == (3, 3)
    HoldLimit.objects.create(account=synced, people=2, percent=0)
    again = undone(put_back, admin)
    assert (again.status, again.held["removed"]) == (RunStatus.HELD, {"queue_owner": 3})
    approve_run(run=again, approved_by=admin)
    assert (finish(again).status, again.removed) == (RunStatus.SUCCEEDED, 3)


def test_nothing_is_taken_back_beside_another_run(synced: SalesAccount, admin: User, change: ChangePeople) -> None:
    change("change", *ids(synced, 1), fields={"title": "Chair"})
    run = sync_changes(synced)
    full = start_sync(account=synced, started_by=admin, kind=RunKind.FULL)
    with pytest.raises(SyncRefused, match="already on its way") as refusal:
        undo_run(run=run, undone_by=admin)
    assert refusal.value.run == full


def test_whoever_was_erased_is_not_put_back(synced: SalesAccount, admin: User, change: ChangePeople) -> None:
    erased, other = ids(synced, 2)
    titles = {number: values["title"] for number, values in people_in_copy(synced).items()}
    change("change", erased, other, fields={"title": "Chair"})
    run = sync_changes(synced)
    erase_person(account=synced, marketo_id=erased, erased_by=admin)
    undo = undone(run, admin)
    assert (undo.status, undo.updated, undo.kept) == (RunStatus.SUCCEEDED, 1, {"erased": 1})
    copy = people_in_copy(synced)
    assert copy[other]["title"] == titles[other]
    assert erased not in copy
    assert start_and_finish(synced, admin).added == 1, "they come back with the next full run"
    assert undone(run, admin).kept == {"changed_since": 1, "erased": 1}


def start_and_finish(account: SalesAccount, by: User) -> SyncRun:
    return finish(start_sync(account=account, started_by=by))


def test_an_undo_may_take_longer_than_a_heartbeat(
    synced: SalesAccount, admin: User, change: ChangePeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its beats write the run's row: they and the undo waited for each other, 20 seconds long."""
    change("change", *ids(synced, 1), fields={"title": "Chair"})
    run = sync_changes(synced)
    monkeypatch.setattr("sync.engine.heartbeat.BEAT_SECONDS", 0.02)
    people = undo_engine._people

    def slowly(run: SyncRun) -> int:
        time.sleep(0.2)
        return people(run)

    monkeypatch.setattr(undo_engine, "_people", slowly)
    begin = time.monotonic()
    assert undone(run, admin).status == RunStatus.SUCCEEDED
    assert time.monotonic() - begin < 10
