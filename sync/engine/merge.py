"""The last step of a run: stage tables become the account's people, all in one transaction or not at all."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Sum
from django.utils import timezone
from psycopg import sql

from history import journal
from history.models import ChangeKind
from salesforce_orgs.moves import move_under_way, settle_move
from sync.eligibility import Reason
from sync.engine import hold
from sync.engine.cursors import STREAMS, move_cursors
from sync.engine.delays import note_delays
from sync.engine.gone_fields import note_gone_fields
from sync.engine.heartbeat import Heartbeat
from sync.engine.judge import Statements, judge
from sync.engine.partitions import OwnPartition, analyze_partition, complete_partition, prepare_partition
from sync.engine.problems import RunFailed, StageLost
from sync.engine.restart import start_over
from sync.engine.stage import CHANGED, READ_EVERYBODY, STAGED, StageTable, all_tables
from sync.engine.telling import tell_of_success
from sync.engine.tidy import tidy, tidy_records
from sync.models import Extract, Person, RunKind, Source, SyncRun
from sync.moves import people_not_found
from sync.statuses import RunStatus

SALESFORCE_TYPES = {"Lead": Source.SALESFORCE_LEADS, "Contact": Source.SALESFORCE_CONTACTS}
# Of one merge, however many processors the database has: other companies want them too.
INDEX_MEMORY = "SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL max_parallel_maintenance_workers = 2"
# Just enough for the receipt to be computed by reading the partition from one end to the other.
ANALYZE_FILLED = "ANALYZE {partition} (account_id, removed_at)"
# From so many changes on, searches would suffer until the database renews its statistics by itself.
ANALYZE_FROM = 10_000

# By reason, with the hash of those who belong in the copy: the sum does not depend on the order of the rows, and tells
# null from "".
COUNT_BY_REASON = """
SELECT reason, count(*),
    coalesce(sum(hash_record_extended((marketo_id, {content}), 0)) FILTER (WHERE reason = ''), 0)::text
FROM {everybody} AS judged GROUP BY reason
"""
COUNT_HIDDEN = """
SELECT reason, count(*) FROM sync_absent WHERE reason = ANY(%(staying)s) GROUP BY reason
"""

# Whoever has not changed is not written: ON CONFLICT would lock, and so rewrite, every row of the copy.
RENEW = """
UPDATE sync_person AS copy
SET ({content}, removed_at, removed_reason, changed_at) = ({judged_content}, NULL, '', %(now)s)
FROM {judged} AS judged JOIN {changes} AS change ON change.marketo_id = judged.marketo_id
WHERE copy.account_id = %(account)s AND copy.marketo_id = judged.marketo_id AND change.kind = ANY({kinds})
    AND change.reason = ''
"""
ADD = """
INSERT INTO sync_person (account_id, marketo_id, {content}, removed_reason, changed_at)
SELECT %(account)s, judged.marketo_id, {judged_content}, '', %(now)s
FROM {judged} AS judged JOIN {changes} AS change ON change.marketo_id = judged.marketo_id
WHERE change.kind = {added}
"""
# Into an empty copy everybody arrives, and nothing needs to be compared: to judge them again for the counts takes less
# than to keep the verdicts. As they come: to bring them into the order of the key takes longer than it saves its index.
ADD_ALL = """
INSERT INTO sync_person (account_id, marketo_id, {content}, removed_reason, changed_at)
SELECT %(account)s, marketo_id, {content}, '', %(now)s FROM ({verdicts}) AS judged
WHERE reason = ''
"""
LET_GO = """
UPDATE sync_person AS copy
SET salesforce_lead_id = NULL, salesforce_contact_id = NULL, salesforce_account_id = NULL,
    salesforce_opportunity_id = NULL, owner_id = '', owner_name = NULL, changed_at = %(now)s
FROM {changes} AS change
WHERE copy.account_id = %(account)s AND copy.marketo_id = change.marketo_id AND change.kind = {updated}
    AND change.reason <> ''
"""
REMOVE = """
UPDATE sync_person AS copy
SET removed_at = %(now)s, removed_reason = change.reason, changed_at = %(now)s, hidden_reason = '', hidden_since = NULL
FROM {changes} AS change
WHERE copy.account_id = %(account)s AND copy.marketo_id = change.marketo_id AND change.kind = {removed}
"""
# Whoever had left for another reason, and is gone for good now: no undo brings them back.
REMEMBER_GONE = f"""
UPDATE sync_person AS copy SET removed_reason = gone.reason FROM {{gone}} AS gone
WHERE copy.account_id = %(account)s AND copy.marketo_id = gone.id AND copy.removed_at IS NOT NULL
    AND copy.removed_reason NOT IN {hold.DEPARTED}
"""  # noqa: S608 (our own texts)
HIDE = """
UPDATE sync_person AS copy
SET hidden_reason = absent.reason, hidden_since = coalesce(copy.hidden_since, %(now)s)
FROM sync_absent AS absent
WHERE copy.account_id = %(account)s AND copy.marketo_id = absent.marketo_id
    AND absent.reason = ANY(%(not_visible)s) AND copy.hidden_reason <> absent.reason
"""
SHOW = """
UPDATE sync_person AS copy SET hidden_reason = '', hidden_since = NULL
FROM {judged} AS judged
WHERE copy.account_id = %(account)s AND copy.hidden_reason <> '' AND copy.marketo_id = judged.marketo_id
    AND judged.reason = ''
"""

# Whoever was not shown is not compared: nobody knows what they are like now.
COPY_RECEIPT = """
SELECT count(*), coalesce(sum(hash_record_extended((marketo_id, {content}), 0)), 0)::text
FROM sync_person AS live
WHERE account_id = %(account)s AND removed_at IS NULL AND {is_compared}
"""
CONFIRMED = "NOT EXISTS (SELECT FROM sync_absent AS absent WHERE absent.marketo_id = live.marketo_id)"
READ_PEOPLE = "marketo_id IN (SELECT marketo_id FROM {judged} WHERE reason = '')"


def merge(run: SyncRun) -> None:
    """
    Bring the account's people in line with the stage tables and end the run, or hold it; a dry run changes nothing.

    Raises RunFailed or LeaseLost.
    """
    run.write(merge_started_at=timezone.now())
    prepare_partition(run)
    try:
        with transaction.atomic():
            _merge(run)
    except StageLost:
        start_over(run)
    else:
        _finish(run)


def _finish(run: SyncRun) -> None:
    """After the commit: until then, merges of others and VACUUM would wait for it, as it would for them."""
    if run.status != RunStatus.SUCCEEDED:
        return
    if run.added + run.updated >= ANALYZE_FROM:
        # Whoever has the table just now renews its statistics.
        with suppress(OperationalError):
            analyze_partition(run.account_id)
    complete_partition(run.account_id)


def _merge(run: SyncRun) -> None:
    with Heartbeat(run) as heartbeat:
        work = _Merge(run, heartbeat)
        counts = work.counts()
        reasons = work.reasons_to_hold(counts)
        if not reasons and not run.is_dry_run:
            counts |= work.write(counts)
    if reasons:
        hold.hold(work.statements, counts, reasons)
    elif run.is_dry_run:
        hold.show(run, counts)
    else:
        _end(run, counts)


def _end(run: SyncRun, counts: Mapping[str, Any]) -> None:
    for table in all_tables(run):
        table.drop()
    # Back to where it had read, if it was held: what happened since is read once more.
    move_cursors(run)
    note_gone_fields(run)
    if run.kind == RunKind.FULL:
        hold.supersede(run)
    tell_of_success(run, counts["people"], counts["removed"])
    note_delays(run)
    run.end_step(due_at=None, status=RunStatus.SUCCEEDED, finished_at=timezone.now(), has_leftovers=False, **counts)
    # Only now: the audit trail waits for whom it waits for, and who cancels a run takes its row before the trail.
    if run.kind == RunKind.FULL and not counts["rejected"]:
        _settle_move(run)


def _settle_move(run: SyncRun) -> None:
    """A move to another org is over once everybody of the copy has been found there."""
    move = move_under_way(run.account)
    if move and not people_not_found(run.account):
        settle_move(move)


class _Merge:
    """The statements of one merge, in order: what becomes of the copy, then the writing of it."""

    def __init__(self, run: SyncRun, heartbeat: Heartbeat) -> None:
        self.run = run
        self.tables = {source: StageTable(run, source) for source in STAGED}
        self.rejected = sum(Extract.objects.of_run(run).values_list("rows_rejected", flat=True))
        self.now = timezone.now()
        self.statements = Statements(run, heartbeat, is_whole=not self.rejected, now=self.now)
        self.has_people = Person.objects.for_account(run.account).has_anybody()
        # How many of those who were read belong in the copy, and their hash.
        self.source: tuple[int, str] = (0, "0")

    def counts(self) -> dict[str, Any]:
        """What the run has read and would change, without changing anybody; raises RunFailed or StageLost."""
        rows = self._prepare()
        hold.remember_departures(self.run, self.statements)
        repeated = tidy(self.statements)
        self._check_anybody_read()
        skipped = self._judge()
        # To look for them in every run would take as long as judging everybody.
        if self.source[0] + sum(skipped.values()) > rows - repeated:
            tidy_records(self.statements)
            skipped = self._judge()
        if repeated:
            skipped[Reason.REPEATED.value] = repeated
        synced = self.source[0]
        counts = {"seen": rows + self.rejected, "synced": synced, "skipped": skipped, "rejected": self.rejected}
        kept = {} if self._only_adds else dict(self.statements.rows(COUNT_HIDDEN))
        return counts | {"kept": kept} | self._changes(synced)

    @property
    def _only_adds(self) -> bool:
        """Nobody asks what becomes of whom: the copy is empty, and everybody who belongs there arrives."""
        return not self.has_people and not self.run.is_dry_run

    def _judge(self) -> dict[str, int]:
        """How many do not belong in the copy, by reason; keeps the source's side of the receipt."""
        if not self._only_adds:
            judge(self.statements)
        names, self.source = self.statements.names, (0, "0")
        everybody = sql.SQL("({})").format(names["verdicts"]) if self._only_adds else names["judged"]
        found = {reason: found for reason, *found in self.statements.rows(COUNT_BY_REASON, everybody=everybody)}
        self.source = tuple(found.pop("", self.source))
        return {reason: people for reason, (people, _) in found.items()}

    def _changes(self, synced: int) -> dict[str, Any]:
        if not self.has_people:
            return {"added": synced, "updated": 0, "removed": 0, "people": synced}
        kinds = self.statements.changes_by_kind()
        added = kinds.get(ChangeKind.ADDED, 0) + kinds.get(ChangeKind.RETURNED, 0)
        updated, removed = kinds.get(ChangeKind.UPDATED, 0), kinds.get(ChangeKind.REMOVED, 0)
        people = self._people_before() + added - removed
        return {"added": added, "updated": updated, "removed": removed, "people": people}

    def reasons_to_hold(self, counts: Mapping[str, Any]) -> dict[str, Any]:
        """Why the run must not go on without a person; empty when it may."""
        if not self.has_people or self.run.is_dry_run:
            return {}
        return hold.reasons_to_hold(self.run, self.statements, counts["people"] + counts["removed"] - counts["added"])

    def write(self, counts: Mapping[str, Any]) -> dict[str, Any]:
        """Change the copy, keep the journal and prove the result; raises RunFailed when it is not what was read."""
        change = self.statements.change
        if self.has_people:
            kinds = sql.Literal([ChangeKind.UPDATED.value, ChangeKind.RETURNED.value])
            change(RENEW, kinds=kinds)
            change(ADD, added=sql.Literal(ChangeKind.ADDED.value))
            if self.statements.is_first_read:
                change(LET_GO, updated=sql.Literal(ChangeKind.UPDATED.value))
            change(REMOVE, removed=sql.Literal(ChangeKind.REMOVED.value))
            change(REMEMBER_GONE)
            change(HIDE)
            change(SHOW)
            journal.record(
                self.statements.names["changes"], account_id=self.run.account_id, run_id=self.run.pk, at=self.now
            )
        else:
            change(ADD_ALL)
        self._make_indexes()
        return {"receipt": self._receipt(counts)}

    def _make_indexes(self) -> None:
        """Of a partition that has just been filled, and whatever else it lacks."""
        partition = OwnPartition(self.run.account_id)
        statements = partition.missing_indexes()
        if not statements:
            return
        self.statements.change(INDEX_MEMORY)
        for statement in statements:
            self.statements.change("{index}", index=sql.SQL(statement))
        if not self.has_people:
            self.statements.change(ANALYZE_FILLED, partition=sql.Identifier(partition.name))

    def _people_before(self) -> int:
        """Everybody in the copy. A run that follows changes costs by their number, and so does not count them all."""
        if self.run.kind == RunKind.INCREMENTAL:
            before = SyncRun.objects.for_account(self.run.account).last_success()
            return before.people if before else 0
        return Person.objects.for_account(self.run.account).live().count()

    def _prepare(self) -> int:
        """Answers how many people of Marketo were read; raises StageLost when a table has not all of its rows."""
        self.statements.change(READ_EVERYBODY)
        rows = {source: self._checked_rows(source, [source]) for source in self.tables}
        for table in self.tables.values():
            table.analyze()
        self._checked_rows(CHANGED, STREAMS)
        return rows[Source.MARKETO_PEOPLE]

    def _checked_rows(self, name: str, sources: Sequence[str]) -> int:
        loaded = Extract.objects.of_run(self.run).filter(source__in=sources)
        # Of a run that had stopped, only what was read since is not in the count that it left.
        loaded = loaded.filter(is_recheck=True) if self.run.is_resumed else loaded
        expected = self.run.stage_rows.get(name, 0) + (loaded.aggregate(rows=Sum("rows_loaded"))["rows"] or 0)
        rows = StageTable(self.run, name).count()
        if rows != expected:
            raise StageLost
        return rows

    def _check_anybody_read(self) -> None:
        """A system that suddenly shows nobody has rather taken away a right than lost everybody."""
        copy = Person.objects.for_account(self.run.account).live()
        if self.run.kind == RunKind.INCREMENTAL or not copy.has_anybody():
            return
        if not (self.tables[Source.MARKETO_PEOPLE].count() or self.rejected):
            raise RunFailed("nobody_read", service="Marketo")
        # A new org may be empty; then everybody stays, too, and whoever was not found there is not missed there.
        for salesforce_type, source in () if self.statements.is_first_read else SALESFORCE_TYPES.items():
            found = copy.filter(salesforce_type=salesforce_type).exclude(owner_id="")
            if not self.tables[source].count() and found.has_anybody():
                raise RunFailed("nobody_read", service="Salesforce")

    def _compared(self, *, is_all: bool) -> str:
        if not self.has_people:
            return "TRUE"
        return CONFIRMED if is_all else READ_PEOPLE

    def _receipt(self, counts: Mapping[str, Any]) -> dict[str, Any]:
        is_all = self.run.kind == RunKind.FULL and not self.rejected
        compared = sql.SQL(self._compared(is_all=is_all)).format(**self.statements.names)
        [copy] = self.statements.rows(COPY_RECEIPT, is_compared=compared)
        accounted = counts["synced"] + sum(counts["skipped"].values()) + counts["rejected"]
        if counts["seen"] != accounted or copy != self.source:
            raise RunFailed("receipt_mismatch", source_rows=self.source[0], copy_rows=copy[0])
        return {"source": list(self.source), "copy": list(copy)}
