"""How fast the database takes the same files in without HTTP, checksums, counts, reasons or a receipt."""

import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from sync.engine.merge import INDEX_MEMORY
from sync.engine.partitions import index_statement
from sync.engine.stage import STAGED, StageTable
from sync.models import Person, SyncRun

TABLE = "CREATE TABLE bare_person (LIKE sync_person INCLUDING DEFAULTS)"
KEY = "ALTER TABLE bare_person ADD PRIMARY KEY (account_id, marketo_id)"
INSERT = """
INSERT INTO bare_person (
    account_id, marketo_id, first_name, last_name, email, company, title, phone, source, linkedin_url,
    salesforce_lead_id, salesforce_contact_id, salesforce_account_id, salesforce_opportunity_id,
    salesforce_type, owner_id, owner_name, removed_reason, changed_at
)
SELECT 1, person.id, "firstName", "lastName", email, company, title, phone, "leadSource", "linkedInProfileURL",
    "sfdcLeadId", "sfdcContactId", "sfdcAccountId", role.opportunity,
    CASE WHEN contact."Id" IS NULL THEN 'Lead' ELSE 'Contact' END,
    coalesce(contact."OwnerId", lead."OwnerId"), coalesce(contact."Owner.Name", lead."Owner.Name"), '', now()
FROM {people} AS person
LEFT JOIN {leads} AS lead ON lead."Id" = person."sfdcLeadId" AND NOT lead."IsDeleted"
LEFT JOIN {contacts} AS contact ON contact."Id" = person."sfdcContactId" AND NOT contact."IsDeleted"
LEFT JOIN (SELECT "ContactId", max("OpportunityId") AS opportunity FROM {roles} GROUP BY "ContactId") AS role
    ON role."ContactId" = contact."Id"
WHERE coalesce(contact."OwnerId", lead."OwnerId") LIKE '005%'
"""


def bare_seconds(files: dict[str, list[bytes]]) -> tuple[float, float]:
    """
    Seconds of COPY and one INSERT of those who are eligible into an empty table: with nothing but its key, and with
    that and every index of the copy made afterwards, the fastest way that we know of.
    """
    run = SyncRun(pk=0, fields=SyncRun.objects.latest("pk").fields)
    tables = {source: StageTable(run, source) for source in STAGED}
    names = {source.rpartition("_")[2]: table.name for source, table in tables.items()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        copied = _seconds(lambda: _copy(tables, files))
        cursor.execute(TABLE + ";" + KEY)
        inserted = _seconds(lambda: _insert(cursor, names))
        cursor.execute("DROP TABLE bare_person;" + TABLE)
        indexed = _seconds(lambda: _insert(cursor, names)) + _seconds(lambda: _index(cursor))
        transaction.set_rollback(True)
    return copied + inserted, copied + indexed


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _copy(tables: dict[str, StageTable], files: dict[str, list[bytes]]) -> None:
    for source, table in tables.items():
        table.create()
        for file in files[source]:
            table.copy_file([file])
        table.analyze()


def _insert(cursor: Any, names: dict[str, Any]) -> None:
    cursor.execute(sql.SQL(INSERT).format(**names))


def _index(cursor: Any) -> None:
    cursor.execute(INDEX_MEMORY)
    cursor.execute(KEY)
    for index in Person._meta.indexes:
        cursor.execute(index_statement(Person, index, "bare_person"))
