"""
Runs that stop before they change anybody: held, because too many people would leave or lose values, or dry on purpose.

What they have read stays in their stage tables until somebody decides, or for so long.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from accounts.models import SalesAccount
from accounts.occurrences import end
from accounts.services import record
from history.models import ChangeKind
from sync.audit_actions import SyncAction
from sync.eligibility import Reason
from sync.engine.judge import Statements
from sync.engine.stage import CHANGED, CHANGES, JUDGED, STAGED, StageTable
from sync.engine.telling import tell_of_hold
from sync.events import RUN_HELD, Decision
from sync.models import Extract, HeldPerson, Person, RunKind, Source, SyncRun
from sync.policies import HoldLimit
from sync.statuses import RunStatus

HELD_FOR = timedelta(hours=72)
SHOWN_FOR = timedelta(hours=24)
# A field that comes back empty for more than this part of those who had it has rather been hidden than emptied.
LARGEST_LOSS = 0.1

# In this order, since records are read of the people.
READ_AGAIN = (Source.MARKETO_PEOPLE, Source.SALESFORCE_LEADS, Source.SALESFORCE_CONTACTS)

# Of those about whom nobody has decided yet.
REMOVED = f"""
SELECT reason, count(*) FROM {{changes}} AS change
WHERE kind = '{ChangeKind.REMOVED}' AND NOT {{is_approved}} GROUP BY reason
"""  # noqa: S608 (our own texts)
EMPTIED = f"""
{{changes}} AS change CROSS JOIN LATERAL jsonb_each_text(change.before) AS field (name, value)
WHERE kind = '{ChangeKind.UPDATED}' AND value <> '' AND coalesce(after->>name, '') = '' AND NOT {{is_approved}}
    AND name <> ALL(%(lost_by_move)s::text[])
"""
BLANKED = f"SELECT name, count(*) FROM {EMPTIED} GROUP BY name"  # noqa: S608 (our own texts)
BLANKED_PEOPLE = f"SELECT count(DISTINCT marketo_id) FROM {EMPTIED}"  # noqa: S608 (our own texts)
IS_APPROVED = f"""
EXISTS (
    SELECT FROM sync_heldperson AS held
    WHERE held.run_id = %(run)s AND held.marketo_id = change.marketo_id AND held.reason <> '{Reason.READ_SINCE}'
)
"""
# The queues that have most of those who leave for that, by name.
QUEUES = f"""
SELECT coalesce(nullif(judged.owner_name, ''), judged.owner_id) AS name
FROM {{changes}} AS change JOIN {{judged}} AS judged USING (marketo_id)
WHERE change.kind = '{ChangeKind.REMOVED}' AND change.reason = '{Reason.QUEUE_OWNER}'
GROUP BY name ORDER BY count(*) DESC, name LIMIT 3
"""  # noqa: S608 (our own texts)
NAME_PEOPLE = f"""
INSERT INTO sync_heldperson (run_id, marketo_id, reason)
SELECT %(run)s, marketo_id, reason FROM {{changes}} WHERE kind = '{ChangeKind.REMOVED}'
UNION SELECT %(run)s, marketo_id, '' FROM {EMPTIED.format(changes="{changes}", is_approved="FALSE")}
"""  # noqa: S608 (our own texts)
# Nobody has decided about them, but what runs of changes have made of them meanwhile followed another choice.
NAME_FOLLOWED = f"""
INSERT INTO sync_heldperson (run_id, marketo_id, reason)
SELECT %(run)s, marketo_id, '{Reason.READ_SINCE}' FROM sync_person
WHERE account_id = %(account)s AND changed_at > %(read_at)s
ON CONFLICT DO NOTHING
"""  # noqa: S608 (our own texts)
FORGET_FOLLOWED = f"""
DELETE FROM {{people}} AS person USING sync_heldperson AS held
WHERE held.run_id = %(run)s AND held.marketo_id = person.id AND held.reason = '{Reason.READ_SINCE}'
"""  # noqa: S608 (our own texts)
# What a held run had seen of departures, another one that reads everybody sees no more: the streams have gone on. That
# is so whatever became of the run: somebody discarded it, nobody decided in time, a crash took what it had read. And of
# one that was taken back: whoever it had removed is in the copy again. No id is given twice, and whoever is shown again
# stays.
DEPARTED = f"('{Reason.DELETED_IN_MARKETO}', '{Reason.MERGED_IN_MARKETO}')"
DEPARTURES = f"""
SELECT held.marketo_id, held.reason, run.id, coalesce(run.finished_at, run.started_at), run.status = '{RunStatus.HELD}'
FROM sync_heldperson AS held JOIN sync_syncrun AS run ON run.id = held.run_id
WHERE run.account_id = %(account)s AND held.reason IN {DEPARTED}
UNION ALL
SELECT past.marketo_id, past.after->>'removed_reason', past.run_id, past.at, FALSE
FROM sync_syncrun AS undo JOIN history_change AS past
    ON past.account_id = undo.account_id AND past.run_id = undo.undoes_id
WHERE undo.account_id = %(account)s AND undo.kind = '{RunKind.UNDO}' AND past.kind = '{ChangeKind.REMOVED}'
    AND past.after->>'removed_reason' IN {DEPARTED}
"""  # noqa: S608 (our own texts)
NAMED_DEPARTURES = f"({DEPARTURES}) AS departure (marketo_id, reason, run_id, read_at, is_waiting)"
REMEMBER = f"INSERT INTO {{gone}} SELECT marketo_id, reason FROM {NAMED_DEPARTURES}"  # noqa: S608 (our own texts)
LAST_DEPARTURE = f"""
SELECT reason, run_id, read_at, is_waiting FROM {NAMED_DEPARTURES} WHERE marketo_id = %(marketo_id)s
ORDER BY run_id DESC LIMIT 1
"""  # noqa: S608 (our own texts)
# Of somebody who waits for a decision for another reason, too.
NOTE_DEPARTED = f"""
UPDATE sync_heldperson AS held SET reason = gone.reason FROM {{gone}} AS gone, sync_syncrun AS run
WHERE run.id = held.run_id AND run.account_id = %(account)s AND run.status = '{RunStatus.HELD}'
    AND held.marketo_id = gone.id AND held.reason <> '{Reason.READ_SINCE}'
"""  # noqa: S608 (our own texts)


@dataclass(frozen=True)
class Departure:
    """That a person was deleted or merged in Marketo, as a run has read; `is_waiting` for a decision about the run."""

    reason: Reason
    run_id: int
    read_at: datetime
    is_waiting: bool


def reasons_to_hold(run: SyncRun, statements: Statements, people: int) -> dict[str, Any]:
    """
    Why a run of an account with so many `people` must wait for an Admin: {"removed": people by reason, "blanked":
    people by column, "limit": how many may be concerned without asking, "queues": who owns most of those that go for
    that, "moved_from": the org that the account has just left, if any}; empty when it may go on.
    """
    approved = sql.SQL(IS_APPROVED if run.approved_at else "FALSE")
    removed = dict(statements.rows(REMOVED, is_approved=approved))
    blanked = dict(statements.rows(BLANKED, is_approved=approved))
    [(emptied,)] = statements.rows(BLANKED_PEOPLE, is_approved=approved)
    policy = HoldLimit.of(run.account)
    limit = policy.limit_of(people)
    if sum(removed.values()) + emptied <= limit and not _lost_field(run, policy, blanked):
        return {}
    # An undo has judged nobody.
    asks_who_owns = Reason.QUEUE_OWNER in removed and run.kind != RunKind.UNDO
    queues = [name for (name,) in statements.rows(QUEUES)] if asks_who_owns else []
    found = {"removed": removed, "blanked": blanked, "limit": limit, "queues": queues}
    return found | {"moved_from": statements.move.from_org_name} if statements.move else found


def _lost_field(run: SyncRun, policy: HoldLimit, blanked: Mapping[str, int]) -> bool:
    """Whether a field comes back empty for many of those who had it."""
    live = Person.objects.for_account(run.account).live()
    suspicious = {name: number for name, number in blanked.items() if number >= policy.people}
    # Null is no text that differs from the empty one.
    filled = {name: live.filter(**{f"{name}__gt": ""}).count() for name in suspicious}
    return any(number > LARGEST_LOSS * filled[name] for name, number in suspicious.items())


def hold(statements: Statements, counts: Mapping[str, Any], reasons: Mapping[str, Any]) -> None:
    """Stop the run with nothing changed, and note about whom has to be decided; raises LeaseLost."""
    run, now = statements.run, timezone.now()
    HeldPerson.objects.of_run(run).delete()
    _execute(NAME_PEOPLE, run, lost_by_move=statements.params["lost_by_move"])
    Extract.objects.of_run(run).filter(is_recheck=True).delete()
    if run.kind == RunKind.FULL:
        supersede(run)
    tell_of_hold(run, reasons)
    run.end_step(
        due_at=now + HELD_FOR,
        status=RunStatus.HELD,
        finished_at=now,
        held=dict(reasons),
        approved_at=None,
        approved_by=None,
        stage_rows=_stage_rows(run),
        **counts,
    )


def _stage_rows(run: SyncRun) -> dict[str, int]:
    """An undo has read nothing."""
    return {} if run.kind == RunKind.UNDO else {name: StageTable(run, name).count() for name in (*STAGED, CHANGED)}


def show(run: SyncRun, counts: Mapping[str, Any]) -> None:
    """End a dry run: what it would do stays to be looked at; raises LeaseLost."""
    now = timezone.now()
    run.end_step(
        due_at=now + SHOWN_FOR, status=RunStatus.PREVIEWED, finished_at=now, stage_rows=_stage_rows(run), **counts
    )


def read_again(run: SyncRun) -> None:
    """Let a held run read those again about whom it waits, beside what it has read; raises LeaseLost."""
    _name_followed(run)
    _plan_reading(run)


def read_followed_again(run: SyncRun) -> bool:
    """
    Let a dry run read those again whom others have changed by another choice since, if there are any; raises LeaseLost.
    """
    is_anybody_named = _name_followed(run)
    if is_anybody_named:
        _plan_reading(run)
    return is_anybody_named


def _name_followed(run: SyncRun) -> bool:
    """
    Name those whom other runs have changed since, where they followed another list than the run's, or everybody; what
    the run had read of them is forgotten: they may be gone.
    """
    last = SyncRun.objects.for_account(run.account).full().only("list_id").last_success()
    if last is None or last.list_id == run.list_id:
        return False
    _execute(NAME_FOLLOWED, run, account=run.account_id, read_at=run.started_at)
    _forget_rows(run, _execute(FORGET_FOLLOWED, run))
    return HeldPerson.objects.of_run(run).filter(reason=Reason.READ_SINCE).exists()


def _plan_reading(run: SyncRun) -> None:
    reread = Extract.objects.of_run(run).filter(is_recheck=True)
    # As they are now: somebody may have been erased since the run was looked at.
    rows = SyncRun.objects.values_list("stage_rows", flat=True).get(pk=run.pk)
    # Those of a try that came to nothing are in the tables all the same.
    rows |= {source: rows[source] + number for source, number in reread.values_list("source", "rows_loaded")}
    SyncRun.objects.filter(pk=run.pk).update(stage_rows=rows)
    reread.delete()
    Extract.objects.bulk_create(Extract(run=run, source=source, is_recheck=True) for source in READ_AGAIN)


def forget_person(run: SyncRun, marketo_id: int) -> None:
    """Take an erased person out of what a stopped run keeps: nobody sees them there, and no decision brings them."""
    params = {"id": marketo_id}
    _execute("DELETE FROM {changes} WHERE marketo_id = %(id)s", run, **params)
    if run.kind != RunKind.UNDO:
        _execute("DELETE FROM {judged} WHERE marketo_id = %(id)s", run, **params)
        _forget_rows(run, _execute("DELETE FROM {people} WHERE id = %(id)s", run, **params))


def _forget_rows(run: SyncRun, people: int) -> None:
    """So many rows of people are no longer in the run's tables."""
    name = Source.MARKETO_PEOPLE.value
    rows = SyncRun.objects.values_list("stage_rows", flat=True).get(pk=run.pk)
    SyncRun.objects.filter(pk=run.pk).update(stage_rows=rows | {name: rows[name] - people})


def expire(run: SyncRun) -> None:
    """Nobody has decided in time: nothing is changed. Raises LeaseLost."""
    with transaction.atomic():
        run.end_step(due_at=timezone.now(), status=RunStatus.DISCARDED)
        if run.held:
            record(account=run.account, actor=None, action=SyncAction.EXPIRED, target=run, run=run.pk)
            end(RUN_HELD, account=run.account, subject=str(run.pk), how=Decision.EXPIRED)


def supersede(run: SyncRun) -> None:
    """Who has read everybody knows better than older runs about which nobody has decided."""
    older = SyncRun.objects.for_account(run.account).filter(status__in=(RunStatus.HELD, RunStatus.PREVIEWED))
    older.exclude(pk=run.pk).take_from_workers(status=RunStatus.DISCARDED, due_at=timezone.now())
    end(RUN_HELD, account=run.account, how=Decision.SUPERSEDED)


def remember_departures(run: SyncRun, statements: Statements) -> None:
    """Let nobody who was said to have left be taken for merely not shown, now or when somebody has decided."""
    statements.change(NOTE_DEPARTED)
    if run.kind == RunKind.FULL:
        statements.change(REMEMBER)


def last_departure(account: SalesAccount, marketo_id: int) -> Departure | None:
    """What the last run has read that found a person gone whom the copy may hold all the same."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_DEPARTURE, {"account": account.pk, "marketo_id": marketo_id})
        row = cursor.fetchone()
    return Departure(Reason(row[0]), *row[1:]) if row else None


def _execute(statement: str, run: SyncRun, **params: Any) -> int:
    names = {"changes": CHANGES, "judged": JUDGED, "people": Source.MARKETO_PEOPLE}
    tables = {name: StageTable(run, table).name for name, table in names.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(**tables), {"run": run.pk, **params})
        return int(cursor.rowcount)
