"""Why somebody is in the copy or not: both providers are asked now, and the rule that decides is named."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from accounts.models import SalesAccount
from clients.salesforce.client import SalesforceClient
from clients.values import as_text
from sync.eligibility import Reason, SeesAll, contact_id_of, decide
from sync.engine.client_factory import budget_of, list_of, marketo_of, salesforce_of
from sync.engine.fields import INDISPENSABLE
from sync.models import Person, SyncRun

# People who share an address are shown up to this many.
MOST_SHOWN = 10
NAMES = ("firstName", "lastName", "email")
SALESFORCE_ID = re.compile(r"(00Q|003)(\w{12}|\w{15})", re.ASCII)
OWNED = "Id, IsDeleted, OwnerId, Owner.Name"


@dataclass(frozen=True)
class Found:
    """
    One person as both systems and the copy have them now. `reason` is None when the person belongs in the copy;
    `record` is the Salesforce record that counts, `copy` the row of the copy.
    """

    marketo_id: int
    name: str
    email: str
    record_type: str
    record: Mapping[str, Any] | None
    reason: Reason | None
    copy: Person | None

    @property
    def is_in_copy(self) -> bool:
        return self.copy is not None and self.copy.removed_at is None


def filter_for(text: str) -> str:
    """Marketo's filter for what a person typed: a Marketo id, a Salesforce id or an e-mail address; otherwise empty."""
    if text.isascii() and text.isdecimal():
        return "id"
    salesforce_id = SALESFORCE_ID.fullmatch(text)
    if salesforce_id:
        return "sfdcLeadId" if salesforce_id[1] == "00Q" else "sfdcContactId"
    return "email" if "@" in text else ""


def find(account: SalesAccount, text: str) -> list[Found]:
    """Everybody whom the text means; raises MustWait, RunFailed or an error of clients.http."""
    with budget_of(account).call():
        people = marketo_of(account).leads_by_filter(filter_for(text), [text], [*NAMES, *INDISPENSABLE])
    client, last = salesforce_of(account), SyncRun.objects.for_account(account).full().last_success()
    sees_all = SeesAll.of(last.visibility if last else {})
    found = [_judged(account, client, person, sees_all) for person in people[:MOST_SHOWN]]
    return _held_against_list(account, found, last) or _only_in_copy(account, text)


def _held_against_list(account: SalesAccount, found: list[Found], last: SyncRun | None) -> list[Found]:
    """Who is not on the list that the last full run read is left out, whatever Salesforce says."""
    if not found or last is None or last.list_id is None:
        return found
    with budget_of(account).call(), list_of(last):
        members = marketo_of(account).members_of_list(last.list_id, [person.marketo_id for person in found])
    return [person if person.marketo_id in members else replace(person, reason=Reason.NOT_IN_LIST) for person in found]


def _judged(account: SalesAccount, client: SalesforceClient, person: Mapping[str, Any], sees_all: SeesAll) -> Found:
    lead_id = as_text(person.get("sfdcLeadId"))
    lead = _record(client, "Lead", f"{OWNED}, IsConverted, ConvertedContactId", lead_id)
    contact_id = contact_id_of(as_text(person.get("sfdcContactId")), lead)
    decision = decide(lead_id, lead, contact_id, _record(client, "Contact", OWNED, contact_id), sees_all)
    return Found(
        marketo_id=person["id"],
        name=f"{as_text(person.get('firstName')) or ''} {as_text(person.get('lastName')) or ''}".strip(),
        email=as_text(person.get("email")) or "",
        record_type=decision.record_type,
        record=decision.record,
        reason=decision.reason,
        copy=Person.objects.for_account(account).filter(marketo_id=person["id"]).first(),
    )


def _record(client: SalesforceClient, name: str, columns: str, record_id: str | None) -> Mapping[str, Any] | None:
    if not record_id or not SALESFORCE_ID.fullmatch(record_id):
        return None
    soql = f"SELECT {columns} FROM {name} WHERE Id = '{record_id}'"  # noqa: S608 (our own names, a checked id)
    return next(client.query_iter(soql, include_deleted=True), None)


def _only_in_copy(account: SalesAccount, text: str) -> list[Found]:
    """Somebody whom Marketo does not show: gone if a run has seen that."""
    people = Person.objects.for_account(account)
    gone = people.filter(marketo_id=text) if filter_for(text) == "id" else people.search(text)
    return [
        Found(person.marketo_id, str(person), person.email or "", "", None, _last_reason(person), person)
        for person in gone[:MOST_SHOWN]
    ]


def _last_reason(person: Person) -> Reason:
    return Reason(person.removed_reason) if person.removed_at else Reason.NOT_SHOWN_BY_MARKETO
