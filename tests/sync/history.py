"""A long history of runs, and what a look at it costs the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from accounts.models import SalesAccount
from sync.models import RunKind, SyncRun
from sync.statuses import RunStatus
from tests.factories import make_run


def make_history(account: SalesAccount, count: int) -> None:
    """So many equal runs of the account."""
    run = make_run(account, RunStatus.SUCCEEDED, kind=RunKind.INCREMENTAL)
    columns = ", ".join(field.attname for field in SyncRun._meta.concrete_fields if not field.primary_key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO sync_syncrun ({columns}) SELECT {columns}"  # noqa: S608
            " FROM sync_syncrun, generate_series(1, %s) WHERE id = %s",
            [count, run.pk],
        )
        cursor.execute("ANALYZE sync_syncrun")


@contextmanager
def blocks_read(table: str = "sync_syncrun") -> Iterator[list[int]]:
    """Collects how many blocks of its tables and indexes the database looks at for each query of this one."""
    blocks: list[int] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and table in sql:
            with connection.cursor() as cursor:
                cursor.cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
                plan = cursor.cursor.fetchone()[0][0]["Plan"]
            blocks.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield blocks
