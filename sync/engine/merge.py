"""The last step of a run: stage tables become the account's people, all in one transaction or not at all."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone
from psycopg import sql

from sync.eligibility import CONTACT_ID, IS_KNOWN, JOINS, REASON, RECORD_TYPE, Reason
from sync.engine.cursors import STREAMS, move_cursors
from sync.engine.fields import SYNCED_FIELDS
from sync.engine.heartbeat import Heartbeat
from sync.engine.problems import RunFailed, StageLost
from sync.engine.restart import start_over
from sync.engine.stage import CHANGED, OUTSIDERS, STAGED, StageTable, stage_tables
from sync.models import Extract, Person, RunKind, Source, SyncRun
from sync.statuses import RunStatus

# Columns of the copy that come from Marketo as they are, and those that Salesforce decides.
MARKETO_COLUMNS = {
    field.column: field.marketo_name
    for field in SYNCED_FIELDS
    if field.column not in {"marketo_id", "salesforce_contact_id", "salesforce_opportunity_id"}
}
SALESFORCE_COLUMNS = (
    "salesforce_contact_id",
    "salesforce_opportunity_id",
    "salesforce_type",
    "owner_id",
    "owner_name",
)
SALESFORCE_TYPES = {"Lead": Source.SALESFORCE_LEADS, "Contact": Source.SALESFORCE_CONTACTS}
# From so many changes on, searches would suffer until the database renews its statistics by itself.
ANALYZE_FROM = 10_000
CONTENT = (*MARKETO_COLUMNS, *SALESFORCE_COLUMNS)

# Windows do not share a second, but Marketo may still export a person twice: the row read last counts.
DROP_REPEATED = """
DELETE FROM {people} AS person
USING (SELECT id, max(ctid) AS last FROM {people} GROUP BY id HAVING count(*) > 1) AS repeated
WHERE person.id = repeated.id AND person.ctid <> repeated.last
"""

# Everybody with one verdict: no reason means into the copy. A converted lead is its contact. Of several opportunities
# the one where the contact is primary counts, then the newest.
CLASSIFY = f"""
CREATE TEMPORARY TABLE sync_judged ON COMMIT DROP AS
WITH role AS (
    SELECT DISTINCT ON ("ContactId") "ContactId", "OpportunityId" FROM {{roles}}
    WHERE NOT "IsDeleted"
    ORDER BY "ContactId", "IsPrimary" DESC, "CreatedDate" DESC, "OpportunityId"
), matched AS (
    SELECT person.id AS marketo_id, {{marketo_values}},
        {CONTACT_ID} AS salesforce_contact_id,
        role."OpportunityId" AS salesforce_opportunity_id,
        {IS_KNOWN} AS is_known,
        {RECORD_TYPE} AS salesforce_type,
        lead."OwnerId" AS lead_owner_id, lead."Owner.Name" AS lead_owner_name,
        contact."OwnerId" AS contact_owner_id, contact."Owner.Name" AS contact_owner_name
    FROM {{people}} AS person
    {JOINS}
    LEFT JOIN role ON role."ContactId" = contact."Id"
), owned AS (
    SELECT *,
        CASE salesforce_type WHEN 'Contact' THEN contact_owner_id ELSE lead_owner_id END AS owner_id,
        CASE salesforce_type WHEN 'Contact' THEN contact_owner_name ELSE lead_owner_name END AS owner_name
    FROM matched
)
SELECT marketo_id, {{content}}, {REASON} AS reason
FROM owned
"""  # noqa: S608 (our own texts)

COUNT_BY_REASON = "SELECT reason, count(*) FROM sync_judged GROUP BY reason"

# Whoever has not changed is not written: ON CONFLICT would lock, and so rewrite, every row of the copy, and costs a
# fifth more where all are new.
RENEW = """
UPDATE sync_person AS copy
SET ({content}, removed_at, removed_reason, changed_at) = ({judged_content}, NULL, '', %(now)s)
FROM sync_judged AS judged
WHERE copy.account_id = %(account)s AND copy.marketo_id = judged.marketo_id AND judged.reason = ''
    AND (copy.removed_at IS NOT NULL OR ({judged_content}) IS DISTINCT FROM ({copy_content}))
"""
ADD = """
INSERT INTO sync_person (account_id, marketo_id, {content}, removed_reason, changed_at)
SELECT %(account)s, judged.marketo_id, {judged_content}, '', %(now)s
FROM sync_judged AS judged
WHERE judged.reason = '' AND NOT EXISTS (
    SELECT FROM sync_person AS copy WHERE copy.account_id = %(account)s AND copy.marketo_id = judged.marketo_id
)
"""

COUNT_RETURNING = """
SELECT count(*) FROM sync_judged AS judged JOIN sync_person AS copy USING (marketo_id)
WHERE copy.account_id = %(account)s AND copy.removed_at IS NOT NULL AND judged.reason = ''
"""

# Somebody whose row could not be read may be missing for that reason alone, and stays.
REMOVE = """
UPDATE sync_person AS copy
SET removed_at = %(now)s, removed_reason = gone.reason, changed_at = %(now)s
FROM (
    SELECT live.marketo_id, coalesce(judged.reason, {missing}) AS reason
    FROM sync_person AS live LEFT JOIN sync_judged AS judged ON judged.marketo_id = live.marketo_id
    WHERE live.account_id = %(account)s AND live.removed_at IS NULL AND {is_looked_at}
        AND (judged.reason <> '' OR judged.reason IS NULL AND %(is_whole)s)
) AS gone
WHERE copy.account_id = %(account)s AND copy.marketo_id = gone.marketo_id
"""

# The sum does not depend on the order of the rows, and tells null from "".
SOURCE_RECEIPT = """
SELECT count(*), coalesce(sum(hash_record_extended((marketo_id, {content}), 0)), 0)::text
FROM sync_judged WHERE reason = ''
"""
COPY_RECEIPT = """
SELECT count(*), coalesce(sum(hash_record_extended((marketo_id, {content}), 0)), 0)::text
FROM sync_person
WHERE account_id = %(account)s AND removed_at IS NULL
    AND {is_compared}
"""
READ_PEOPLE = "marketo_id IN (SELECT marketo_id FROM sync_judged)"
# A run that follows changes looks at those it has asked for, also when Marketo no longer has them.
ASKED_PEOPLE = """live.marketo_id IN (
    SELECT value::bigint FROM {changed} WHERE kind = 'id' UNION SELECT marketo_id FROM sync_judged
)"""

# Of the people who were asked for and may not be copied, Marketo still has those who are not on the list.
MISSING = f"""
CASE
    WHEN live.marketo_id IN (SELECT id FROM {{outsiders}}) THEN '{Reason.NOT_IN_LIST}'
    ELSE '{Reason.DELETED_IN_MARKETO}'
END
"""  # noqa: S608 (our own texts)


def merge(run: SyncRun) -> None:
    """Bring the account's people in line with the stage tables and end the run; raises RunFailed or LeaseLost."""
    run.write(merge_started_at=timezone.now())
    try:
        _merge(run)
    except StageLost:
        start_over(run)


def _merge(run: SyncRun) -> None:
    with transaction.atomic():
        with Heartbeat(run) as heartbeat:
            results = _Merge(run, heartbeat).results()
        for table in stage_tables(run):
            table.drop()
        move_cursors(run)
        run.end_step(
            due_at=None, status=RunStatus.SUCCEEDED, finished_at=timezone.now(), has_leftovers=False, **results
        )


class _Merge:
    """The statements of one merge, in order."""

    def __init__(self, run: SyncRun, heartbeat: Heartbeat) -> None:
        self.run, self.heartbeat = run, heartbeat
        self.tables = {source: StageTable(run, source) for source in STAGED}
        self.rejected = sum(Extract.objects.of_run(run).values_list("rows_rejected", flat=True))
        self.params: dict[str, Any] = {
            "account": run.account_id,
            "now": timezone.now(),
            "is_whole": not self.rejected,
        }
        self.names = _names(self.tables) | self._scope()

    def results(self) -> dict[str, Any]:
        """Do it all and answer the run's counts and receipt; raises RunFailed when they do not add up."""
        self._prepare()
        rows = self.tables[Source.MARKETO_PEOPLE].count()
        repeated = self._change(DROP_REPEATED)
        self._change(CLASSIFY)
        self._change("ANALYZE sync_judged (marketo_id, reason)")
        self._check_anybody_read()
        skipped = dict(self._rows(COUNT_BY_REASON))
        synced = skipped.pop("", 0)
        if repeated:
            skipped[Reason.REPEATED.value] = repeated
        returning = self._rows(COUNT_RETURNING)[0][0] if self.run.kind == RunKind.INCREMENTAL else 0
        counts = {"seen": rows + self.rejected, "synced": synced, "skipped": skipped, "rejected": self.rejected}
        counts |= {"updated": self._change(RENEW), "added": self._change(ADD), "removed": self._change(REMOVE)}
        if counts["added"] + counts["updated"] >= ANALYZE_FROM:
            self._change("ANALYZE sync_person")
        arrived = counts["added"] + returning - counts["removed"]
        return counts | {"people": self._people(arrived), "receipt": self._receipt(counts)}

    def _people(self, arrived: int) -> int:
        """Everybody in the copy. A run that follows changes costs by their number, and so does not count them all."""
        if self.run.kind == RunKind.INCREMENTAL:
            before = SyncRun.objects.for_account(self.run.account).last_success()
            return arrived + (before.people if before else 0)
        return Person.objects.for_account(self.run.account).live().count()

    def _prepare(self) -> None:
        # Sorting and hashing a million people in the default 4 MB would go through the disk.
        self._change("SET LOCAL work_mem = '128MB'")
        for source, table in self.tables.items():
            self._check_rows(table, [source])
            table.analyze()
        self._check_rows(StageTable(self.run, CHANGED), STREAMS)

    def _check_rows(self, table: StageTable, sources: Sequence[str]) -> None:
        loaded = Extract.objects.of_run(self.run).filter(source__in=sources).aggregate(rows=Sum("rows_loaded"))
        if table.count() != (loaded["rows"] or 0):
            raise StageLost

    def _check_anybody_read(self) -> None:
        """A system that suddenly shows nobody has rather taken away a right than lost everybody."""
        copy = Person.objects.for_account(self.run.account).live()
        if self.run.kind == RunKind.INCREMENTAL or not copy.exists():
            return
        if not (self.tables[Source.MARKETO_PEOPLE].count() or self.rejected):
            raise RunFailed("nobody_read", service="Marketo")
        for salesforce_type, source in SALESFORCE_TYPES.items():
            if not self.tables[source].count() and copy.filter(salesforce_type=salesforce_type).exists():
                raise RunFailed("nobody_read", service="Salesforce")

    def _scope(self) -> dict[str, sql.Composable]:
        """Which people may be removed, why those who were not read are, and which are compared with what was read."""
        everybody, read = sql.SQL("TRUE"), sql.SQL(READ_PEOPLE)
        if self.run.kind == RunKind.INCREMENTAL:
            asked = sql.SQL(ASKED_PEOPLE).format(changed=StageTable(self.run, CHANGED).name)
            reason: sql.Composable = sql.SQL(MISSING).format(outsiders=StageTable(self.run, OUTSIDERS).name)
            return {"is_looked_at": asked, "missing": reason, "is_compared": read}
        gone = Reason.DELETED_IN_MARKETO if self.run.list_id is None else Reason.NOT_IN_LIST_OR_DELETED
        reason = sql.Literal(gone.value)
        return {"is_looked_at": everybody, "missing": reason, "is_compared": read if self.rejected else everybody}

    def _receipt(self, counts: Mapping[str, Any]) -> dict[str, Any]:
        (source,), (copy,) = self._rows(SOURCE_RECEIPT), self._rows(COPY_RECEIPT)
        accounted = counts["synced"] + sum(counts["skipped"].values()) + counts["rejected"]
        if counts["seen"] != accounted or source != copy or source[0] != counts["synced"]:
            raise RunFailed("receipt_mismatch", source_rows=source[0], copy_rows=copy[0])
        return {"source": list(source), "copy": list(copy)}

    def _change(self, statement: str) -> int:
        self.heartbeat.check()
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(**self.names), self.params)
            return int(cursor.rowcount)

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        self.heartbeat.check()
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(**self.names), self.params)
            return list(cursor.fetchall())


def _names(tables: Mapping[str, StageTable]) -> dict[str, sql.Composable]:
    people = tables[Source.MARKETO_PEOPLE]
    return {
        "people": people.name,
        "leads": tables[Source.SALESFORCE_LEADS].name,
        "contacts": tables[Source.SALESFORCE_CONTACTS].name,
        "roles": tables[Source.SALESFORCE_ROLES].name,
        "marketo_values": sql.SQL(", ").join(
            _marketo_value(column, name if name in people.columns else "") for column, name in MARKETO_COLUMNS.items()
        ),
        "content": _columns(),
        "judged_content": _columns("judged"),
        "copy_content": _columns("copy"),
    }


def _marketo_value(column: str, name: str) -> sql.Composable:
    # An instance may lack a field; then the copy holds null.
    value = sql.Identifier("person", name) if name else sql.SQL("NULL::text")
    return sql.SQL("{} AS {}").format(value, sql.Identifier(column))


def _columns(table: str = "") -> sql.Composable:
    names = [sql.Identifier(table, name) if table else sql.Identifier(name) for name in CONTENT]
    return sql.SQL(", ").join(names)
