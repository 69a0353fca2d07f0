"""Who belongs in the copy, judged one by one from what both sides of the sandbox answer, without any SQL of ours."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import SalesAccount
from clients.salesforce.client import SalesforceClient
from pipeline.engine.client_factory import marketo_of, salesforce_of
from sandbox.testing import SandboxProcess
from sync.engine.fields import SYNCED_FIELDS
from sync.models import Person

Record = Mapping[str, Any]
People = dict[int, dict[str, Any]]
# People are numbered from 1, and tests create a few.
MOST_CREATED = 100
COLUMNS = {field.column: field.marketo_name for field in SYNCED_FIELDS if field.marketo_name}


def people_that_belong(account: SalesAccount, sandbox: SandboxProcess) -> People:
    """The copy as it ought to be, by Marketo id."""
    numbers = range(1, sandbox.get("/_sandbox/state")["people"] + MOST_CREATED)
    people = marketo_of(account).leads_by_filter("id", numbers, COLUMNS.values())
    client = salesforce_of(account)
    owned = "Id, IsDeleted, OwnerId, Owner.Name"
    leads = _by_id(client, f"SELECT {owned}, IsConverted, ConvertedContactId FROM Lead")  # noqa: S608
    contacts = _by_id(client, f"SELECT {owned} FROM Contact")  # noqa: S608
    roles = "SELECT Id, ContactId, OpportunityId, IsPrimary, CreatedDate FROM OpportunityContactRole"
    opportunities = _opportunities(client.query(roles))
    judged = {person["id"]: _judged(person, leads, contacts, opportunities) for person in people}
    return {number: values for number, values in judged.items() if values}


def people_in_copy(account: SalesAccount) -> People:
    """The copy as it is, in the same shape."""
    names = [*COLUMNS, "salesforce_opportunity_id", "salesforce_type", "owner_id", "owner_name"]
    people = Person.objects.for_account(account).live()
    return {person.marketo_id: {name: getattr(person, name) for name in names} for person in people}


def _by_id(client: SalesforceClient, soql: str) -> dict[str, Record]:
    return {record["Id"]: record for record in client.query_iter(soql, include_deleted=True)}


def _opportunities(roles: Iterable[Record]) -> dict[str, str]:
    """By contact: where it is the primary contact, then the newest, then the first by id."""
    by_id = sorted(roles, key=lambda role: role["OpportunityId"])
    newest_first = sorted(by_id, key=lambda role: role["CreatedDate"], reverse=True)
    primary_first = sorted(newest_first, key=lambda role: not role["IsPrimary"])
    return {role["ContactId"]: role["OpportunityId"] for role in reversed(primary_first)}


def _judged(
    person: Record, leads: Mapping[str, Record], contacts: Mapping[str, Record], opportunities: Mapping[str, str]
) -> dict[str, Any] | None:
    lead = leads.get(person["sfdcLeadId"])
    contact_id = person["sfdcContactId"] or (lead["ConvertedContactId"] if lead else None) or ""
    contact = contacts.get(contact_id)
    if contact and not contact["IsDeleted"]:
        kind, record = "Contact", contact
    elif lead and not lead["IsDeleted"] and not lead["IsConverted"]:
        kind, record = "Lead", lead
    else:
        return None
    if not (record["OwnerId"] or "").startswith("005"):
        return None
    # A bulk file cannot tell the text null from no value.
    values = {column: None if person[name] == "null" else person[name] for column, name in COLUMNS.items()}
    return values | {
        "salesforce_contact_id": contact_id or None,
        "salesforce_opportunity_id": opportunities.get(contact_id) if contact else None,
        "salesforce_type": kind,
        "owner_id": record["OwnerId"],
        "owner_name": record["Owner"]["Name"],
    }
