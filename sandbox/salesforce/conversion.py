"""Leads converted through the API (SOAP API Developer Guide, "convertLead()")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox import people_changes
from sandbox.people import Kind
from sandbox.record_ids import read_id
from sandbox.salesforce import writes
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.rows import long_id

CONVERTED_STATUS = "Closed - Converted"


@dataclass(frozen=True)
class Conversion:
    """What to make of a lead; without an account one of the lead's company is made."""

    lead_id: str
    status: str
    account_id: str = ""
    owner_id: str = ""
    opportunity_name: str = ""
    makes_opportunity: bool = True


@dataclass(frozen=True)
class Converted:
    lead_id: str
    account_id: str
    contact_id: str
    opportunity_id: str | None


def convert_lead(org: Org, asked: Conversion, username: str) -> Converted:
    """Turn a lead into a contact of an account, with an opportunity when asked. Raises SalesforceError."""
    lead = writes.existing(org, org.known_sobject("Lead"), asked.lead_id)
    owner_id = _owner(lead, asked)
    _check(lead, asked, owner_id)
    account_id = _account(org, lead, asked, owner_id, username)
    number = read_id("Lead", lead["Id"]) or 0
    if org.world.person(number):
        people_changes.apply(org.world, {"action": "convert", "id": number})
    _store(org, number, account_id, owner_id)
    contact_id = str(writes.person_behind(org, lead["Id"]).contact_id)
    opportunity_id = None
    if asked.makes_opportunity:
        opportunity_id = _opportunity(org, lead, asked, (account_id, contact_id), username)
        writes.keep(org, org.known_sobject("Lead"), lead["Id"], {"ConvertedOpportunityId": opportunity_id})
    return Converted(lead["Id"], account_id, contact_id, opportunity_id)


def _owner(lead: Row, asked: Conversion) -> str:
    return long_id(asked.owner_id) or str(lead["OwnerId"] or "")


def _check(lead: Row, asked: Conversion, owner_id: str) -> None:
    if lead["IsConverted"]:
        raise SalesforceError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", fields=())
    if asked.status != CONVERTED_STATUS:
        sentence = f"invalid convertedStatus: {asked.status}"
        raise SalesforceError("INVALID_STATUS", sentence, fields=())
    if not owner_id.startswith("005"):
        sentence = (
            "Converted objects can only be owned by users. If the lead is not owned by a user, you must specify a "
            "user for the Owner field."
        )
        raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", sentence, fields=("OwnerId",))


def _account(org: Org, lead: Row, asked: Conversion, owner_id: str, username: str) -> str:
    """The account to join: the given one, the one of that name the lead came from, or a new one."""
    sobject = org.known_sobject("Account")
    if asked.account_id:
        return str(writes.existing(org, sobject, asked.account_id)["Id"])
    values = {"Name": lead["Company"], "OwnerId": owner_id, "Phone": lead["Phone"]}
    return writes.create(org, sobject, values, username)


def _store(org: Org, number: int, account_id: str, owner_id: str) -> None:
    person = org.world.ever_person(number)
    account = writes.existing(org, org.known_sobject("Account"), account_id)
    if person is not None:
        org.world.store(
            person._replace(
                kind=Kind.CONVERTED,
                owner_id=owner_id,
                marketo_owner_id=owner_id,
                account=read_id("Account", account_id) or 0,
                company=account["Name"],
                updated=int(org.world.clock.timestamp()),
            )
        )


def _opportunity(org: Org, lead: Row, asked: Conversion, parents: tuple[str, str], username: str) -> str:
    account_id, contact_id = parents
    values = {
        "Name": asked.opportunity_name or f"{lead['Company']}-",
        "AccountId": account_id,
        "StageName": "Prospecting",
        "CloseDate": (org.world.clock.now() + timedelta(days=90)).date().isoformat(),
        "LeadSource": lead["LeadSource"],
    }
    opportunity_id = writes.create(org, org.known_sobject("Opportunity"), values, username)
    role = {"OpportunityId": opportunity_id, "ContactId": contact_id, "IsPrimary": True}
    writes.create(org, org.known_sobject("OpportunityContactRole"), role, username)
    return opportunity_id
