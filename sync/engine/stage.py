"""Stage tables: where a run's files land as they are, before set-based SQL makes people of them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.db import connection
from psycopg import Copy, sql

from sync.engine.fields import RECORD_IDS
from sync.models import Source, SyncRun

SALESFORCE_COLUMNS: dict[str, dict[str, str]] = {
    Source.SALESFORCE_LEADS: {
        "Id": "text",
        "IsDeleted": "boolean",
        "OwnerId": "text",
        "Owner.Name": "text",
        "IsConverted": "boolean",
        "ConvertedContactId": "text",
    },
    Source.SALESFORCE_CONTACTS: {"Id": "text", "IsDeleted": "boolean", "OwnerId": "text", "Owner.Name": "text"},
    Source.SALESFORCE_ROLES: {
        "ContactId": "text",
        "OpportunityId": "text",
        "IsDeleted": "boolean",
        "IsPrimary": "boolean",
        "CreatedDate": "text",
    },
}

# Marketo's bulk files write no value as this bare word, and so cannot tell it from a text that reads null. One rule for
# every way of reading people: this word alone, in small letters, is no value. Null, NULL and "" are texts.
MARKETO_NULL = "null"

# As a row that is read singly must have it (pipeline.engine.rows): what is none is refused where it comes in.
MARKETO_ID = "bigint NOT NULL CHECK (id BETWEEN 0 AND 999999999999999999)"

# What every run reads into a stage table, each needing the ids of those before it when changes are followed.
STAGED: tuple[str, ...] = (Source.MARKETO_PEOPLE, *SALESFORCE_COLUMNS)
SALESFORCE_OBJECTS: dict[str, str] = {
    Source.SALESFORCE_LEADS: "Lead",
    Source.SALESFORCE_CONTACTS: "Contact",
    Source.SALESFORCE_ROLES: "OpportunityContactRole",
}
# What may have changed, by which id, in runs that follow changes: the kind is a filter of Marketo's leads.
CHANGED = "changed"
# Who was read by id and is not on the list whose members alone are copied.
OUTSIDERS = "outsiders"
# Who left Marketo, as its streams said.
GONE = "gone"
# What a merge makes of all that: everybody with a verdict, and what becomes of the copy (history.models.Change).
JUDGED = "judged"
CHANGES = "changes"
OTHER_COLUMNS = {
    CHANGED: {"kind": "text", "value": "text"},
    OUTSIDERS: {"id": "bigint"},
    GONE: {"id": "bigint", "reason": "text"},
    # And the columns of a person's content, with the reason: sync.engine.judge makes it of a query.
    JUDGED: {"marketo_id": "bigint"},
    CHANGES: {
        "marketo_id": "bigint",
        "kind": "text",
        "reason": "text",
        "before": "jsonb",
        "after": "jsonb",
        "content_before": "text",
    },
}

# For a transaction that reads them as a whole. Sorting and hashing a million people in the default 4 MB would go
# through the disk. One helper, and no table that it shares: PostgreSQL fails when such tables are larger than /dev/shm,
# and that of a container has 64 MB (Docker, "docker run", --shm-size).
READ_EVERYBODY = """
SET LOCAL work_mem = '128MB'; SET LOCAL max_parallel_workers_per_gather = 1; SET LOCAL enable_parallel_hash = off
"""


def _as_others_fail() -> AbstractContextManager[None]:
    """
    COPY goes past Django to psycopg, whose errors are others: that the disk is full, or the connection lost, would be
    taken for an error of ours, and whoever watches the run would not be told.
    """
    wrapper: AbstractContextManager[None] = connection.wrap_database_errors
    return wrapper


class StageTable:
    """One stage table of a run. Unlogged: a crash of the database empties it, which the merge notices."""

    def __init__(self, run: SyncRun, source: str) -> None:
        self.name = sql.Identifier(f"sync_stage_{run.pk}_{source}")
        self._is_marketo = source == Source.MARKETO_PEOPLE
        if self._is_marketo:
            self.columns = {name: MARKETO_ID if name == "id" else "text" for name in run.fields}
        else:
            self.columns = (OTHER_COLUMNS | SALESFORCE_COLUMNS)[source]

    def create(self) -> None:
        columns = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in self.columns.items()]
        self._execute("CREATE UNLOGGED TABLE {} ({})", sql.SQL(", ").join(columns))

    def empty(self) -> None:
        self._execute("TRUNCATE {}")

    def drop(self) -> None:
        self._execute("DROP TABLE IF EXISTS {}")

    def analyze(self) -> None:
        """Of people, by what they are joined: statistics of every column take as long as joining them."""
        columns = [name for name in ("id", *RECORD_IDS) if name in self.columns] if self._is_marketo else self.columns
        self._execute("ANALYZE {} ({})", sql.SQL(", ").join(map(sql.Identifier, columns)))

    def count(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(self.name))
            return int(cursor.fetchone()[0])

    def copy_file(self, chunks: Iterable[bytes]) -> int:
        """Load CSV bytes unparsed and answer the number of rows; raises DataError when one cannot be read."""
        with connection.cursor() as cursor:
            with _as_others_fail(), cursor.copy(self._copy_csv) as copy:
                for chunk in chunks:
                    copy.write(chunk)
            return int(cursor.rowcount)

    @contextmanager
    def copy_rows(self) -> Iterator[Copy]:
        """Load rows of values; None is null."""
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(self.name, self._names)
        with connection.cursor() as cursor, _as_others_fail(), cursor.copy(statement) as copy:
            yield copy

    @property
    def _names(self) -> sql.Composed:
        # The table was made with all fields; Marketo may have refused to export some of them since.
        return sql.SQL(", ").join(map(sql.Identifier, self.columns))

    @property
    def _copy_csv(self) -> sql.Composed:
        # Salesforce quotes every value and writes no value as "". Quotes do not make Marketo's null a text either: the
        # same file must give the same people whether it is read by COPY or row by row.
        null = sql.Literal(MARKETO_NULL if self._is_marketo else "")
        options = sql.SQL("FORMAT csv, HEADER MATCH, ENCODING 'UTF8', NULL {}, FORCE_NULL ({})").format(
            null, self._names
        )
        return sql.SQL("COPY {} ({}) FROM STDIN ({})").format(self.name, self._names, options)

    def _execute(self, statement: str, *parts: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(self.name, *parts))


def ensure_tables(run: SyncRun) -> None:
    """Make the tables of a run that has found something; inside the transaction that fills them, before other rows."""
    if run.has_leftovers:
        return
    row = SyncRun.objects.select_for_update().get(pk=run.pk)
    if not row.has_leftovers:
        # Some fields may be read no longer since this worker began.
        for table in stage_tables(row):
            table.create()
        SyncRun.objects.filter(pk=run.pk).update(has_leftovers=True)


def stage_tables(run: SyncRun) -> Sequence[StageTable]:
    """Every table that a run reads into."""
    return [StageTable(run, name) for name in (*STAGED, CHANGED, OUTSIDERS, GONE)]


def all_tables(run: SyncRun) -> Sequence[StageTable]:
    """Those, and what a merge makes of them."""
    return [*stage_tables(run), StageTable(run, JUDGED), StageTable(run, CHANGES)]
