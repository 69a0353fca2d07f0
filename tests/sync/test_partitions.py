"""An account whose first load is large gets a partition of the copy for itself; it is as right as before."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.db.migrations.state import ProjectState
from django.db.models import Index
from pytest_django import Settings

from accounts.models import SalesAccount, User
from sandbox.testing import SandboxProcess
from sync.decisions import undo_run
from sync.engine import partitions
from sync.engine.partitions import (
    SHARED,
    OwnPartition,
    all_partitions,
    drop_partitions_of_nobody,
    prepare_partition,
)
from sync.erasure import erase_person
from sync.models import Person, RunKind, SyncRun
from sync.person_indexes import AddPersonIndex, RemovePersonIndex
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.factories import make_account, make_extract, make_people, make_run
from tests.sync.conftest import Change, Sync
from tests.sync.driving import finish
from tests.sync.incremental_runs import sync_changes
from tests.sync.test_undo import content_hash

pytestmark = pytest.mark.django_db(transaction=True)

MIGRATION = import_module("sync.migrations.0006_partitions_of_the_copy").Migration
LARGE = 100
KEPT_OUT = "SELECT count(*) FROM pg_constraint WHERE conrelid = 'sync_person_shared'::regclass AND contype = 'c'"


@pytest.fixture(autouse=True)
def _large(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PEOPLE_OF_OWN_PARTITION = LARGE
    monkeypatch.setattr(partitions, "TRIES", 2)
    monkeypatch.setattr(partitions, "PAUSE_SECONDS", 0.01)


def rows(statement: str, *params: str | int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


def tables_of(account: SalesAccount) -> set[str]:
    """Where people of the account are."""
    found = rows("SELECT DISTINCT tableoid::regclass::text FROM sync_person WHERE account_id = %s", account.pk)
    return {name for (name,) in found}


def own(account: SalesAccount) -> OwnPartition:
    return OwnPartition(account.pk)


def definitions(table: str) -> list[str]:
    """Indexes and constraints of a partition, whatever they are called."""
    indexes = rows("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass", table)
    texts = [re.sub(r"INDEX \S+ ON \S+", "INDEX", text) for (text,) in indexes]
    constraints = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass"
    return sorted([*texts, *(text for (text,) in rows(constraints, table))])


def merging(account: SalesAccount, people: int = LARGE, kind: RunKind = RunKind.FULL) -> SyncRun:
    """A run that has read so many people and is about to merge."""
    run = make_run(account, RunStatus.MERGING, kind=kind)
    make_extract(run, rows_loaded=people)
    return run


@contextmanager
def session() -> Iterator[psycopg.Connection[Any]]:
    """A session of somebody else, in a transaction. It never waits for ever."""
    place = connection.settings_dict
    address = f"postgresql://{place['USER']}@/{place['NAME']}?host={place['OPTIONS']['host']}"
    with psycopg.connect(address, options="-c lock_timeout=10s") as other:
        yield other


def test_everything_goes_on_in_a_partition_of_its_own(
    sync: Sync, connected: SalesAccount, admin: User, change: Change, sandbox: SandboxProcess
) -> None:
    first = sync()
    assert (first.status, first.receipt["source"]) == (RunStatus.SUCCEEDED, first.receipt["copy"])
    assert tables_of(connected) == {own(connected).name}
    assert definitions(own(connected).name) == definitions(SHARED)
    assert Person.objects.count() == sandbox.get("/_sandbox/state")["expected"]["synced"]
    assert sync().changed == 0
    before = content_hash(connected)
    ids = list(Person.objects.filter(salesforce_type="Lead").order_by("pk").values_list("marketo_id", flat=True)[:4])
    change("change", *ids[:2], fields={"title": "Chair", "lastName": "Östergötland"})
    change("delete", ids[2])
    run = sync_changes(connected)
    assert (run.status, run.updated, run.removed) == (RunStatus.SUCCEEDED, 2, 1)
    assert Person.objects.for_account(connected).live().search("ostergot").count() == 2
    assert finish(undo_run(run=run, undone_by=admin)).status == RunStatus.SUCCEEDED
    assert content_hash(connected) == before
    assert erase_person(account=connected, marketo_id=ids[3], erased_by=None).people == 1
    assert tables_of(connected) == {own(connected).name}


def test_only_a_large_first_load_has_one(sync: Sync, connected: SalesAccount, admin: User, settings: Settings) -> None:
    settings.PEOPLE_OF_OWN_PARTITION = 10_000
    sync()
    settings.PEOPLE_OF_OWN_PARTITION = LARGE
    Person.objects.for_account(connected).update(title="Chair")
    assert sync().updated > LARGE
    assert tables_of(connected) == {SHARED}
    Person.objects.for_account(connected).delete()
    shown = finish(start_sync(account=connected, started_by=admin, is_dry_run=True))
    assert shown.status == RunStatus.PREVIEWED
    prepare_partition(merging(make_account("Incremental"), kind=RunKind.INCREMENTAL))
    prepare_partition(merging(make_account("Small"), people=LARGE - 1))
    assert all_partitions() == [SHARED]


def test_every_partition_has_exactly_the_indexes_that_people_have(account: SalesAccount) -> None:
    """Django names those of the shared one."""
    indexes = [text for text in definitions(SHARED) if " INDEX " in text]
    assert len(indexes) == len(Person._meta.indexes) + 1
    names = "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = %s::regclass"
    declared = {index.name for index in Person._meta.indexes}
    assert {name for (name,) in rows(names, SHARED)} == declared | {"sync_person_shared_pkey"}
    assert [name for (name,) in rows(names, "sync_person")] == ["sync_person_pkey"]


class Killed(Exception):
    """The worker is gone."""


@contextmanager
def killed_at(statement: int) -> Iterator[None]:
    """Whoever is about to send its so many-th statement is gone, and what it had not committed."""
    left = iter(range(statement, -1, -1))

    def work_or_die(execute: Callable[..., Any], *arguments: Any) -> Any:
        if not next(left, 0):
            raise Killed
        return execute(*arguments)

    with connection.execute_wrapper(work_or_die):
        yield


def test_whoever_is_killed_while_making_one_is_followed_by_another(settings: Settings) -> None:
    """Also by one who does not want it any more; nobody else notices."""
    other = make_account("Umbrella Ltd")
    for statement in count(1):
        for people_wanted in (LARGE, LARGE + 1):
            settings.PEOPLE_OF_OWN_PARTITION = LARGE
            account = make_account(f"Acme {statement} {people_wanted}")
            run = merging(account)
            try:
                with killed_at(statement):
                    prepare_partition(run)
            except Killed:
                is_killed = True
            else:
                is_killed = False
            make_people(other, 1, first_id=1_000 * statement + people_wanted)
            settings.PEOPLE_OF_OWN_PARTITION = people_wanted
            is_made = own(account).state().exists
            prepare_partition(run)
            assert own(account).state() == (is_made or people_wanted == LARGE, False, False)
            make_people(account, 3)
            assert tables_of(account) == {own(account).name if own(account).state().exists else SHARED}
        if not is_killed:
            break
    assert statement > 10
    assert rows(KEPT_OUT) == [(0,)]
    assert tables_of(other) == {SHARED}


def test_nobody_waits_for_a_partition_that_is_made(account: SalesAccount) -> None:
    """An open transaction keeps us waiting, and so, behind us, everybody; therefore we step aside."""
    small = [SalesAccount(name=f"Company {number}", slug=f"company-{number}") for number in range(300)]
    SalesAccount.objects.bulk_create(small)
    for company in small:
        make_people(company, 2)
    run = merging(account)
    with session() as writer, session() as reader:
        writer.execute("UPDATE sync_person SET title = 'Chair' WHERE account_id = %s", [small[0].pk])
        prepare_partition(run)
        assert all_partitions() == [SHARED]
        reader.execute("SELECT count(*) FROM sync_person")
        writer.execute("UPDATE sync_person SET title = 'Chief' WHERE account_id = %s", [small[1].pk])
    make_people(account, 1)
    Person.objects.for_account(account).delete()
    prepare_partition(run)
    make_people(account, LARGE)
    assert tables_of(account) == {own(account).name}
    assert rows("SELECT count(*) FROM ONLY sync_person_shared") == [(600,)]
    assert rows("SELECT title, count(*) FROM sync_person GROUP BY title ORDER BY title LIMIT 2") == [
        ("Chair", 2),
        ("Chief", 2),
    ]


def test_somebody_in_the_way_of_the_last_step_delays_the_load_and_no_more(account: SalesAccount) -> None:
    make_people(make_account("Umbrella Ltd"), 2)
    run = merging(account)
    # What a worker leaves that was killed after its first statement.
    assert own(account)._do(partitions.KEEP_OUT)
    with session() as reader:
        reader.execute("SELECT count(*) FROM sync_person_shared")
        with pytest.raises(OperationalError, match="keeps this account out"):
            prepare_partition(run)
    prepare_partition(run)
    assert own(account).state() == (True, False, False)


def test_a_worker_who_had_lost_the_run_may_have_loaded_it(
    account: SalesAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "_is_large_first_load", lambda _: True)
    make_people(account, 3)
    prepare_partition(merging(account))
    assert own(account).state() == (False, False, False)
    make_people(account, 3, first_id=11)
    assert tables_of(account) == {SHARED}


def test_the_shared_partition_is_not_read_while_it_is_locked(account: SalesAccount) -> None:
    make_people(make_account("Umbrella Ltd"), 200)
    heard: list[str] = []
    connection.ensure_connection()
    connection.connection.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
    rows("SELECT set_config('client_min_messages', 'debug1', false)")
    try:
        prepare_partition(merging(account))
    finally:
        connection.close()
    assert f'updated partition constraint for default partition "{SHARED}" is implied by existing constraints' in heard


def test_a_load_that_is_rolled_back_leaves_nothing_that_is_in_the_way(
    connected: SalesAccount, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("The server is going away.")

    with monkeypatch.context() as patched:
        patched.setattr("sync.engine.merge._end", fail)
        run = start_sync(account=connected, started_by=None)
        with pytest.raises(AssertionError):
            _work_until_database_trouble(run)
    assert tables_of(connected) == set()
    assert len(definitions(own(connected).name)) < len(definitions(SHARED))
    SyncRun.objects.filter(pk=run.pk).update(due_at=run.created_at)
    assert finish(run).status == RunStatus.SUCCEEDED
    assert definitions(own(connected).name) == definitions(SHARED)


def _work_until_database_trouble(run: SyncRun) -> None:
    from tests.sync.driving import work_until

    def is_reached() -> bool:
        run.refresh_from_db()
        assert run.waiting_reason != "database_trouble"
        return False

    work_until(is_reached)


def test_a_partition_without_its_account_is_dropped(account: SalesAccount) -> None:
    staying, leaving = account, make_account("Umbrella Ltd")
    for company in (staying, leaving):
        prepare_partition(merging(company))
        make_people(company, 2)
    left = own(leaving)
    leaving.delete()
    with session() as reader:
        reader.execute("SELECT count(*) FROM sync_person")
        drop_partitions_of_nobody()
        assert left.state().exists
    drop_partitions_of_nobody()
    assert sorted(all_partitions()) == sorted([SHARED, own(staying).name])
    assert Person.objects.count() == 2


def files() -> dict[str, int]:
    """Where the heap and the indexes of the copy lie."""
    found = rows(
        """
        SELECT relname, relfilenode FROM pg_class LEFT JOIN pg_index ON indexrelid = pg_class.oid
        WHERE coalesce(indrelid, pg_class.oid) IN (to_regclass('sync_person'), to_regclass('sync_person_shared'))
            AND relkind IN ('r', 'i')
        """
    )
    return {name.replace("_shared", ""): file for name, file in found}


def test_dividing_the_copy_rewrites_nothing_and_can_be_undone(account: SalesAccount) -> None:
    large, small = account, make_account("Umbrella Ltd")
    [operation] = MIGRATION.operations
    before, shape = files(), definitions(SHARED)
    prepare_partition(merging(large))
    make_people(large, 3, first_name="Åsa")
    make_people(small, 2)
    with transaction.atomic():
        with connection.schema_editor() as editor:
            operation.database_backwards("sync", editor, None, None)
        assert rows("SELECT count(*) FROM ONLY sync_person") == [(5,)]
        assert files() == before
        with connection.schema_editor() as editor:
            operation.database_forwards("sync", editor, None, None)
        assert files() == before
        assert definitions(SHARED) == shape
        assert Person.objects.for_account(large).filter(first_name="Åsa").count() == 3
        assert all_partitions() == [SHARED]


def test_an_index_of_people_is_made_and_dropped_in_every_partition(account: SalesAccount) -> None:
    prepare_partition(merging(account))
    shared, with_own = definitions(SHARED), definitions(own(account).name)
    state = ProjectState.from_apps(apps)
    addition = AddPersonIndex(Index("account", "title", name="person_title"))
    for step in (addition, RemovePersonIndex("person_title")):
        after = state.clone()
        step.state_forwards("sync", after)
        with connection.schema_editor() as editor:
            step.database_forwards("sync", editor, state, after)
        is_added = step is addition
        assert (len(definitions(SHARED)), len(definitions(own(account).name))) == (
            len(shared) + is_added,
            len(with_own) + is_added,
        )
        state = after
    assert definitions(own(account).name) == with_own
