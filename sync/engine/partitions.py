"""
Partitions of the copy: most accounts share one, and an account whose first load is large gets one of its own.

It is filled while it has no index but its key, and gets the others afterwards, all at once: that takes a third of the
time. Every statement names `sync_person`; PostgreSQL finds the partition by the account. Indexes, and the key to the
accounts, belong to each partition.

PostgreSQL: "Table Partitioning", "ALTER TABLE": whoever attaches a partition locks the default one, and reads it as a
whole meanwhile, unless a constraint shows that no row of it belongs into the new one.
"""

import time
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection
from django.db.models import Index, Model, Sum
from psycopg import sql

from accounts.models import SalesAccount
from common.locks import hurried_transaction, is_held_by_others
from sync.models import Extract, Person, RunKind, Source, SyncRun

# Others who use the shared partition wait behind us no longer than that; then we step aside for a while.
TRIES, PAUSE_SECONDS = 10, 0.3

SHARED = "sync_person_shared"
PREFIX = "sync_person_"
# First nobody of the account may come into the shared partition, then it is shown that nobody is there, which keeps
# nobody waiting, and only then, and so in a moment, the new one is attached.
KEEP_OUT = """
ALTER TABLE {shared} DROP CONSTRAINT IF EXISTS {absence},
    ADD CONSTRAINT {absence} CHECK (account_id <> {account}) NOT VALID
"""
SHOW_ABSENCE = "ALTER TABLE {shared} VALIDATE CONSTRAINT {absence}"
LET_IN = "ALTER TABLE {shared} DROP CONSTRAINT {absence}"
ATTACH = (
    "CREATE TABLE {own} (LIKE sync_person INCLUDING DEFAULTS)",
    "ALTER TABLE {own} ADD PRIMARY KEY (account_id, marketo_id)",
    "ALTER TABLE sync_person ATTACH PARTITION {own} FOR VALUES IN ({account})",
    LET_IN,
)
# After the first load: until then the key would be looked up for every row.
ADD_KEY = """
ALTER TABLE {own} ADD CONSTRAINT {key} FOREIGN KEY (account_id) REFERENCES accounts_salesaccount (id)
    DEFERRABLE INITIALLY DEFERRED NOT VALID
"""
CHECK_KEY = "ALTER TABLE {own} VALIDATE CONSTRAINT {key}"
STATE = """
SELECT to_regclass(%(own)s) IS NOT NULL,
    EXISTS (SELECT FROM pg_constraint WHERE conrelid = %(shared)s::regclass AND conname = %(absence)s),
    EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass(%(own)s) AND conname = %(key)s AND convalidated)
"""
INDEXES = """
SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = to_regclass(%s)
"""
ALL = """
SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'sync_person'::regclass
"""

logger = structlog.get_logger(__name__)


class State(NamedTuple):
    """
    Whether a partition is there, whether the shared one lets nobody of the account in, because somebody has begun to
    make it, and whether it has its key to the accounts.
    """

    exists: bool
    is_kept_out: bool
    has_key: bool


class OwnPartition:
    """The partition that an account has for itself, or could have."""

    def __init__(self, account_id: int) -> None:
        self.account_id, self.name = account_id, f"{PREFIX}{account_id}"
        texts = {"own": self.name, "shared": SHARED, "absence": f"{self.name}_not_here", "key": f"{self.name}_account"}
        self._texts = texts
        self._names: dict[str, sql.Composable] = {name: sql.Identifier(text) for name, text in texts.items()}
        self._names["account"] = sql.Literal(account_id)

    def state(self) -> State:
        """As it is just now."""
        with connection.cursor() as cursor:
            cursor.execute(STATE, self._texts)
            return State(*cursor.fetchone())

    def make(self) -> bool:
        """Make it, empty; False when others were in the way for too long. Whatever was begun before is gone on with."""
        try:
            return self._do(KEEP_OUT) and self._do(SHOW_ABSENCE) and self._do(*ATTACH)
        except IntegrityError:
            # Another worker, who has lost the run by now, has loaded it into the shared one.
            return False

    def give_up(self) -> bool:
        """Let people of the account into the shared one again; False when others were in the way for too long."""
        return self._do(LET_IN)

    def add_key(self) -> bool:
        """Let every row name an account that exists; False when others were in the way for too long."""
        return self._do(ADD_KEY) and self._do(CHECK_KEY)

    def drop(self) -> bool:
        """Drop it with everybody in it; False when others were in the way for too long."""
        return self._do("DROP TABLE IF EXISTS {own}")

    def missing_indexes(self) -> list[str]:
        """The statements that make what Person declares and the partition lacks; none without a partition."""
        with connection.cursor() as cursor:
            cursor.execute(INDEXES, [self.name])
            known = {name for (name,) in cursor.fetchall()}
        declared = Person._meta.indexes if known else []  # noqa: SLF001
        missing = [index for index in declared if index_name(index.name, self.name) not in known]
        return [index_statement(Person, index, self.name) for index in missing]

    def _do(self, *statements: str) -> bool:
        """All of them in one short transaction, as soon as nobody is in the way; False when somebody always was."""
        for _ in range(TRIES):
            try:
                with hurried_transaction(milliseconds=200), connection.cursor() as cursor:
                    for statement in statements:
                        cursor.execute(sql.SQL(statement).format(**self._names))
            except OperationalError as error:
                if not is_held_by_others(error):
                    raise
                time.sleep(PAUSE_SECONDS)
            else:
                return True
        return False


def all_partitions() -> list[str]:
    """The names of the tables that hold the copy."""
    with connection.cursor() as cursor:
        cursor.execute(ALL)
        return [name for (name,) in cursor.fetchall()]


def index_name(name: str, table: str) -> str:
    """What an index of Person is called in a partition: as Django knows it, or followed by the account."""
    return name if table == SHARED else f"{name}_{table.removeprefix(PREFIX)}"


def index_statement(model: type[Model], index: Index, table: str) -> str:
    """An index of Person as SQL, for one partition."""
    named = index.clone()
    named.name = index_name(index.name, table)
    statement: Any = named.create_sql(model, connection.schema_editor())
    statement.rename_table_references("sync_person", table)
    return str(statement)


def prepare_partition(run: SyncRun) -> None:
    """
    Before a merge: if everybody arrives by it, and they are many, the account gets a partition of its own. Where others
    are in the way for too long they go into the shared one: slower, and as right.

    Raises OperationalError while somebody is in the way of that, too.
    """
    own = OwnPartition(run.account_id)
    state = own.state()
    if not state.exists and _is_large_first_load(run):
        is_made = own.make()
        logger.info("partition_made" if is_made else "partition_not_made", run=run.pk, account=run.account_id)
        state = own.state()
    if state.is_kept_out and not own.give_up():
        raise OperationalError("The partition that all accounts share is in use, and keeps this account out.")


def _is_large_first_load(run: SyncRun) -> bool:
    if run.kind != RunKind.FULL or run.is_dry_run or Person.objects.for_account(run.account).has_anybody():
        return False
    people = Extract.objects.of_run(run).filter(source=Source.MARKETO_PEOPLE)
    rows = people.aggregate(rows=Sum("rows_loaded"))["rows"] or 0
    return bool(rows >= settings.PEOPLE_OF_OWN_PARTITION)


def complete_partition(account_id: int) -> None:
    """After the merge that has filled it; if others are in the way, after the next one."""
    own = OwnPartition(account_id)
    state = own.state()
    if state.exists and not state.has_key:
        own.add_key()


def analyze_partition(account_id: int) -> None:
    """Renew the statistics of the partition that holds an account's people; OperationalError if it is being done."""
    own = OwnPartition(account_id)
    with hurried_transaction(milliseconds=100), connection.cursor() as cursor:
        cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(own.name if own.state().exists else SHARED)))


def drop_partition(account_id: int) -> None:
    """After an account has gone; if others are in the way, the next night."""
    own = OwnPartition(account_id)
    if own.state().exists and not own.drop():
        logger.info("partition_not_dropped", account=account_id)


def drop_partitions_of_nobody() -> None:
    """Drop the partitions of accounts that are no longer there."""
    found = {int(name.removeprefix(PREFIX)) for name in all_partitions() if name != SHARED}
    for account_id in found - set(SalesAccount.objects.filter(pk__in=found).values_list("pk", flat=True)):
        drop_partition(account_id)
