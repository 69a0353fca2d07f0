"""Who is concerned by a run, one by one: what it would do while it waits for a decision, afterwards what it did."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from history.models import ChangeKind
from sync.engine.stage import CHANGES, JUDGED, StageTable
from sync.models import RunKind, SyncRun
from sync.querysets import FOLDED, folded
from sync.statuses import WAITING_FOR_A_DECISION, RunStatus

PAGE_SIZE = 50
BATCH = 5_000
LEFT_OUT = "left_out"
KINDS = (ChangeKind.ADDED, ChangeKind.UPDATED, ChangeKind.RETURNED, ChangeKind.REMOVED)
# Whom a choice means, where it is not one kind: as they are counted, who comes back is added.
MEANT = {"": [*KINDS, LEFT_OUT], ChangeKind.ADDED: [ChangeKind.ADDED, ChangeKind.RETURNED]}

DONE = """
SELECT marketo_id, kind, CASE kind WHEN 'removed' THEN after->>'removed_reason' ELSE '' END AS reason, before, after
FROM history_change WHERE account_id = %(account)s AND run_id = %(run)s
"""
WOULD_DO = "SELECT marketo_id, kind, reason, before, after FROM {changes}"
# Only a dry run shows whom it leaves out, since the others are about those in the copy.
WOULD_LEAVE_OUT = f"""
UNION ALL SELECT marketo_id, '{LEFT_OUT}', reason, '{{{{}}}}', '{{{{}}}}' FROM {{judged}} AS judged
WHERE reason <> '' AND NOT EXISTS (SELECT FROM {{changes}} AS change WHERE change.marketo_id = judged.marketo_id)
"""  # noqa: S608 (our own texts)
SEARCHED = {"email": "email", "last_name": "last_name", "whole_name": "(first_name || ' ' || last_name)"}
NAMED_BY = ("first_name", "last_name", "email")
NAMES = """
coalesce(copy.first_name, {first_name}, '') AS first_name, coalesce(copy.last_name, {last_name}, '') AS last_name,
coalesce(copy.email, {email}, '') AS email
"""
PAGE = """
SELECT * FROM (
    SELECT change.*, {names} FROM ({source}) AS change {judged_names}
    LEFT JOIN sync_person AS copy ON copy.account_id = %(account)s AND copy.marketo_id = change.marketo_id
) AS named
WHERE marketo_id > %(beyond)s AND kind = ANY(%(kinds)s) AND (%(reason)s = '' OR reason = %(reason)s)
    AND (%(text)s = '' OR marketo_id::text = %(text)s OR {email} LIKE %(prefix)s
        OR {last_name} LIKE %(prefix)s OR {whole_name} LIKE %(prefix)s)
ORDER BY marketo_id LIMIT %(limit)s
"""


@dataclass(frozen=True)
class Concerned:
    """Somebody whom a run concerns; `kind` is one of Change's or LEFT_OUT, `reason` of sync.eligibility or empty."""

    marketo_id: int
    kind: str
    reason: str
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]
    first_name: str
    last_name: str
    email: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or str(self.marketo_id)


@dataclass(frozen=True)
class Choice:
    """Whom to show: of one kind or all (empty), of one reason, and those whom a typed text means."""

    kind: str = ""
    reason: str = ""
    text: str = ""


def concerned(run: SyncRun, choice: Choice, beyond: int = 0, limit: int = PAGE_SIZE) -> list[Concerned]:
    """People by ascending Marketo id, after the id `beyond`."""
    text = folded(choice.text.strip())
    params: dict[str, Any] = {
        "account": run.account_id,
        "run": run.pk,
        "beyond": beyond,
        "kinds": MEANT.get(choice.kind, [choice.kind]),
        "reason": choice.reason,
        "text": text,
        "prefix": text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%",
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_statement(run), params)
        columns = [column.name for column in cursor.description]
        return [_read(dict(zip(columns, row, strict=True))) for row in cursor.fetchall()]


def everybody_concerned(run: SyncRun, choice: Choice) -> Iterator[Concerned]:
    """All of them, some at a time: the database holds them, not this process."""
    beyond = 0
    while found := concerned(run, choice, beyond, BATCH):
        yield from found
        beyond = found[-1].marketo_id


def _statement(run: SyncRun) -> sql.Composed:
    waits = run.status in WAITING_FOR_A_DECISION
    # An undo has judged nobody.
    has_judged = waits and run.kind != RunKind.UNDO
    tables = {"changes": StageTable(run, CHANGES).name, "judged": StageTable(run, JUDGED).name}
    source = WOULD_DO + (WOULD_LEAVE_OUT if run.status == RunStatus.PREVIEWED else "") if waits else DONE
    joined = sql.SQL("LEFT JOIN {judged} AS judged ON judged.marketo_id = change.marketo_id").format(**tables)
    columns = {name: sql.SQL(f"judged.{name}" if has_judged else "NULL") for name in NAMED_BY}
    return sql.SQL(PAGE).format(
        names=sql.SQL(NAMES).format(**columns),
        source=sql.SQL(source).format(**tables),
        judged_names=joined if has_judged else sql.SQL(""),
        **{name: sql.SQL(FOLDED.format(text=text)) for name, text in SEARCHED.items()},
    )


def _read(row: dict[str, Any]) -> Concerned:
    values = {name: json.loads(row[name]) if isinstance(row[name], str) else row[name] for name in ("before", "after")}
    return Concerned(**row | values)
