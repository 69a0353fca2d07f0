"""
Writing the journal, and letting its months go.

PostgreSQL: "Table Partitioning": a month leaves by dropping its table, without a single row being deleted.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg import sql

from common.locks import hurried_transaction

# Of the run that an account's changes were gathered in.
RECORD = """
INSERT INTO history_change (account_id, marketo_id, run_id, at, kind, before, after, content_before)
SELECT %(account)s, marketo_id, %(run)s, %(now)s, kind, before, after, content_before FROM {changes}
"""
MONTHS = """
SELECT inhrelid::regclass::text FROM pg_inherits
WHERE inhparent = 'history_change'::regclass AND inhrelid <> 'history_change_rest'::regclass
"""
MONTHS_AHEAD = 2


def content_hash(row: sql.Composable) -> sql.Composable:
    """The MD5 of a person's content as SQL; `row` lists its columns, of which order and texts count."""
    return sql.SQL("md5(ROW({})::text)").format(row)


def record(changes: sql.Composable, *, account_id: int, run_id: int, at: datetime) -> int:
    """
    Keep what a run changes, inside its transaction; answers how many people.

    `changes` is a table with the columns marketo_id, kind, before, after and content_before of history.models.Change.
    """
    params: dict[str, Any] = {"account": account_id, "run": run_id, "now": at}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(RECORD).format(changes=changes), params)
        return int(cursor.rowcount)


def tend_months() -> None:
    """
    Make the tables of the months to come, and drop those that are older than the journal is kept.

    Raises OperationalError while somebody reads or writes the journal, such as the merge of a large run: to wait for
    them would keep all others waiting behind us.
    """
    oldest = _name(timezone.now() - timedelta(days=settings.JOURNAL_DAYS))
    with hurried_transaction(milliseconds=200), connection.cursor() as cursor:
        cursor.execute(MONTHS)
        known = {name for (name,) in cursor.fetchall()}
        for first, following in _months(timezone.now()):
            if _name(first) not in known:
                _make(cursor, first, following)
        for name in known:
            if name < oldest:
                cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
        cursor.execute(
            "DELETE FROM history_change_rest WHERE at < %s", [timezone.now() - timedelta(days=settings.JOURNAL_DAYS)]
        )


def _make(cursor: Any, first: datetime, following: datetime) -> None:
    """Rows of that month that came before its table did stay in the default one, which then refuses the month."""
    cursor.execute("SELECT EXISTS (SELECT FROM history_change_rest WHERE at >= %s AND at < %s)", [first, following])
    [(has_rows,)] = cursor.fetchall()
    if not has_rows:
        statement = "CREATE TABLE {} PARTITION OF history_change FOR VALUES FROM ({}) TO ({})"
        names = sql.Identifier(_name(first)), sql.Literal(first.isoformat()), sql.Literal(following.isoformat())
        cursor.execute(sql.SQL(statement).format(*names))


def _months(now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """This month and those to come, each with the beginning of the next."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(MONTHS_AHEAD + 1):
        following = (first + timedelta(days=32)).replace(day=1)
        yield first, following
        first = following


def _name(moment: datetime) -> str:
    return f"history_change_{moment.astimezone(UTC):%Y_%m}"
