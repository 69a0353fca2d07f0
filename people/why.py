"""Why somebody is in the copy or not: both providers are asked now, and the rule that decides is named."""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from accounts.models import SalesAccount
from clients.marketo.client import MarketoClient
from clients.salesforce.client import SalesforceClient
from clients.salesforce.oauth import to_18
from clients.values import as_text, whole_number
from connections.asking import asking
from marketo_instances.schema import field_names
from pipeline.engine.client_factory import budget_of, list_of, marketo_of, salesforce_of
from salesforce_orgs.moves import move_under_way
from sync.eligibility import Decision, Reason, SeesAll, contact_id_of, decide, while_moving
from sync.engine.fields import INDISPENSABLE, RECORD_IDS, SHORT_ID, read_names
from sync.engine.gone_fields import followed_names, unread_columns
from sync.engine.hold import Departure, last_departure
from sync.engine.stage import MARKETO_NULL
from sync.models import Person, SyncRun
from sync.moves import needs_full_run

# In an account.
AT_A_TIME = 4
# People who share an address are shown up to this many.
MOST_SHOWN = 10
NAMES = ("firstName", "lastName", "email")
SALESFORCE_ID = re.compile(r"(00Q|003)(\w{12}|\w{15})", re.ASCII)
OWNED = "Id, IsDeleted, OwnerId, Owner.Name"
# What the records of a person hold beside the copy; a contact's company is the name of its account.
SALESFORCE_NAMES = {
    "Lead": {"salesforce_lead_id": "Id", "company": "Company"},
    "Contact": {"salesforce_contact_id": "Id", "salesforce_account_id": "AccountId"},
}
COMMON_NAMES = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "title": "Title",
    "email": "Email",
    "phone": "Phone",
    "source": "LeadSource",
}
Values = Mapping[str, str | None]


@dataclass(frozen=True)
class Known:
    """Somebody whom Marketo shows, or the copy holds."""

    marketo_id: int
    name: str
    email: str


@dataclass(frozen=True)
class Found:
    """
    One person as both systems and the copy have them now.

    `reason` is None when the person belongs in the copy; `decision` is what Salesforce alone leads to, of the records
    that `lead_id` and `contact_id` name, and None where Marketo does not show the person. `marketo` and `salesforce`
    hold values by columns of the copy, which is `copy`. `chosen_list` is empty where everybody may be copied. By
    `departure` a run knows of somebody who is gone and still in the copy.
    """

    marketo_id: int
    reason: Reason | None
    copy: Person | None
    decision: Decision | None = None
    lead_id: str | None = None
    contact_id: str | None = None
    marketo: Values = field(default_factory=dict)
    salesforce: Values = field(default_factory=dict)
    chosen_list: str = ""
    is_listed: bool = True
    departure: Departure | None = None

    @property
    def is_in_copy(self) -> bool:
        return self.copy is not None and self.copy.removed_at is None


def filter_for(text: str) -> str:
    """Marketo's filter for what a person typed: a Marketo id, a Salesforce id or an email address; otherwise empty."""
    if text.isascii() and text.isdecimal():
        return "id"
    salesforce_id = SALESFORCE_ID.fullmatch(text)
    if salesforce_id:
        return "sfdcLeadId" if salesforce_id[1] == "00Q" else "sfdcContactId"
    return "email" if "@" in text else ""


def find(account: SalesAccount, text: str) -> list[Known]:
    """
    Whom the text means, in Marketo or else in the copy; raises RunFailed, MustWait, ConnectionProblem or an error of
    clients.http.
    """
    with _asking(account), budget_of(account).call():
        people = marketo_of(account).leads_by_filter(filter_for(text), [text], ["id", *NAMES])
    found = [known for known in map(_known, people[:MOST_SHOWN]) if known.marketo_id]
    return found or _only_in_copy(account, text)


def ask(account: SalesAccount, marketo_id: int) -> Found:
    """Ask both systems about one person; raises RunFailed, MustWait, ConnectionProblem or an error of clients.http."""
    with _asking(account):
        return _ask(account, marketo_id)


def _asking(account: SalesAccount) -> AbstractContextManager[None]:
    return asking("people", account.pk, places=AT_A_TIME)


def _ask(account: SalesAccount, marketo_id: int) -> Found:
    last = SyncRun.objects.for_account(account).full().last_success()
    copy = Person.objects.for_account(account).filter(marketo_id=marketo_id).first()
    person = _in_marketo(account, marketo_id, last)
    if person is None:
        return _not_shown(account, marketo_id, copy)
    # What the last run was shown of an org that the account has left says nothing about the new one.
    sees_all = SeesAll.of(last.visibility if last and not needs_full_run(account) else {})
    found = _judged(salesforce_of(account), Found(marketo_id, None, copy), person, sees_all)
    if found.decision and move_under_way(account):
        decision = while_moving(found.decision, is_in_copy=found.is_in_copy)
        found = replace(found, decision=decision, reason=decision.reason)
    return _held_against_list(account, found, last)


def _known(person: Mapping[str, Any]) -> Known:
    return Known(whole_number(person.get("id")) or 0, _name_of(person), as_text(person.get("email")) or "")


def _name_of(person: Mapping[str, Any]) -> str:
    return f"{as_text(person.get('firstName')) or ''} {as_text(person.get('lastName')) or ''}".strip()


def _only_in_copy(account: SalesAccount, text: str) -> list[Known]:
    people = Person.objects.for_account(account)
    found = people.filter(marketo_id=text) if filter_for(text) == "id" else people.search(text)
    return [Known(one.marketo_id, str(one), one.email or "") for one in found[:MOST_SHOWN]]


def _in_marketo(account: SalesAccount, marketo_id: int, last: SyncRun | None) -> dict[str, Any] | None:
    """The fields that are followed and still there; None when Marketo does not show the person."""
    client = marketo_of(account)
    with budget_of(account).call():
        names = _copied_names(client, last)
        people = client.leads_by_filter("id", [marketo_id], names)
    return next(({name: person.get(name) for name in names} for person in people), None)


def _copied_names(client: MarketoClient, last: SyncRun | None) -> list[str]:
    copied = followed_names(last, unread_columns(last)) if last else ()
    return list(dict.fromkeys([*NAMES, *INDISPENSABLE, *(set(copied) & field_names(client) if copied else ())]))


def _held_against_list(account: SalesAccount, found: Found, last: SyncRun | None) -> Found:
    """Who is not on the list that the last full run read is left out, whatever Salesforce says."""
    if last is None or last.list_id is None:
        return found
    with budget_of(account).call(), list_of(last):
        is_listed = found.marketo_id in marketo_of(account).members_of_list(last.list_id, [found.marketo_id])
    reason = found.reason if is_listed else Reason.NOT_IN_LIST
    return replace(found, chosen_list=last.list_name, is_listed=is_listed, reason=reason)


def _judged(client: SalesforceClient, found: Found, person: Mapping[str, Any], sees_all: SeesAll) -> Found:
    lead_id = as_text(person.get("sfdcLeadId")) or None
    lead = _record(client, "Lead", f"{OWNED}, IsConverted, ConvertedContactId", lead_id)
    contact_id = contact_id_of(as_text(person.get("sfdcContactId")), lead)
    contact = _record(client, "Contact", OWNED, contact_id)
    decision = decide(lead_id, lead, contact_id, contact, sees_all)
    judged = replace(found, reason=decision.reason, decision=decision, lead_id=lead_id, contact_id=contact_id)
    return replace(judged, marketo=_marketo_values(person), salesforce=_salesforce_values(client, decision))


def _record(client: SalesforceClient, name: str, columns: str, record_id: str | None) -> Mapping[str, Any] | None:
    if not record_id or not SALESFORCE_ID.fullmatch(record_id):
        return None
    soql = f"SELECT {columns} FROM {name} WHERE Id = '{record_id}'"  # noqa: S608 (our own names, a checked id)
    return next(client.query_iter(soql, include_deleted=True), None)


def _marketo_values(person: Mapping[str, Any]) -> Values:
    return {column: _marketo_value(name, as_text(person[name])) for column, name in read_names(person).items()}


def _marketo_value(name: str, value: str | None) -> str | None:
    """As the copy has it."""
    if name in RECORD_IDS and value and len(value) == SHORT_ID:
        return to_18(value)
    return None if value == MARKETO_NULL else value


def _salesforce_values(client: SalesforceClient, decision: Decision) -> Values:
    """
    Of the record that counts, as far as the connected user may read its fields: SOQL and SOSL Reference, "FIELDS()",
    which answers with those, where a field that is named and hidden is refused.
    """
    if decision.record is None:
        return {}
    names = COMMON_NAMES | SALESFORCE_NAMES[decision.record_type]
    record = _record(client, decision.record_type, "FIELDS(STANDARD)", decision.record["Id"]) or {}
    owner = {"owner_id": decision.record["OwnerId"], "owner_name": (decision.record["Owner"] or {}).get("Name")}
    return owner | {column: as_text(record[name]) for column, name in names.items() if name in record}


def _not_shown(account: SalesAccount, marketo_id: int, copy: Person | None) -> Found:
    """Somebody whom Marketo does not show: gone if a run has seen that, whether or not it removed them."""
    if copy and copy.removed_at:
        return Found(marketo_id, Reason(copy.removed_reason), copy)
    departure = last_departure(account, marketo_id)
    return Found(marketo_id, departure.reason if departure else Reason.NOT_SHOWN_BY_MARKETO, copy, departure=departure)
