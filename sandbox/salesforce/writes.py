"""Records created, changed and deleted through the API. What happens to a person shows up in Marketo, as the sync does.

All of it runs in the event loop, one record after the other. Every refusal comes before the first change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox import people_changes
from sandbox.people import Kind, Person
from sandbox.record_ids import make_id, read_id
from sandbox.salesforce.access import Access
from sandbox.salesforce.describe import WRITABLE
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.external_ids import external_id_field, find_by_external_id
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.rows import long_id, row
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.values import read_values, refused

PEOPLE: Final = frozenset({"Lead", "Contact"})
# Fields that Marketo holds too, with the names they have there.
MARKETO_NAMES: Final = {
    "FirstName": "firstName",
    "LastName": "lastName",
    "Email": "email",
    "Company": "company",
    "Title": "title",
    "Phone": "phone",
    "LeadSource": "leadSource",
}
# Numbers of records made through the API; no seeded record comes near.
FIRST_NUMBER: Final = 500_000_000
DEFAULTS: Final[dict[str, Row]] = {
    "Task": {"Status": "Not Started", "Priority": "Normal"},
    "Opportunity": {"IsClosed": False, "IsWon": False},
}


def writable(access: Access, name: str) -> SObject:
    """An object whose records can be written. Raises SalesforceError."""
    sobject = access.sobject(name)
    if sobject is None:
        raise not_found()
    if sobject.name not in WRITABLE:
        sentence = f"entity type cannot be inserted or updated: {sobject.name}"
        raise refused("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", sentence)
    return sobject


def create(org: Org, sobject: SObject, given: Mapping[str, Any], username: str) -> str:
    """Make a record and answer its id."""
    values = read_values(org, sobject, given, is_new=True)
    _check_refusals(org, sobject)
    by = str(org.user(username)["Id"])
    values.setdefault("OwnerId", by)
    if sobject.name in PEOPLE:
        return _create_person(org, sobject, values, by)
    record_id = make_id(sobject.name, FIRST_NUMBER + next(org.numbers))
    flags = {item.name: False for item in sobject.fields.values() if item.type == "boolean"}
    stamps = _stamps(org, by)
    made = {"CreatedDate": stamps["LastModifiedDate"], "CreatedById": by}
    row = {"Id": record_id, **flags, **DEFAULTS.get(sobject.name, {}), **values, **made, **stamps}
    org.created.setdefault(sobject.name, {})[record_id] = row
    return record_id


def update(org: Org, sobject: SObject, record_id: str, given: Mapping[str, Any], username: str) -> None:
    """Change a record."""
    current = _shared(org, sobject, record_id, username)
    values = read_values(org, sobject, given, is_new=False)
    if current.get("IsConverted"):
        raise refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    _check_refusals(org, sobject)
    if sobject.name in PEOPLE:
        _change_person(org, current, values)
    keep(org, sobject, current["Id"], values | _stamps(org, str(org.user(username)["Id"])))


def delete(org: Org, sobject: SObject, record_id: str, username: str) -> None:
    """Put a record into the recycle bin."""
    current = _shared(org, sobject, record_id, username)
    _check_refusals(org, sobject)
    person = person_behind(org, current["Id"]) if sobject.name in PEOPLE else None
    # What is left of a converted lead is only a trace of the contact, which stays.
    if person is None or (sobject.name == "Lead" and person.kind is Kind.CONVERTED):
        keep(org, sobject, current["Id"], {"IsDeleted": True} | _stamps(org, str(org.user(username)["Id"])))
    elif person.in_marketo:
        people_changes.apply(org.world, {"action": "delete", "id": person.marketo_id, "system": "salesforce"})
    else:
        kind = Kind.DELETED_LEAD if sobject.name == "Lead" else Kind.DELETED_CONTACT
        org.world.store(person._replace(kind=kind, updated=_now(org)))


def upsert(
    org: Org, sobject: SObject, key: tuple[str, str], given: Mapping[str, Any], username: str
) -> tuple[str, bool]:
    """Change the record with an external id, (field, value), or make it. Answers its id and whether it is new.

    Raises MultipleRecordsError when several records carry the value.
    """
    name, value = key
    item = external_id_field(sobject, name)
    found = find_by_external_id(org, sobject, name, value)
    if len(found) > 1:
        raise MultipleRecordsError([str(record["Id"]) for record in found])
    if found:
        update(org, sobject, found[0]["Id"], given, username)
        return str(found[0]["Id"]), False
    if item.type == "id":
        raise not_found()
    return create(org, sobject, {item.name: value, **given}, username), True


class MultipleRecordsError(SalesforceError):
    """An external id that several records carry."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__("DUPLICATE_EXTERNAL_ID", "external id matches more than one record", 300, fields=())
        self.ids = ids


def existing(org: Org, sobject: SObject, record_id: str) -> Row:
    """The row behind an id a client gave. Raises SalesforceError for a wrong, unknown or deleted one."""
    known = long_id(record_id)
    if known is None:
        raise SalesforceError("MALFORMED_ID", f"{sobject.label} ID: id value of incorrect type: {record_id}")
    found = row(org, sobject.name, known)
    if found is None:
        raise not_found()
    if found.get("IsDeleted"):
        raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted", 404, fields=())
    return found


def _shared(org: Org, sobject: SObject, record_id: str, username: str) -> Row:
    """The row a user writes to. Raises SalesforceError, also when it is not shared with them."""
    found = existing(org, sobject, record_id)
    if not Access(org, username).sees(sobject.name, found):
        raise refused("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    return found


def _check_refusals(org: Org, sobject: SObject) -> None:
    for refusal in org.refusals:
        if refusal.strikes(sobject.name):
            raise refused(refusal.code, refusal.message)


def _now(org: Org) -> int:
    return int(org.world.clock.timestamp())


def _stamps(org: Org, by: str) -> Row:
    now = org.world.clock.now().replace(microsecond=0)
    return {"LastModifiedDate": now, "LastModifiedById": by, "SystemModstamp": now}


def keep(org: Org, sobject: SObject, record_id: str, values: Row) -> None:
    """Keep values of a record that are not a person's own in both systems."""
    created = org.created.get(sobject.name, {}).get(record_id)
    if created is not None:
        created.update(values)
        return
    # The stamps of a person move with the person, by whichever system it is changed.
    own = {*MARKETO_NAMES, "OwnerId", "LastModifiedDate", "SystemModstamp"} if sobject.name in PEOPLE else set()
    kept = {name: value for name, value in values.items() if name not in own or values.get("IsDeleted")}
    org.changed.setdefault(sobject.name, {}).setdefault(record_id, {}).update(kept)


def person_behind(org: Org, record_id: str) -> Person:
    """The person behind the id of a lead or contact that exists."""
    number = read_id("Lead", record_id) or read_id("Contact", record_id) or 0
    person = org.world.ever_person(number)
    if person is None:
        raise not_found()
    return person


def _create_person(org: Org, sobject: SObject, values: Row, by: str) -> str:
    kind = Kind.LEAD if sobject.name == "Lead" else Kind.CONTACT
    _check_owner(values["OwnerId"], kind)
    known = people_changes.attributes_by_name(org.world)
    fields = dict.fromkeys(known) | {marketo: values.get(name) for name, marketo in MARKETO_NAMES.items()}
    fields["firstName"] = fields["firstName"] or ""
    [number] = people_changes.apply(org.world, {"action": "create", "kind": str(kind), "fields": fields})
    person = org.world.ever_person(number)
    record_id = make_id(sobject.name, number)
    if person is None:
        raise not_found()
    if kind is Kind.CONTACT:
        values.setdefault("AccountId", None)
    org.world.store(person._replace(**_person_values(org, person, values)))
    keep(org, sobject, record_id, values | {"CreatedById": by, "LastModifiedById": by})
    return record_id


def _change_person(org: Org, current: Row, values: Row) -> None:
    """Change what both systems know of a person: first the data with an activity in Marketo, then the rest."""
    person = person_behind(org, current["Id"])
    if "OwnerId" in values:
        _check_owner(values["OwnerId"], person.kind)
    changed = {
        MARKETO_NAMES[name]: "" if name == "FirstName" and value is None else value
        for name, value in values.items()
        if name in MARKETO_NAMES and value != current.get(name)
    }
    if changed and person.in_marketo:
        people_changes.apply(org.world, {"action": "change", "id": person.marketo_id, "fields": changed})
    elif changed:
        attributes: dict[str, Any] = {people_changes.FIELDS[name]: value for name, value in changed.items()}
        org.world.store(person._replace(**attributes))
    if values.get("OwnerId", current["OwnerId"]) != current["OwnerId"] and person.in_marketo:
        people_changes.apply(org.world, {"action": "reown", "id": person.marketo_id, "owner": values["OwnerId"]})
    person = person_behind(org, current["Id"])
    org.world.store(person._replace(**_person_values(org, person, values), updated=_now(org)))


def _check_owner(owner_id: str | None, kind: Kind) -> None:
    """Raises SalesforceError: contacts belong to users, and what has an owner keeps one."""
    is_lead = kind in {Kind.LEAD, Kind.QUEUE_LEAD}
    if owner_id is None or (owner_id.startswith("00G") and not is_lead):
        raise refused("INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank", "OwnerId")


def _person_values(org: Org, person: Person, values: Row) -> dict[str, Any]:
    """What follows from the owner and the account of a person."""
    found: dict[str, Any] = {}
    if owner_id := values.get("OwnerId"):
        found = {"owner_id": owner_id, "marketo_owner_id": owner_id}
        if person.kind in {Kind.LEAD, Kind.QUEUE_LEAD}:
            found["kind"] = Kind.QUEUE_LEAD if owner_id.startswith("00G") else Kind.LEAD
    if "AccountId" in values:
        account = row(org, "Account", values["AccountId"] or "")
        found["account"] = read_id("Account", account["Id"]) if account else 0
        found["company"] = account["Name"] if account else None
    return found
