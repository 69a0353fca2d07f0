"""Everybody who was read gets a verdict, and what becomes of the copy is written down: nothing is changed yet."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from psycopg import sql

from history.journal import content_hash
from history.models import ChangeKind
from salesforce_orgs.moves import move_under_way
from sync.eligibility import (
    CONTACT_ID,
    IS_HIDDEN,
    IS_KNOWN,
    JOINS,
    KEPT_BY_MOVE,
    LEFT_ALONE,
    NOT_VISIBLE,
    REASON,
    RECORD_TYPE,
    Reason,
    SeesAll,
)
from sync.engine.fields import SYNCED_FIELDS, read_names
from sync.engine.gone_fields import is_without_roles
from sync.engine.heartbeat import Heartbeat
from sync.engine.stage import CHANGED, CHANGES, GONE, JUDGED, OUTSIDERS, StageTable
from sync.models import RunKind, Source, SyncRun
from sync.moves import RECORD_COLUMNS, needs_full_run
from sync.statuses import RunStatus

# Columns of the copy that come from Marketo as they are, and those that Salesforce decides.
MARKETO_COLUMNS = tuple(
    field.column
    for field in SYNCED_FIELDS
    if field.column not in {"marketo_id", "salesforce_contact_id", "salesforce_opportunity_id"}
)
SALESFORCE_COLUMNS = ("salesforce_contact_id", "salesforce_opportunity_id", "salesforce_type", "owner_id", "owner_name")
CONTENT = (*MARKETO_COLUMNS, *SALESFORCE_COLUMNS)

# Everybody with one verdict: no reason means into the copy. A converted lead is its contact. Of several opportunities
# the one where the contact is primary counts, then the newest.
VERDICTS = f"""
WITH role AS (
    SELECT DISTINCT ON ("ContactId") "ContactId", "OpportunityId" FROM {{roles}}
    WHERE NOT "IsDeleted"
    ORDER BY "ContactId", "IsPrimary" DESC, "CreatedDate" DESC, "OpportunityId"
), matched AS (
    SELECT person.id AS marketo_id, {{marketo_values}},
        {CONTACT_ID} AS salesforce_contact_id,
        role."OpportunityId" AS salesforce_opportunity_id,
        {IS_KNOWN} AS is_known,
        {IS_HIDDEN} AS is_hidden,
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
CLASSIFY = "CREATE UNLOGGED TABLE {judged} AS {verdicts}"

# What the statements that follow join and choose by.
ANALYZE_JUDGED = "ANALYZE {judged} (marketo_id, reason, salesforce_contact_id, salesforce_opportunity_id)"

# No role is shown, not even a deleted one, and there may be one: the copy keeps the opportunity of the same contact.
KEEP_OPPORTUNITY = """
UPDATE {judged} AS judged SET salesforce_opportunity_id = copy.salesforce_opportunity_id
FROM sync_person AS copy
WHERE copy.account_id = %(account)s AND copy.marketo_id = judged.marketo_id
    AND copy.salesforce_opportunity_id <> '' AND judged.salesforce_opportunity_id IS NULL
    AND copy.salesforce_contact_id = judged.salesforce_contact_id
    AND NOT EXISTS (SELECT FROM {roles} AS role WHERE role."ContactId" = judged.salesforce_contact_id)
"""
# So it does with a field that Marketo no longer shows, until everybody is read: that run is held where many had it.
KEEP_UNREAD = """
UPDATE {judged} AS judged SET {kept} FROM sync_person AS copy
WHERE copy.account_id = %(account)s AND copy.marketo_id = judged.marketo_id
"""
# The new org may get their records yet: while an account moves there, nobody leaves for not being in it.
KEEP_MOVING = f"""
UPDATE {{judged}} AS judged SET reason = '{Reason.NOT_IN_NEW_ORG}'
FROM sync_person AS copy
WHERE copy.account_id = %(account)s AND copy.marketo_id = judged.marketo_id AND {KEPT_BY_MOVE}
"""  # noqa: S608 (our own texts)
# Those of whom a person decides by another run keep what they would lose until then.
HOLD_BACK = f"""
UPDATE {{judged}} AS judged SET reason = '{Reason.HELD_BACK}'
FROM sync_person AS copy, ({{waiting}}) AS waiting
WHERE waiting.marketo_id = judged.marketo_id AND copy.account_id = %(account)s
    AND copy.marketo_id = judged.marketo_id AND copy.removed_at IS NULL
    AND (judged.reason <> '' AND judged.reason <> ALL(%(not_visible)s) OR judged.reason = '' AND ({{blanks}}))
"""  # noqa: S608 (our own texts)
WAITING = f"""
SELECT DISTINCT held.marketo_id FROM sync_heldperson AS held JOIN sync_syncrun AS run ON run.id = held.run_id
WHERE run.account_id = %(account)s AND run.status = '{RunStatus.HELD}' AND run.id <> %(run)s
    AND held.reason <> '{Reason.READ_SINCE}'
"""  # noqa: S608 (our own texts)

# A run that goes on after a decision has read most people long ago; those of whom was decided it has read again.
LEAVE_ALONE = f"""
UPDATE {{judged}} AS judged SET reason = '{Reason.READ_SINCE}'
FROM sync_person AS copy
WHERE copy.account_id = %(account)s AND copy.marketo_id = judged.marketo_id AND copy.changed_at > %(read_at)s
    AND NOT EXISTS ({{decided}} AND decided.marketo_id = judged.marketo_id)
"""  # noqa: S608 (our own texts)
DECIDED = "SELECT FROM sync_heldperson AS decided WHERE decided.run_id = %(run)s"

# Everybody in the copy whom what was read does not confirm, with the reason. Somebody whose row could not be read may
# be missing for that alone, and stays unless Marketo said that they are gone.
ABSENT = """
CREATE TEMPORARY TABLE sync_absent ON COMMIT DROP AS
SELECT live.marketo_id, CASE
    WHEN judged.reason IS NOT NULL THEN judged.reason
    WHEN waiting.marketo_id IS NOT NULL THEN %(held_back)s
    WHEN live.changed_at > %(read_at)s AND NOT EXISTS ({decided} AND decided.marketo_id = live.marketo_id)
        THEN %(read_since)s
    ELSE coalesce(gone.reason, {missing})
END AS reason
FROM sync_person AS live
LEFT JOIN {judged} AS judged ON judged.marketo_id = live.marketo_id
LEFT JOIN (SELECT id, min(reason) AS reason FROM {gone} GROUP BY id) AS gone ON gone.id = live.marketo_id
LEFT JOIN ({waiting}) AS waiting ON waiting.marketo_id = live.marketo_id
WHERE live.account_id = %(account)s AND live.removed_at IS NULL AND {is_looked_at}
    AND (judged.reason <> '' OR judged.reason IS NULL AND (%(is_whole)s OR gone.reason IS NOT NULL))
"""
# A run that follows changes looks at those it has asked for, also when Marketo no longer shows them.
ASKED_PEOPLE = """live.marketo_id IN (
    SELECT value::bigint FROM {changed} WHERE kind = 'id' UNION SELECT marketo_id FROM {judged}
    UNION SELECT marketo_id FROM sync_heldperson WHERE run_id = %(run)s
)"""
# Of the people who were asked for and may not be copied, Marketo still has those who are not on the list.
MISSING = f"""
CASE
    WHEN live.marketo_id IN (SELECT id FROM {{outsiders}}) THEN '{Reason.NOT_IN_LIST}'
    ELSE '{Reason.NOT_SHOWN_BY_MARKETO}'
END
"""  # noqa: S608 (our own texts)

LEAVING = f"""
INSERT INTO {{changes}}
SELECT marketo_id, '{ChangeKind.REMOVED}', absent.reason, jsonb_build_object('removed_reason', ''),
    jsonb_build_object('removed_reason', absent.reason), {{copy_hash}}
FROM sync_absent AS absent JOIN sync_person AS copy USING (marketo_id)
WHERE copy.account_id = %(account)s AND absent.reason <> ALL(%(staying)s)
"""  # noqa: S608 (our own texts)
# Whoever is new, is back or has other values.
DIFFERING = f"""
INSERT INTO {{changes}}
SELECT judged.marketo_id, CASE
    WHEN copy.marketo_id IS NULL THEN '{ChangeKind.ADDED}'
    WHEN copy.removed_at IS NULL THEN '{ChangeKind.UPDATED}'
    ELSE '{ChangeKind.RETURNED}'
END, '', different.before, different.after, CASE WHEN copy.marketo_id IS NULL THEN '' ELSE {{copy_hash}} END
FROM {{judged}} AS judged
LEFT JOIN sync_person AS copy ON copy.account_id = %(account)s AND copy.marketo_id = judged.marketo_id
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg(name, before), '{{{{}}}}') AS before,
        coalesce(jsonb_object_agg(name, after), '{{{{}}}}') AS after
    FROM (VALUES {{pairs}}, ('removed_reason', copy.removed_reason, '')) AS field (name, before, after)
    WHERE before IS DISTINCT FROM after AND copy.marketo_id IS NOT NULL
) AS different
WHERE judged.reason = '' AND (
    copy.marketo_id IS NULL OR copy.removed_at IS NOT NULL OR ({{judged_content}}) IS DISTINCT FROM ({{copy_content}})
)
"""  # noqa: S608 (our own texts)
# Ids of the old org lead nowhere in the new one, or to somebody else: whoever stays without having been found there
# loses them, also who was not read of Marketo, or in a row that could not be read and so is not absent.
LETTING_GO = f"""
INSERT INTO {{changes}}
SELECT copy.marketo_id, '{ChangeKind.UPDATED}', coalesce(absent.reason, '{Reason.NOT_SHOWN_BY_SALESFORCE}'),
    old.before, old.after, {{copy_hash}}
FROM sync_person AS copy LEFT JOIN sync_absent AS absent USING (marketo_id)
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(name, value) AS before, jsonb_object_agg(name, NULL::text) AS after
    FROM (VALUES {{records}}) AS field (name, value) WHERE value <> ''
) AS old
WHERE copy.account_id = %(account)s AND copy.removed_at IS NULL AND old.before IS NOT NULL
    AND NOT EXISTS (SELECT FROM {{judged}} AS judged WHERE judged.marketo_id = copy.marketo_id AND judged.reason = '')
    AND NOT EXISTS (SELECT FROM {{changes}} AS change WHERE change.marketo_id = copy.marketo_id)
"""  # noqa: S608 (our own texts)


class Statements:
    """Statements over the tables of one run, each preceded by a look whether the run is still ours."""

    def __init__(self, run: SyncRun, heartbeat: Heartbeat, *, is_whole: bool, now: Any) -> None:
        self.run, self._heartbeat = run, heartbeat
        sees_all = SeesAll.of(run.visibility)
        self.may_miss_roles = not sees_all.opportunities or is_without_roles(run)
        self.move = move_under_way(run.account)
        # It alone may take away what came from the old org; what later ones find missing was of the new one.
        self.is_first_read = run.kind == RunKind.FULL and needs_full_run(run.account)
        self.params = {
            "account": run.account_id,
            "run": run.pk,
            "now": now,
            "is_whole": is_whole,
            "not_visible": [reason.value for reason in NOT_VISIBLE],
            "staying": [reason.value for reason in (*NOT_VISIBLE, *LEFT_ALONE)],
            "held_back": Reason.HELD_BACK.value,
            "read_since": Reason.READ_SINCE.value,
            "read_at": run.started_at if run.is_resumed else now,
            "sees_all_leads": sees_all.leads,
            "sees_all_contacts": sees_all.contacts,
            "lost_by_move": list(RECORD_COLUMNS) if self.is_first_read else [],
        }
        self.names = _names(run)

    def change(self, statement: str, **names: sql.Composable) -> int:
        """Carry a statement out and answer the number of rows."""
        self._heartbeat.check()
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(**self.names, **names), self.params)
            return int(cursor.rowcount)

    def rows(self, statement: str, **names: sql.Composable) -> list[tuple[Any, ...]]:
        self._heartbeat.check()
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(**self.names, **names), self.params)
            return list(cursor.fetchall())

    def changes_by_kind(self) -> dict[str, int]:
        """How many people the copy would gain, lose or change, by history.models.ChangeKind."""
        return dict(self.rows("SELECT kind, count(*) FROM {changes} GROUP BY kind"))


def judge(statements: Statements) -> None:
    """Give everybody a verdict, and write down what becomes of the copy."""
    statements.change("DROP TABLE IF EXISTS {judged}, {changes}, sync_absent")
    statements.change(CLASSIFY)
    statements.change(ANALYZE_JUDGED)
    if statements.may_miss_roles:
        statements.change(KEEP_OPPORTUNITY)
    if statements.move:
        statements.change(KEEP_MOVING)
    if statements.run.is_resumed:
        statements.change(LEAVE_ALONE)
    if statements.run.kind == RunKind.INCREMENTAL:
        _keep_unread(statements)
        statements.change(HOLD_BACK)
    if statements.move or statements.run.is_resumed:
        # Many may have got another verdict.
        statements.change(ANALYZE_JUDGED)
    _gather_changes(statements)


def _keep_unread(statements: Statements) -> None:
    read = read_names(statements.run.fields)
    unread = [sql.Identifier(column) for column in MARKETO_COLUMNS if column not in read]
    if unread:
        statements.change(KEEP_UNREAD, kept=_list(sql.SQL("{0} = copy.{0}").format(name) for name in unread))


def _gather_changes(statements: Statements) -> None:
    StageTable(statements.run, CHANGES).create()
    statements.change(ABSENT)
    # Without it the database takes it for larger than it is, and puts everybody else in order instead.
    statements.change("ANALYZE sync_absent")
    statements.change(LEAVING)
    statements.change(DIFFERING)
    if statements.is_first_read:
        statements.change(LETTING_GO)
    statements.change("ANALYZE {changes}")


def _names(run: SyncRun) -> dict[str, sql.Composable]:
    people = StageTable(run, Source.MARKETO_PEOPLE)
    judged, read = StageTable(run, JUDGED).name, read_names(people.columns)
    names: dict[str, sql.Composable] = {
        "people": people.name,
        "leads": StageTable(run, Source.SALESFORCE_LEADS).name,
        "contacts": StageTable(run, Source.SALESFORCE_CONTACTS).name,
        "roles": StageTable(run, Source.SALESFORCE_ROLES).name,
        "gone": StageTable(run, GONE).name,
        "judged": judged,
        "changes": StageTable(run, CHANGES).name,
        "marketo_values": _list(_marketo_value(column, read.get(column, "")) for column in MARKETO_COLUMNS),
        "content": columns_of(),
        "judged_content": columns_of("judged"),
        "copy_content": columns_of("copy"),
        "copy_hash": content_hash(columns_of("copy")),
        "pairs": _list(map(_pair, CONTENT)),
        "records": _list(map(_record, RECORD_COLUMNS)),
        "blanks": sql.SQL(" OR ").join(map(_blank, CONTENT)),
        "decided": sql.SQL(DECIDED),
        "waiting": sql.SQL(WAITING if run.kind == RunKind.INCREMENTAL else "SELECT 0::bigint AS marketo_id LIMIT 0"),
    }
    return names | _scope(run, judged) | {"verdicts": sql.SQL(VERDICTS).format(**names)}


def _scope(run: SyncRun, judged: sql.Composable) -> dict[str, sql.Composable]:
    """Whose absence means something, and what it means of those whom no stream has named."""
    if run.kind == RunKind.INCREMENTAL:
        asked = sql.SQL(ASKED_PEOPLE).format(changed=StageTable(run, CHANGED).name, judged=judged)
        return {"is_looked_at": asked, "missing": sql.SQL(MISSING).format(outsiders=StageTable(run, OUTSIDERS).name)}
    reason = Reason.NOT_SHOWN_BY_MARKETO if run.list_id is None else Reason.NOT_IN_LIST
    return {"is_looked_at": sql.SQL("TRUE"), "missing": sql.Literal(reason.value)}


def columns_of(table: str = "") -> sql.Composable:
    """The columns of a person's content, in the order in which they are compared and hashed."""
    return _list(sql.Identifier(table, name) if table else sql.Identifier(name) for name in CONTENT)


def _list(parts: Iterable[sql.Composable]) -> sql.Composed:
    return sql.SQL(", ").join(parts)


def _marketo_value(column: str, name: str) -> sql.Composable:
    # An instance may lack a field; then the copy holds null.
    value = sql.Identifier("person", name) if name else sql.SQL("NULL::text")
    return sql.SQL("{} AS {}").format(value, sql.Identifier(column))


def _pair(column: str) -> sql.Composable:
    names = sql.Identifier("copy", column), sql.Identifier("judged", column)
    return sql.SQL("({}, {}, {})").format(sql.Literal(column), *names)


def _record(column: str) -> sql.Composable:
    return sql.SQL("({}, {})").format(sql.Literal(column), sql.Identifier("copy", column))


def _blank(column: str) -> sql.Composable:
    names = sql.Identifier("copy", column), sql.Identifier("judged", column)
    return sql.SQL("{} <> '' AND coalesce({}, '') = ''").format(*names)
