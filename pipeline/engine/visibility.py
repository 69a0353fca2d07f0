"""Whether a run is shown everybody: what it may conclude from not having been shown somebody depends on it."""

from collections.abc import Collection
from typing import Any

from django.db import connection as database
from django.db import transaction
from psycopg import sql

from accounts.models import SalesAccount
from clients.marketo.client import MarketoClient
from clients.marketo.sample import SAMPLE_SIZE
from clients.salesforce.client import SalesforceClient
from connections.models import MarketoConnection, SalesforceConnection
from connections.services.visibility import (
    SYNCED,
    Kind,
    Sight,
    Verdict,
    Visibility,
    current_visibility,
    keep_visibility,
)
from pipeline.engine.client_factory import salesforce_of
from rights.visibility import check_marketo, check_salesforce, sees_all_records
from sync.eligibility import CONTACT_ID, JOINS
from sync.engine.stage import READ_EVERYBODY, StageTable
from sync.models import Person, Source, SyncRun

# Counted: to find out whether there is one at all, PostgreSQL would look for each in turn, minutes if there is none.
HIDDEN_PEOPLE = f"""
SELECT count(*) FROM {{people}} AS person {JOINS}
WHERE lead."Id" IS NULL AND person."sfdcLeadId" <> '' OR contact."Id" IS NULL AND {CONTACT_ID} <> ''
"""  # noqa: S608 (our own texts)


def look(account: SalesAccount, client: MarketoClient) -> dict[str, Any]:
    """
    Ask both providers, and keep what they say with the connections; answers it as runs keep it (Visibility.as_json).

    Raises RunFailed or an error of clients.http.
    """
    known = Person.objects.for_account(account).live().order_by("-marketo_id").values_list("marketo_id", flat=True)
    people = check_marketo(client, list(known[:SAMPLE_SIZE]))
    keep_visibility(MarketoConnection.objects.for_account(account).get(), people)
    salesforce = salesforce_of(account)
    connection = SalesforceConnection.objects.for_account(account).get()
    records = check_salesforce(connection, salesforce)
    keep_visibility(connection, records)
    return people.as_json() | records.as_json() | _proved(connection, salesforce, [Kind.OPPORTUNITY]).as_json()


def last_look(account: SalesAccount) -> dict[str, Any]:
    """What was found last, as runs keep it; nothing of a connection at which nobody has looked for a week."""
    connections = (model.objects.for_account(account).first() for model in (MarketoConnection, SalesforceConnection))
    found = (current_visibility(connection) for connection in connections if connection)
    return {kind: sight for visibility in found if visibility for kind, sight in visibility.as_json().items()}


def settle(run: SyncRun) -> None:
    """
    Ask once more before a record that was not shown is held to be none: the rights may be others than at the beginning,
    and of a connection that has been ended since nobody knows any.

    Raises RunFailed, LeaseLost or an error of clients.http.
    """
    kinds = (*SYNCED, Kind.OPPORTUNITY)
    assumed = [kind for kind in kinds if run.visibility.get(kind, {}).get("verdict") == Verdict.ALL]
    if not assumed or not Person.objects.for_account(run.account).has_anybody():
        return
    # Contact roles that were taken away have left no trace: they are missed where nothing hides opportunities.
    if Kind.OPPORTUNITY in assumed or _is_anybody_hidden(run):
        connection = SalesforceConnection.objects.for_account(run.account).first()
        nothing = Visibility({kind: Sight(Verdict.UNKNOWN) for kind in assumed})
        found = _proved(connection, salesforce_of(run.account), assumed) if connection else nothing
        run.write(visibility=run.visibility | found.as_json())


def _proved(connection: SalesforceConnection, client: SalesforceClient, kinds: Collection[Kind]) -> Visibility:
    """Of which objects a right or a default proves that all records are shown."""
    proved = sees_all_records(connection, client, kinds)
    return Visibility({kind: Sight(Verdict.ALL if proved[kind] else Verdict.UNKNOWN) for kind in kinds})


@transaction.atomic
def _is_anybody_hidden(run: SyncRun) -> bool:
    sources = (Source.MARKETO_PEOPLE, Source.SALESFORCE_LEADS, Source.SALESFORCE_CONTACTS)
    people, leads, contacts = (StageTable(run, source) for source in sources)
    for table in (people, leads, contacts):
        table.analyze()
    with database.cursor() as cursor:
        cursor.execute(READ_EVERYBODY)
        cursor.execute(sql.SQL(HIDDEN_PEOPLE).format(people=people.name, leads=leads.name, contacts=contacts.name))
        return bool(cursor.fetchone()[0])
