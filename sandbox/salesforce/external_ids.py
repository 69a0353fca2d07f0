"""Records found by the value of an external id instead of their own id."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.rows import all_rows, long_id, row
from sandbox.salesforce.schema import Field, SObject


def external_id_field(sobject: SObject, name: str) -> Field:
    """The field records may be found by. Raises SalesforceError NOT_FOUND for one that is no external id."""
    item = sobject.fields.get(name.lower())
    if item is None or not (item.is_external_id or item.type in {"id", "email"}):
        sentence = f"Provided external ID field does not exist or is not accessible: {name}"
        raise SalesforceError("NOT_FOUND", sentence, 404)
    return item


def find_by_external_id(org: Org, sobject: SObject, name: str, value: object) -> list[Row]:
    """The records that carry a value, in any letter case."""
    item = external_id_field(sobject, name)
    if item.type == "id":
        found = row(org, sobject.name, long_id(str(value)) or "")
        return [found] if found and not found.get("IsDeleted") else []
    wanted = str(value).casefold()
    return [
        found
        for found in _holders(org, sobject, item)
        if not found.get("IsDeleted") and str(found.get(item.name) or "").casefold() == wanted
    ]


def _holders(org: Org, sobject: SObject, item: Field) -> Iterator[Row]:
    """The rows that may have a value in the field: custom fields are filled through the API alone."""
    if not item.is_custom:
        return all_rows(org, sobject.name)
    changed = (row(org, sobject.name, record_id) for record_id in org.changed.get(sobject.name, {}))
    return chain((found for found in changed if found), org.created.get(sobject.name, {}).values())
