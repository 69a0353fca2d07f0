"""Taking a run back: the journal says what each person was like before it."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from psycopg import sql

from history import journal
from history.models import ChangeKind
from sync.eligibility import Reason
from sync.engine import hold
from sync.engine.heartbeat import Heartbeat
from sync.engine.judge import CONTENT, Statements
from sync.engine.problems import RunFailed
from sync.engine.stage import CHANGES, READ_EVERYBODY, StageTable
from sync.engine.telling import tell_of_success
from sync.models import Person, SyncRun
from sync.statuses import RunStatus

OF_RUN = "past.account_id = %(account)s AND past.run_id = %(undone)s"
PEOPLE_OF_RUN = f"history_change AS past JOIN sync_person AS copy USING (account_id, marketo_id) WHERE {OF_RUN}"
# They stay as that one left them.
IS_LATER = """
EXISTS (
    SELECT FROM history_change AS later
    WHERE later.account_id = past.account_id AND later.marketo_id = past.marketo_id AND later.at > past.at
)
"""
# So does whoever was removed, and is known to be gone for good since.
IS_DEPARTED = f"""
(past.kind = '{ChangeKind.REMOVED}' AND copy.removed_reason IN {hold.DEPARTED}
    AND copy.removed_reason <> past.after->>'removed_reason')
"""
# A person is put back by what differed; somebody whom the run had brought leaves again.
LEAVE = f"""
INSERT INTO {{changes}}
SELECT marketo_id, '{ChangeKind.REMOVED}', '{Reason.TAKEN_BACK}', jsonb_build_object('removed_reason', ''),
    jsonb_build_object('removed_reason', '{Reason.TAKEN_BACK}'), {{copy_hash}}
FROM {PEOPLE_OF_RUN} AND past.kind = '{ChangeKind.ADDED}' AND NOT {IS_LATER}
"""  # noqa: S608 (our own texts)
REVERSE = f"""
INSERT INTO {{changes}}
SELECT marketo_id, reversed.kind, coalesce(past.before->>'removed_reason', ''), past.after, past.before, {{copy_hash}}
FROM (VALUES ('{ChangeKind.UPDATED}', '{ChangeKind.UPDATED}'), ('{ChangeKind.REMOVED}', '{ChangeKind.RETURNED}'),
    ('{ChangeKind.RETURNED}', '{ChangeKind.REMOVED}')) AS reversed (was, kind),
    {PEOPLE_OF_RUN} AND past.kind = reversed.was AND NOT {IS_LATER} AND NOT {IS_DEPARTED}
"""  # noqa: S608 (our own texts)
PUT_BACK = """
UPDATE sync_person AS copy
SET {values}, removed_reason = coalesce(change.after->>'removed_reason', copy.removed_reason), changed_at = %(now)s,
    removed_at = CASE coalesce(change.after->>'removed_reason', copy.removed_reason) WHEN '' THEN NULL
        ELSE coalesce(copy.removed_at, %(now)s) END
FROM {changes} AS change
WHERE copy.account_id = %(account)s AND copy.marketo_id = change.marketo_id
"""
# Of those who were there before the run: what the journal says they were like, and what they are like now.
RECEIPT = f"""
SELECT count(*), coalesce(md5(string_agg(past.content_before, '' ORDER BY marketo_id)), ''),
    coalesce(md5(string_agg({{copy_hash}}, '' ORDER BY marketo_id)), '')
FROM {PEOPLE_OF_RUN} AND past.kind <> '{ChangeKind.ADDED}' AND marketo_id IN (SELECT marketo_id FROM {{changes}})
"""  # noqa: S608 (our own texts)
COUNT_LEFT = f"""
SELECT CASE past.kind WHEN '{ChangeKind.ERASED}' THEN 'erased' ELSE 'changed_since' END, count(*)
FROM history_change AS past LEFT JOIN sync_person AS copy USING (account_id, marketo_id)
WHERE {OF_RUN} AND (past.kind = '{ChangeKind.ERASED}' OR {IS_LATER} OR {IS_DEPARTED}) GROUP BY 1
"""  # noqa: S608 (our own texts)


def undo(run: SyncRun) -> None:
    """Put everybody back whom the run that is taken back changed and no later one; raises RunFailed or LeaseLost."""
    run.write(merge_started_at=timezone.now(), started_at=run.started_at or timezone.now())
    with transaction.atomic():
        with Heartbeat(run) as heartbeat:
            statements = Statements(run, heartbeat, is_whole=True, now=timezone.now())
            statements.params["undone"] = run.undoes_id
            counts = _gather(run, statements)
            reasons = hold.reasons_to_hold(run, statements, _people(run))
            if not reasons:
                counts |= _write(run, statements)
        if reasons:
            hold.hold(statements, counts, reasons)
        else:
            StageTable(run, CHANGES).drop()
            ended = {"status": RunStatus.SUCCEEDED, "finished_at": timezone.now(), "has_leftovers": False}
            run.end_step(due_at=None, **counts | ended)
            tell_of_success(run, counts["people"])


def _gather(run: SyncRun, statements: Statements) -> dict[str, Any]:
    statements.change(READ_EVERYBODY)
    StageTable(run, CHANGES).drop()
    StageTable(run, CHANGES).create()
    statements.change(LEAVE)
    statements.change(REVERSE)
    # Where the journal's statistics are older than the run that is taken back, they say that it has changed nobody.
    statements.change("CREATE INDEX ON {changes} (marketo_id)")
    statements.change("ANALYZE {changes}")
    kinds = statements.changes_by_kind()
    returned, removed = kinds.get(ChangeKind.RETURNED, 0), kinds.get(ChangeKind.REMOVED, 0)
    return {
        "seen": sum(kinds.values()),
        "synced": sum(kinds.values()),
        "added": returned,
        "updated": kinds.get(ChangeKind.UPDATED, 0),
        "removed": removed,
        "people": _people(run) + returned - removed,
        "kept": dict(statements.rows(COUNT_LEFT)),
        "has_leftovers": True,
    }


def _write(run: SyncRun, statements: Statements) -> dict[str, Any]:
    statements.change(PUT_BACK, values=sql.SQL(", ").join(map(_put_back, CONTENT)))
    changes, now = statements.names["changes"], statements.params["now"]
    journal.record(changes, account_id=run.account_id, run_id=run.pk, at=now)
    [(people, before, after)] = statements.rows(RECEIPT)
    if before != after:
        raise RunFailed("receipt_mismatch", source_rows=people, copy_rows=people)
    return {"receipt": {"source": [people, before], "copy": [people, after]}}


def _put_back(column: str) -> sql.Composable:
    name, key = sql.Identifier(column), sql.Literal(column)
    old = sql.Identifier("copy", column)
    statement = "{} = CASE WHEN jsonb_exists(change.after, {}) THEN change.after->>{} ELSE {} END"
    return sql.SQL(statement).format(name, key, key, old)


def _people(run: SyncRun) -> int:
    return Person.objects.for_account(run.account).live().count()
