"""
Following changes: their ids are collected in both systems, and the people behind them read anew by id.

What is read lands in the stage tables of a full run, and the same merge judges it. Every page is committed by itself
together with where the next one begins, so a run goes on wherever it was stopped.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from psycopg import sql

from clients.http import AccessDenied, ApiError, UnexpectedAnswer, expected_shape
from clients.marketo.client import MarketoClient
from clients.marketo.errors import SERVICE as MARKETO
from clients.marketo.types import ChangesPage
from clients.salesforce.client import Found
from clients.salesforce.errors import SERVICE as SALESFORCE
from clients.values import as_text, moment, warn_unreadable, whole_number
from marketo_instances.schema import activity_types, field_names
from pipeline.engine import quiet
from pipeline.engine.client_factory import learn_usage, list_of, marketo_and_budget, salesforce_of
from pipeline.engine.load import end_load
from pipeline.engine.plan import check_fields
from pipeline.engine.rows import Refused, read_person, read_record
from pipeline.engine.visibility import last_look
from sync.eligibility import Reason
from sync.engine import delays
from sync.engine.cursors import STREAMS, streams_of
from sync.engine.fields import OPPORTUNITY
from sync.engine.gone_fields import followed_names, unread_columns
from sync.engine.problems import RunFailed, answer_text
from sync.engine.stage import (
    CHANGED,
    GONE,
    OUTSIDERS,
    SALESFORCE_COLUMNS,
    SALESFORCE_OBJECTS,
    STAGED,
    StageTable,
    ensure_tables,
)
from sync.models import Cursor, Extract, RejectedRow, RunKind, Source, SyncRun
from sync.statuses import ExtractStatus, RunStatus

# Activities beside data changes that move a person in or out; their numbers differ between instances.
MERGES = {"Merge Leads"}
ACTIVITIES = MERGES | {"Change Owner", "Convert Lead", "Sync Lead to SFDC", "Delete Lead from SFDC"}
LIST_ACTIVITIES = {"Add to List", "Remove from List"}
# Marketo takes 300 filter values in a call; as many Salesforce ids fit in an address.
PEOPLE_IN_A_CALL = 300
RECORDS_IN_A_CALL = 300
# Beyond this a full sync costs less.
MOST_CHANGES = 50_000
Record = dict[str, Any]
# Objects of Salesforce, and the column with the id by which people are found.
LEADS, CONTACTS, ROLES = ("Lead", "Id"), ("Contact", "Id"), ("OpportunityContactRole", "ContactId")
TOKEN_UNKNOWN = "1003"  # noqa: S105 (an error code)

# By the column of the record that they are the ids of; only what looks like a Salesforce id goes into a query.
WANTED_RECORDS = {
    Source.SALESFORCE_LEADS: ("Id", 'SELECT "sfdcLeadId" AS id FROM {people}'),
    Source.SALESFORCE_CONTACTS: (
        "Id",
        'SELECT "sfdcContactId" AS id FROM {people} UNION SELECT "ConvertedContactId" FROM {leads}',
    ),
    Source.SALESFORCE_ROLES: ("ContactId", 'SELECT "Id" AS id FROM {contacts}'),
}
NEXT_RECORDS = """
SELECT DISTINCT id FROM ({wanted}) AS wanted
WHERE id > %s AND id ~ '^[0-9A-Za-z]{{15}}([0-9A-Za-z]{{3}})?$' ORDER BY id LIMIT %s
"""
NEXT_CHANGED = """
SELECT DISTINCT kind, value FROM {changed} WHERE (kind, value) > (%s, %s) ORDER BY kind, value LIMIT %s
"""
NEXT_DECIDED = """
SELECT 'id', marketo_id::text FROM sync_heldperson
WHERE run_id = {run} AND ('id', marketo_id::text) > (%s, %s) ORDER BY marketo_id::text LIMIT %s
"""
DECIDED = (
    "(SELECT * FROM {people} WHERE id IN (SELECT marketo_id FROM sync_heldperson WHERE run_id = {run})) AS decided"
)
THEIR_LEADS = """(SELECT * FROM {leads} WHERE "Id" IN (SELECT "sfdcLeadId" FROM {people})) AS their_leads"""
# A record by which somebody counts names its people by the copy, so that who has changed in both systems is read once.
# It was good when it was last read, and so brought everybody into the copy who counts by it; whoever else is linked to
# it has a contact that goes before this lead. Who was linked to it, or put on the list, since then comes by Marketo's
# streams. Any other record is looked up in Marketo: it may bring in people who were left out because of it.
# OFFSET keeps the look into the index that each record takes from becoming a join, which would read everybody.
NAME_PEOPLE = """
INSERT INTO {changed}
SELECT DISTINCT
    CASE WHEN copy.marketo_id IS NULL THEN record.kind ELSE 'id' END, coalesce(copy.marketo_id::text, record.id)
FROM unnest(%s::text[], %s::text[]) AS record (kind, id)
LEFT JOIN LATERAL (
    SELECT marketo_id FROM sync_person
    WHERE account_id = %s AND removed_at IS NULL AND record.id =
        (CASE WHEN salesforce_type = 'Contact' THEN salesforce_contact_id ELSE salesforce_lead_id END) COLLATE "C"
    OFFSET 0
) AS copy ON TRUE
"""


def plan_changes(run: SyncRun) -> None:
    """
    Create the run's extracts; its stage tables are made when something is found. Raises RunFailed, LeaseLost or an
    error of clients.http.
    """
    started_at = timezone.now()
    full = SyncRun.objects.for_account(run.account).full().last_success()
    assert full  # noqa: S101 (a run of changes begins after one)
    unread = unread_columns(full)
    client, budget = marketo_and_budget(run.account)
    with budget.call():
        run.fields = _followed_fields(client, followed_names(full, unread))
        learn_usage(run.account, client, budget)
    extracts = streams_of(run, started_at, quiet.first_streams(run.account, started_at))
    extracts += [Extract(run=run, source=source, status=_status(source, unread)) for source in STAGED]
    with transaction.atomic():
        values = {"fields": run.fields, "started_at": started_at, "visibility": last_look(run.account)}
        run.end_step(due_at=None, status=RunStatus.EXTRACTING, **values)
        Extract.objects.bulk_create(extracts)


def _followed_fields(client: MarketoClient, names: Sequence[str]) -> list[str]:
    """Those of the last full run that are still there: any other is empty, or of another field, for everybody else."""
    known = field_names(client)
    check_fields(client, known)
    return [name for name in names if name in known]


def _status(source: str, unread: Collection[str]) -> ExtractStatus:
    """Contact roles that are not followed are as if Salesforce did not show them now."""
    is_unread = source == Source.SALESFORCE_ROLES and OPPORTUNITY in unread
    return ExtractStatus.FAILED if is_unread else ExtractStatus.PLANNED


def call_next(missing: QuerySet[Extract]) -> None:
    """Let the next of a run's missing extracts begin when all that are before it have ended."""
    first = missing.filter(source__in=STAGED).order_by("pk").first()
    if first and not missing.filter(source__in=STREAMS).exists():
        missing.filter(pk=first.pk, due_at=None).update(due_at=Now())


def _collect_from_marketo(extract: Extract) -> None:
    client, budget = marketo_and_budget(extract.run.account)
    if not extract.locator:
        assert extract.window_from  # noqa: S101 (every stream has a beginning)
        with budget.call():
            extract.locator = client.paging_token(extract.window_from)
    try:
        with budget.call():
            page = _page(extract, client)
    except ApiError as error:
        if error.code != TOKEN_UNKNOWN or not extract.tries < 2:
            raise
        extract.write(due_at=timezone.now(), lease_until=None, locator="")
        return
    _check_progress(extract, page)
    _keep_changes(extract, page)


def _check_progress(extract: Extract, page: ChangesPage) -> None:
    """Raises UnexpectedAnswer where the run before stopped at the same place: the copy would fall behind unseen."""
    cursors = Cursor.objects.for_account(extract.run.account).filter(stream=extract.source)
    if page.is_stuck and cursors.filter(token=page.next_token).exists():
        raise UnexpectedAnswer(MARKETO, "repeated_token")


def _page(extract: Extract, client: MarketoClient) -> ChangesPage:
    if quiet.is_first_look(extract):
        if nothing := quiet.look(extract, client, _activities_of(extract)):
            return nothing
        quiet.read_all_streams(extract)
    return PAGES[extract.source](extract, client)


def _data_changes(extract: Extract, client: MarketoClient) -> ChangesPage:
    # An id never changes, and nobody shows that Marketo takes it here.
    return client.lead_changes(extract.locator, [name for name in extract.run.fields if name != "id"])


def _activities(extract: Extract, client: MarketoClient) -> ChangesPage:
    known = activity_types(client)
    return client.activities(extract.locator, [known[name] for name in _activities_of(extract) & known.keys()])


def _activities_of(extract: Extract) -> set[str]:
    # Whoever reads everybody only wants to know who is gone.
    if extract.run.kind != RunKind.INCREMENTAL:
        return MERGES
    return ACTIVITIES if extract.run.list_id is None else ACTIVITIES | LIST_ACTIVITIES


def _deletions(extract: Extract, client: MarketoClient) -> ChangesPage:
    return client.deleted_leads(extract.locator)


def _collect_from_salesforce(extract: Extract) -> None:
    assert extract.window_from  # noqa: S101 (every stream has a beginning)
    client = salesforce_of(extract.run.account)
    since = extract.window_from.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = client.queries([_modified(*of, since) for of in (LEADS, CONTACTS, ROLES)], include_deleted=True)
    leads, contacts, roles = asked
    if roles.refusal:
        _go_without_roles(extract, roles.refusal)
    changed = [
        *_records_in(leads, LEADS, "sfdcLeadId"),
        *_records_in(contacts, CONTACTS, "sfdcContactId"),
        *_records_in(roles, ROLES, "sfdcContactId"),
    ]
    _check_number(len(changed))
    with transaction.atomic():
        times = delays.stamps(extract, [at for _kind, _id, at in changed])
        named = [(kind, record_id) for kind, record_id, _at in changed]
        rows = _name_people(extract.run, named) if named else 0
        _end_page(extract, rows, "", has_more=False, change_times=times)


def _name_people(run: SyncRun, records: Sequence[tuple[str, str]]) -> int:
    """Keep the people, or else the records, that have changed; answers how many."""
    ensure_tables(run)
    kinds, record_ids = [kind for kind, _id in records], [record_id for _kind, record_id in records]
    with connection.cursor() as cursor:
        statement = sql.SQL(NAME_PEOPLE).format(changed=StageTable(run, CHANGED).name)
        cursor.execute(statement, [kinds, record_ids, run.account_id])
        return int(cursor.rowcount)


def _modified(name: str, column: str, since: str) -> str:
    return f"SELECT {column}, SystemModstamp FROM {name} WHERE SystemModstamp >= {since}"  # noqa: S608 (our own names and time)


def _records_in(found: Found, of: tuple[str, str], kind: str) -> list[tuple[str, str, datetime | None]]:
    """Changed records: the kind of id, the id, and when. Raises AccessDenied for those that everybody is judged by."""
    if found.refusal and of != ROLES:
        raise found.refusal
    records = islice(found.records, MOST_CHANGES + 1)
    return [
        (kind, number, moment(record.get("SystemModstamp"))) for record in records if (number := _id_of(record, of[1]))
    ]


def _go_without_roles(extract: Extract, error: AccessDenied) -> None:
    """Salesforce does not show them; then they are not read by id either."""
    roles = Extract.objects.of_run(extract.run).filter(source=Source.SALESFORCE_ROLES)
    roles.update(status=ExtractStatus.FAILED, last_problem=answer_text(error)[:300])


def _id_of(record: Record, column: str) -> str | None:
    """None where there is none: contact roles may be without a contact."""
    found = as_text(record.get(column))
    if found is None and record.get(column, "") is not None:
        warn_unreadable(column, record.get(column))
    return found


def _keep_changes(extract: Extract, page: ChangesPage) -> None:
    rows = extract.rows_loaded + len(page.person_ids)
    if extract.run.kind == RunKind.INCREMENTAL:
        _check_number(rows)
    with transaction.atomic():
        if page.person_ids or page.merged_ids:
            ensure_tables(extract.run)
            _copy(StageTable(extract.run, GONE), _gone(extract, page))
            _copy(StageTable(extract.run, CHANGED), [("id", person_id) for person_id in page.person_ids])
        # Together with the end: the run's row is locked before the extract's, as cancelling does.
        times = delays.stamps(extract, page.moments)
        _end_page(extract, rows, page.next_token, has_more=page.has_more, change_times=times)


def _gone(extract: Extract, page: ChangesPage) -> Iterator[tuple[int, str]]:
    yield from ((person_id, Reason.MERGED_IN_MARKETO.value) for person_id in page.merged_ids)
    if extract.source == Source.MARKETO_DELETIONS:
        yield from ((person_id, Reason.DELETED_IN_MARKETO.value) for person_id in page.person_ids)


def _check_number(changes: int) -> None:
    if changes > MOST_CHANGES:
        raise RunFailed("too_many_changes", most=MOST_CHANGES)


def _read_people(extract: Extract) -> None:
    run = extract.run
    after_kind, _space, after_value = extract.locator.partition(" ")
    following = NEXT_DECIDED if extract.is_recheck else NEXT_CHANGED
    found = _rows(extract, following, after_kind, after_value, PEOPLE_IN_A_CALL)
    kind = found[0][0] if found else ""
    values = [value for other, value in found if other == kind]
    people, outsiders = _people(run, kind, values) if values else ([], [])
    rows = [read_person(person, run.fields) for person in people]
    good = [row for row in rows if not isinstance(row, Refused)]
    with transaction.atomic():
        _copy(StageTable(run, Source.MARKETO_PEOPLE), good)
        _copy(StageTable(run, OUTSIDERS), [[number] for number in outsiders])
        refused = _reject(extract, [row for row in rows if isinstance(row, Refused)])
        extract.write(rows_rejected=extract.rows_rejected + refused)
        locator = f"{kind} {values[-1]}" if values else extract.locator
        _end_page(extract, extract.rows_loaded + len(good), locator, has_more=bool(values))


def _people(run: SyncRun, kind: str, values: Sequence[str]) -> tuple[list[Record], list[int]]:
    """Those who may be copied, and the ids of those who are not on the list that was chosen."""
    client, budget = marketo_and_budget(run.account)
    with budget.call():
        people = client.leads_by_filter(kind, values, run.fields)
    if run.list_id is None or not people:
        return people, []
    numbers = [whole_number(person.get("id")) for person in people]
    known = [number for number in numbers if number is not None]
    with budget.call(), list_of(run):
        members = client.members_of_list(run.list_id, known)
    # Who has no id is refused where rows are read.
    listed = [person for person, number in zip(people, numbers, strict=True) if number is None or number in members]
    return listed, [number for number in known if number not in members]


def _reject(extract: Extract, rows: Sequence[Refused]) -> int:
    RejectedRow.objects.bulk_create(
        RejectedRow(extract=extract, line=number, reason=row.reason, text=row.text[:500])
        for number, row in enumerate(rows, start=1)
    )
    return len(rows)


def _read_records(extract: Extract) -> None:
    column, wanted = WANTED_RECORDS[Source(extract.source)]
    ids = [row[0] for row in _rows(extract, NEXT_RECORDS, extract.locator, RECORDS_IN_A_CALL, wanted=wanted)]
    columns = SALESFORCE_COLUMNS[extract.source]
    records: list[Any] = []
    if ids:
        listed = ", ".join(f"'{record_id}'" for record_id in ids)
        soql = f"SELECT {', '.join(columns)} FROM {SALESFORCE_OBJECTS[extract.source]} WHERE {column} IN ({listed})"  # noqa: S608
        records = list(salesforce_of(extract.run.account).query_iter(soql, include_deleted=True))
    with expected_shape(SALESFORCE, [sorted(record) for record in records[:1]]):
        stored = [read_record(record, columns) for record in records]
    with transaction.atomic():
        _copy(StageTable(extract.run, extract.source), stored)
        rows = extract.rows_loaded + len(records)
        _end_page(extract, rows, ids[-1] if ids else extract.locator, has_more=bool(ids))


def _end_page(extract: Extract, rows: int, locator: str, *, has_more: bool, **values: Any) -> None:
    values |= {"locator": locator, "load_started_at": extract.load_started_at or timezone.now()}
    if has_more:
        status, now = ExtractStatus.LOADING, timezone.now()
        extract.end_step(due_at=now, status=status, rows_loaded=rows, **values)
    else:
        end_load(extract, rows, extract.rows_rejected, **values)


def _copy(table: StageTable, rows: Iterable[Sequence[Any]]) -> None:
    with table.copy_rows() as copy:
        for row in rows:
            copy.write_row(row)


def _rows(extract: Extract, statement: str, *params: Any, wanted: str = "") -> list[tuple[Any, ...]]:
    run = extract.run
    people: sql.Composable = StageTable(run, Source.MARKETO_PEOPLE).name
    leads: sql.Composable = StageTable(run, Source.SALESFORCE_LEADS).name
    if extract.is_recheck:
        people = sql.SQL(DECIDED).format(people=people, run=sql.Literal(run.pk))
        leads = sql.SQL(THEIR_LEADS).format(leads=leads, people=people)
    names = {
        "run": sql.Literal(run.pk),
        "people": people,
        "leads": leads,
        "contacts": StageTable(run, Source.SALESFORCE_CONTACTS).name,
        "changed": StageTable(run, CHANGED).name,
    }
    inner = sql.SQL(wanted).format(**names)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(wanted=inner, **names), params)
        return list(cursor.fetchall())


PAGES: dict[str, Callable[[Extract, MarketoClient], ChangesPage]] = {
    Source.MARKETO_CHANGES: _data_changes,
    Source.MARKETO_ACTIVITIES: _activities,
    Source.MARKETO_DELETIONS: _deletions,
}
READERS: dict[str, Callable[[Extract], None]] = {
    **dict.fromkeys(PAGES, _collect_from_marketo),
    Source.SALESFORCE_CHANGES: _collect_from_salesforce,
    Source.MARKETO_PEOPLE: _read_people,
    **dict.fromkeys(WANTED_RECORDS, _read_records),
}
