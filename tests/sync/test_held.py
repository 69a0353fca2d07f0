"""Runs that would remove or blank too many people wait for an Admin, with nothing changed."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone
from psycopg import sql

from accounts.models import AuditEvent, Occurrence, SalesAccount, User
from connections.models import SalesforceConnection
from history.models import Change
from operations.outcome import Choice, concerned
from sandbox.testing import SandboxProcess
from sync.decisions import approve_run, check_run_again, discard_run
from sync.engine.hold import expire
from sync.engine.restart import MOST_RESTARTS
from sync.engine.stage import STAGED, StageTable, all_tables
from sync.erasure import erase_person
from sync.events import RUN_HELD
from sync.messages import reasons_of_hold
from sync.models import Extract, HeldPerson, Person, RunKind, SyncRun
from sync.policies import HoldLimit
from sync.services import SyncRefused, cancel_run, start_sync
from sync.statuses import RunStatus
from tests.factories import make_run
from tests.sync.conftest import Change as ChangePeople
from tests.sync.conftest import Sync
from tests.sync.driving import READING, finish, work_until
from tests.sync.incremental_runs import ids, sync_changes
from tests.sync.oracle import people_in_copy

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 30


@pytest.fixture
def leaving(synced: SalesAccount, change: ChangePeople) -> list[int]:
    """More people than may leave without asking."""
    people = list(Person.objects.for_account(synced).live().order_by("marketo_id")[:MANY])
    ids = [person.marketo_id for person in people]
    change("delete", *ids)
    return ids


@pytest.fixture
def held(synced: SalesAccount, leaving: list[int]) -> SyncRun:
    return finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))


def live(account: SalesAccount) -> set[int]:
    return set(Person.objects.for_account(account).live().values_list("marketo_id", flat=True))


@pytest.mark.parametrize("kind", READING)
def test_nothing_is_changed(synced: SalesAccount, leaving: list[int], kind: str) -> None:
    before = people_in_copy(synced)
    run = finish(start_sync(account=synced, started_by=None, kind=RunKind(kind)))
    assert (run.status, run.held["removed"]) == (RunStatus.HELD, {"deleted_in_marketo": MANY})
    assert run.held["limit"] == 25
    assert people_in_copy(synced) == before
    assert not Change.objects.for_account(synced).exists()
    assert set(HeldPerson.objects.of_run(run).values_list("marketo_id", flat=True)) == set(leaving)


def test_fewer_leave_without_asking(synced: SalesAccount, change: ChangePeople) -> None:
    change("delete", *sorted(live(synced))[:25])
    assert sync_changes(synced).removed == 25


def test_an_account_has_a_limit_of_its_own(synced: SalesAccount, change: ChangePeople) -> None:
    HoldLimit.objects.create(account=synced, people=3, percent=0)
    change("delete", *sorted(live(synced))[:4])
    run = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    assert (run.status, run.held["limit"]) == (RunStatus.HELD, 3)


def test_approving_lets_it_go_on(held: SyncRun, synced: SalesAccount, admin: User, leaving: list[int]) -> None:
    approve_run(run=held, approved_by=admin)
    run = finish(held)
    assert (run.status, run.removed, run.approved_by) == (RunStatus.SUCCEEDED, MANY, admin)
    assert not live(synced) & set(leaving)
    assert AuditEvent.objects.filter(action="sync.approved", actor=admin).count() == 1
    assert finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL)).changed == 0


def test_who_has_changed_since_is_decided_anew(
    synced: SalesAccount, admin: User, change: ChangePeople, sandbox: SandboxProcess
) -> None:
    people = Person.objects.for_account(synced).live().filter(salesforce_type="Lead").order_by("marketo_id")
    ids = list(people.values_list("marketo_id", flat=True)[:MANY])
    change("reown", *ids, owner="queue")
    make_run(synced, kind=RunKind.INCREMENTAL, removed=3, people=len(live(synced)))
    run = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    assert run.held["removed"] == {"queue_owner": MANY}
    assert SyncRun.objects.usual_removals(run) == (1, 3)
    [(_, _, cause, _)] = reasons_of_hold(run)
    assert re.match("Their leads belong to Inbound Leads now, perhaps", str(cause)), cause
    change("reown", *ids[:4], owner="user")
    approve_run(run=run, approved_by=admin)
    assert finish(run).removed == MANY - 4
    assert live(synced) >= set(ids[:4])


def test_checking_again_goes_on_when_few_are_left(synced: SalesAccount, admin: User, change: ChangePeople) -> None:
    people = Person.objects.for_account(synced).live().filter(salesforce_type="Lead").order_by("marketo_id")
    ids = list(people.values_list("marketo_id", flat=True)[:MANY])
    change("reown", *ids, owner="queue")
    run = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    check_run_again(run=run, checked_by=admin)
    assert finish(run).status == RunStatus.HELD, "nothing is different"
    change("reown", *ids[:10], owner="user")
    check_run_again(run=run, checked_by=admin)
    run = finish(run)
    assert (run.status, run.removed) == (RunStatus.SUCCEEDED, MANY - 10)


def test_what_was_read_last_counts_wherever_it_stands(synced: SalesAccount, admin: User, change: ChangePeople) -> None:
    """Behind a hold the database makes room in front of what was read first, by itself within a minute."""
    leads = ids(synced, "Lead", MANY)
    change("reown", *leads, owner="queue")
    run = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    check_run_again(run=run, checked_by=admin)
    assert finish(run).status == RunStatus.HELD
    for source in STAGED:
        _vacuum(StageTable(run, source))
    change("reown", *leads, owner="user")
    approve_run(run=run, approved_by=admin)
    assert (finish(run).status, run.removed) == (RunStatus.SUCCEEDED, 0)
    assert live(synced) >= set(leads)


def test_the_others_are_followed_in_the_meantime(
    held: SyncRun, synced: SalesAccount, change: ChangePeople, leaving: list[int], admin: User
) -> None:
    staying = sorted(live(synced) - set(leaving))
    change("change", staying[0], fields={"title": "Chair"})
    change("delete", staying[1])
    run = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    assert (run.status, run.updated, run.removed) == (RunStatus.SUCCEEDED, 1, 1)
    assert run.kept == {"held_back": MANY}
    assert live(synced) >= set(leaving)
    change("change", staying[2], fields={"title": "Chair"})
    approve_run(run=held, approved_by=admin)
    assert finish(held).removed == MANY
    assert sync_changes(synced).updated == 1
    copy = people_in_copy(synced)
    assert {copy[number]["title"] for number in (staying[0], staying[2])} == {"Chair"}
    assert staying[1] not in copy


def test_a_later_full_run_knows_what_the_held_one_had_seen(
    held: SyncRun, synced: SalesAccount, sync: Sync, leaving: list[int]
) -> None:
    """The streams have gone on: what they said about those who left is kept with the held run."""
    assert finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL)).status == RunStatus.SUCCEEDED
    run = sync()
    assert (run.status, run.held["removed"]) == (RunStatus.HELD, {"deleted_in_marketo": MANY})
    held.refresh_from_db()
    assert held.status == RunStatus.DISCARDED


@pytest.mark.parametrize("is_discarded", [True, False])
def test_a_full_run_finds_them_again_after_nobody_wanted_it(
    held: SyncRun, synced: SalesAccount, admin: User, sync: Sync, is_discarded: bool
) -> None:
    """As the page says beside Discard. Else whoever was deleted in Marketo would stay in the copy for good."""
    assert finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL)).status == RunStatus.SUCCEEDED
    if is_discarded:
        discard_run(run=held, discarded_by=admin)
    else:
        expire(held)
    run = sync()
    assert (run.status, run.held.get("removed")) == (RunStatus.HELD, {"deleted_in_marketo": MANY})
    approve_run(run=run, approved_by=admin)
    assert finish(run).removed == MANY
    assert sync().status == RunStatus.SUCCEEDED


def test_who_is_deleted_while_waiting_for_another_reason_leaves(
    synced: SalesAccount, admin: User, sync: Sync, change: ChangePeople
) -> None:
    """The stream says it once, to a run that may not touch them."""
    HoldLimit.objects.create(account=synced, people=2, percent=0)
    leads = Person.objects.for_account(synced).live().filter(salesforce_type="Lead").order_by("marketo_id")
    waiting = list(leads.values_list("marketo_id", flat=True)[:5])
    change("reown", *waiting, owner="queue")
    held = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    assert held.status == RunStatus.HELD
    change("delete", waiting[0])
    assert "held_back" in finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL)).kept
    change("reown", *waiting[1:], owner="user")
    discard_run(run=held, discarded_by=admin)
    sync()
    assert live(synced) >= set(waiting[1:])
    assert waiting[0] not in live(synced)


def test_discarding_changes_nobody(held: SyncRun, synced: SalesAccount, admin: User, leaving: list[int]) -> None:
    assert discard_run(run=held, discarded_by=admin)
    run = finish(held)
    assert run.status == RunStatus.DISCARDED
    assert live(synced) >= set(leaving)
    assert _tables(run) == 0
    assert not discard_run(run=held, discarded_by=admin)
    with pytest.raises(SyncRefused):
        approve_run(run=held, approved_by=admin)


def test_nobody_decides_for_three_days(held: SyncRun, synced: SalesAccount) -> None:
    assert held.due_at
    assert held.due_at > timezone.now() + timedelta(hours=71)
    SyncRun.objects.update(due_at=timezone.now())
    work_until(lambda: SyncRun.objects.filter(pk=held.pk, status=RunStatus.DISCARDED, has_leftovers=False).exists())
    assert AuditEvent.objects.filter(action="sync.expired", actor=None).count() == 1
    assert _tables(held) == 0


def test_a_run_that_was_paused_while_it_was_being_held_is_decided_and_expires_like_any_other(
    held: SyncRun, admin: User
) -> None:
    """Pause is pressed during the merge that finds out: what was read must not lie about for ever."""
    SyncRun.objects.update(paused_at=timezone.now())
    check_run_again(run=held, checked_by=admin)
    assert finish(held).status == RunStatus.HELD
    SyncRun.objects.update(paused_at=timezone.now(), due_at=timezone.now())
    work_until(lambda: SyncRun.objects.filter(pk=held.pk, status=RunStatus.DISCARDED, has_leftovers=False).exists())
    assert _tables(held) == 0


def test_an_erased_person_is_in_no_file_of_a_held_run(
    synced: SalesAccount, admin: User, change: ChangePeople, leaving: list[int], sync: Sync
) -> None:
    """Neither among those who leave nor among the others, of whom approving would bring one back."""
    erased = [leaving[0], max(live(synced))]
    held = sync()
    for marketo_id in erased:
        erase_person(account=synced, marketo_id=marketo_id, erased_by=None)
    assert not {one.marketo_id for one in concerned(held, Choice())} & set(erased)
    approve_run(run=held, approved_by=admin)
    run = finish(held)
    assert (run.status, run.removed) == (RunStatus.SUCCEEDED, MANY - 1)
    assert not live(synced) & {*leaving, *erased}


def test_departures_outlive_what_a_crash_took(
    held: SyncRun, synced: SalesAccount, admin: User, sync: Sync, leaving: list[int]
) -> None:
    assert finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL)).status == RunStatus.SUCCEEDED
    for table in all_tables(held):
        table.empty()
    approve_run(run=held, approved_by=admin)
    assert finish(held).failure == "read_again"
    assert sync().held["removed"] == {"deleted_in_marketo": MANY}


def test_values_that_would_be_blanked(synced: SalesAccount, change: ChangePeople) -> None:
    people = Person.objects.for_account(synced).live().exclude(title=None).exclude(title="").order_by("marketo_id")
    change("change", *people.values_list("marketo_id", flat=True)[:MANY], fields={"title": None})
    run = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    assert (run.status, run.held["removed"], run.held["blanked"]) == (RunStatus.HELD, {}, {"title": MANY})


def test_a_field_that_comes_back_empty(synced: SalesAccount, change: ChangePeople) -> None:
    """A tenth of those who had it is too many, also where the limit of people is high."""
    HoldLimit.objects.create(account=synced, people=10, percent=50)
    people = Person.objects.for_account(synced).live().exclude(title=None).exclude(title="").order_by("marketo_id")
    change("change", *people.values_list("marketo_id", flat=True)[:MANY], fields={"title": None})
    run = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    assert (run.status, run.held["blanked"]) == (RunStatus.HELD, {"title": MANY})
    assert run.held["limit"] > MANY


def test_what_cannot_be_read_anew_is_held_as_before(
    held: SyncRun, synced: SalesAccount, admin: User, sandbox: SandboxProcess, leaving: list[int]
) -> None:
    sandbox.post("/_sandbox/faults", {"path": r"leads\.json", "kind": "marketo:603"})
    approve_run(run=held, approved_by=admin)
    run = finish(held)
    assert (run.status, run.failure) == (RunStatus.HELD, "marketo_permission")
    sandbox.delete("/_sandbox/faults")
    check_run_again(run=held, checked_by=admin)
    assert finish(held).status == RunStatus.HELD, "approved was what had not come to pass"
    approve_run(run=held, approved_by=admin)
    assert finish(held).status == RunStatus.SUCCEEDED
    assert not live(synced) & set(leaving)


@pytest.mark.parametrize("status", [RunStatus.EXTRACTING, RunStatus.MERGING])
def test_cancelling_it_on_its_way_holds_it_as_before(
    held: SyncRun, synced: SalesAccount, admin: User, leaving: list[int], status: RunStatus
) -> None:
    """Later runs have gone past what it has read: cancelled for good, its people stayed as they were for a week."""
    approve_run(run=held, approved_by=admin)
    work_until(lambda: SyncRun.objects.filter(pk=held.pk, status=status).exists())
    run = SyncRun.objects.get(pk=held.pk)
    assert cancel_run(run=run, cancelled_by=admin)
    run.refresh_from_db()
    assert (run.status, run.approved_at, run.approved_by) == (RunStatus.HELD, None, None)
    told = Occurrence.objects.for_account(synced).going_on().get(event=RUN_HELD.key)
    assert (told.subject, told.details["people"]) == (str(run.pk), MANY)
    check_run_again(run=run, checked_by=admin)
    assert finish(run).status == RunStatus.HELD
    run.refresh_from_db()
    approve_run(run=run, approved_by=admin)
    assert finish(run).status == RunStatus.SUCCEEDED
    assert not live(synced) & set(leaving)


def test_what_was_read_anew_in_vain_counts_once(
    held: SyncRun, synced: SalesAccount, admin: User, sandbox: SandboxProcess, leaving: list[int]
) -> None:
    """The people came and their records did not: the next try reads all of them."""
    HeldPerson.objects.of_run(held).update(marketo_id=F("marketo_id") + 40)
    sandbox.post("/_sandbox/faults", {"path": r"/query", "kind": "salesforce:api_disabled"})
    approve_run(run=held, approved_by=admin)
    assert finish(held).status == RunStatus.HELD
    assert Extract.objects.of_run(held).filter(is_recheck=True, rows_loaded__gt=0).exists()
    sandbox.delete("/_sandbox/faults")
    SalesforceConnection.objects.update(status="connected")
    for _ in range(2):
        check_run_again(run=held, checked_by=admin)
        assert finish(held).status == RunStatus.HELD
    approve_run(run=held, approved_by=admin)
    assert finish(held).status == RunStatus.SUCCEEDED
    assert not live(synced) & set(leaving)


def test_one_that_goes_on_makes_way_for_no_other(
    held: SyncRun, synced: SalesAccount, admin: User, change: ChangePeople, leaving: list[int]
) -> None:
    """Two pressed one after the other: the first was cancelled, and nobody read its people again for a week."""
    change("reown", *[lead for lead in ids(synced, "Lead", 200) if lead not in leaving][:MANY], owner="queue")
    second = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    assert second.status == RunStatus.HELD
    approve_run(run=held, approved_by=admin)
    for press in (
        lambda: approve_run(run=second, approved_by=admin),
        lambda: start_sync(account=synced, started_by=admin, is_dry_run=True),
    ):
        with pytest.raises(SyncRefused, match="already on its way"):
            press()
    assert finish(held).status == RunStatus.SUCCEEDED
    approve_run(run=second, approved_by=admin)
    assert finish(second).status == RunStatus.SUCCEEDED


@pytest.mark.parametrize("restarts", [0, MOST_RESTARTS])
def test_a_crash_of_the_database_loses_what_was_read(held: SyncRun, admin: User, restarts: int) -> None:
    SyncRun.objects.filter(pk=held.pk).update(restarts=restarts)
    for table in all_tables(held):
        table.empty()
    approve_run(run=held, approved_by=admin)
    run = finish(held)
    assert (run.status, run.failure) == (RunStatus.FAILED, "read_again")


def _vacuum(table: StageTable) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("VACUUM {}").format(table.name))


def _tables(run: SyncRun) -> int:
    names: list[Any] = [name for name in connection.introspection.table_names() if f"stage_{run.pk}_" in name]
    return len(names)
