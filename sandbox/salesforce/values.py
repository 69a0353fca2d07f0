"""The values of a record as they come in, checked and typed (SOAP API Developer Guide, "StatusCode")."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from sandbox.salesforce.describe import is_writable
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.external_ids import find_by_external_id
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.rows import long_id, object_of, row
from sandbox.salesforce.schema import NUMBERS, Field, SObject

EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# What a record cannot be created without; all else has a default or may be empty.
REQUIRED: Final = {
    "Lead": ("LastName", "Company"),
    "Contact": ("LastName",),
    "Account": ("Name",),
    "Opportunity": ("Name", "StageName", "CloseDate"),
    "OpportunityContactRole": ("OpportunityId", "ContactId"),
}


def refused(code: str, message: str, *fields: str) -> SalesforceError:
    """The error of a record that is refused, with the fields to blame."""
    return SalesforceError(code, message, fields=fields)


def read_values(org: Org, sobject: SObject, given: Mapping[str, Any], *, is_new: bool) -> Row:
    """What a client sent for a record, typed and under the fields' own names. Raises SalesforceError."""
    values = {}
    for name, value in given.items():
        if name == "attributes":
            continue
        item, plain = _field_and_value(org, sobject, name, value)
        if not is_writable(item, sobject.name):
            text = f"Unable to create/update fields: {item.name}. Please check the security settings of this field."
            raise refused("INVALID_FIELD_FOR_INSERT_UPDATE", text, item.name)
        values[item.name] = _read(org, item, plain)
    _check_required(sobject, values, is_new=is_new)
    return values


def _field_and_value(org: Org, sobject: SObject, name: str, value: Any) -> tuple[Field, Any]:
    """The field a name stands for; a relationship with {external id field: value} stands for its reference."""
    if found := sobject.fields.get(name.lower()):
        return found, value
    reference = sobject.relationships.get(name.lower())
    if reference is None or not isinstance(value, Mapping):
        raise SalesforceError("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
    parent = org.known_sobject(reference.parents[0])
    [(key, wanted)] = [pair for pair in value.items() if pair[0] != "attributes"]
    rows = find_by_external_id(org, parent, key, wanted)
    if not rows:
        text = f"Foreign key external ID: {wanted} not found for field {key} in entity {parent.name}"
        raise refused("INVALID_FIELD", text)
    return reference, rows[0]["Id"]


def _check_required(sobject: SObject, values: Row, *, is_new: bool) -> None:
    required = (name for name in REQUIRED.get(sobject.name, ()) if is_new or name in values)
    missing = [name for name in required if values.get(name) is None]
    if missing:
        raise refused("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", *missing)


def _read(org: Org, item: Field, value: Any) -> Any:
    if value is None or value == "":
        return False if item.type == "boolean" else None
    if item.type == "reference":
        return _reference(org, item, value)
    read = READERS.get(item.type)
    try:
        return read(value) if read else _text(item, value)
    except (TypeError, ValueError):
        raise refused("JSON_PARSER_ERROR", f"Cannot deserialize instance of {item.type} from value {value}") from None


def _reference(org: Org, item: Field, value: Any) -> str:
    record_id = long_id(str(value))
    if record_id is None or object_of(record_id) not in item.parents:
        raise refused("MALFORMED_ID", f"{item.label}: id value of incorrect type: {value}", item.name)
    found = row(org, object_of(record_id), record_id)
    if found is None or found.get("IsDeleted"):
        raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", item.name)
    return record_id


def _text(item: Field, value: Any) -> str:
    # Salesforce trims text and keeps no characters that XML cannot hold.
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", str(value)).strip()
    if item.length and len(text) > item.length:
        sentence = f"{item.label}: data value too large: {text[:255]} (max length={item.length})"
        raise refused("STRING_TOO_LONG", sentence, item.name)
    if item.type == "email" and not EMAIL.fullmatch(text):
        raise refused("INVALID_EMAIL_ADDRESS", f"{item.label}: invalid email address: {text}", item.name)
    return text


def _boolean(value: Any) -> bool:
    text = str(value).lower()
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(value)
    return float(value)


def _moment(value: Any) -> datetime:
    found = datetime.fromisoformat(value)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


READERS: Final[dict[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(NUMBERS, _number),
    "int": int,
    "boolean": _boolean,
    "datetime": _moment,
    "date": lambda value: date.fromisoformat(str(value)[:10]),
}
