"""
A container has 64 MB of memory that processes share, and PostgreSQL fails where it wants more of it: no statement about
everybody may let its processes share a table, or a large company's second full run never ends.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from psycopg import sql

from accounts.models import SalesAccount, User
from sync.decisions import undo_run
from sync.models import Person, SyncRun
from sync.statuses import RunStatus
from tests.sync.conftest import Change, Sync
from tests.sync.driving import finish

pytestmark = pytest.mark.django_db(transaction=True)

# As it is to a database for which everything is large.
HELPERS_ARE_FREE = """
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SET enable_mergejoin = off; SET enable_nestloop = off
"""
IS_PLANNED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE \w+ TABLE \S+ AS)\s")
OF_EVERYBODY = re.compile(r"sync_stage_|sync_person|history_change")


@contextmanager
def plans() -> Iterator[list[str]]:
    """Collects how the database goes about every statement of this connection that concerns everybody."""
    found: list[str] = []

    def explain(execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
        text = statement.as_string(connection.connection) if isinstance(statement, sql.Composable) else statement
        if IS_PLANNED.match(text) and OF_EVERYBODY.search(text):
            with connection.cursor() as cursor:
                cursor.cursor.execute(f"EXPLAIN {text}", params)
                found.append("\n".join(line for (line,) in cursor.cursor.fetchall()))
        return execute(statement, params, many, context)

    with connection.cursor() as cursor:
        cursor.execute(HELPERS_ARE_FREE)
    try:
        with connection.execute_wrapper(explain):
            yield found
    finally:
        # What was set is set for this connection.
        connection.close()


def test_processes_share_no_table(synced: SalesAccount, sync: Sync, admin: User, change: Change) -> None:
    """A second full run, taking it back, and the first load of a copy that is empty again."""
    change("change", *Person.objects.values_list("marketo_id", flat=True)[:3], fields={"title": "Chair"})
    with plans() as found:
        run = sync()
        undo = finish(undo_run(run=run, undone_by=admin))
        Person.objects.for_account(synced).delete()
        again = sync()
    assert [run.updated, undo.updated, again.added] == [3, 3, again.people]
    assert SyncRun.objects.filter(status=RunStatus.SUCCEEDED).count() == 4
    assert any("Gather" in plan for plan in found)
    assert [plan for plan in found if "Parallel Hash" in plan] == []
