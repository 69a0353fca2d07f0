"""Record types: kinds of leads and contacts, each with a page layout of its own."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from sandbox.salesforce import setup_rows
from sandbox.salesforce.org import RECORD_TYPES, Org, Row
from sandbox.salesforce.setup_rows import LAYOUT_OBJECTS, setup_id

MASTER_RECORD_TYPE: Final = "012000000000000AAA"
LAYOUTS_OF_AN_OBJECT: Final = 10


class RecordType(NamedTuple):
    """One kind of record. `name` is empty for the master type, which every object has and no row shows."""

    id: str
    name: str
    position: int


MASTER: Final = RecordType(MASTER_RECORD_TYPE, "", 0)


def record_types(org: Org, sobject: str) -> list[RecordType]:
    """The types that were defined for an object, without the master."""
    if not org.has_record_types:
        return []
    first = 1 + 10 * list(RECORD_TYPES).index(sobject) if sobject in RECORD_TYPES else 0
    names = RECORD_TYPES.get(sobject, ())
    return [RecordType(setup_id("012", first + number), name, 1 + number) for number, name in enumerate(names)]


def layout_id(sobject: str, record_type: RecordType) -> str:
    """The page layout of a record type; the master's is the object's first one."""
    return setup_id("00h", 1 + LAYOUT_OBJECTS.index(sobject) + LAYOUTS_OF_AN_OBJECT * record_type.position)


def layout_name(sobject: str, record_type: RecordType) -> str:
    return f"{sobject} {record_type.name} Layout" if record_type.name else f"{sobject} Layout"


def entity_definitions(org: Org) -> Iterator[Row]:
    for row in setup_rows.entity_definitions(org):
        yield row | {"RecordTypesSupported": supported(org, row["QualifiedApiName"])}


def record_type_rows(org: Org) -> Iterator[Row]:
    for sobject in RECORD_TYPES:
        for item in record_types(org, sobject):
            facts = {"Name": item.name, "DeveloperName": item.name, "SobjectType": sobject, "IsActive": True}
            yield {"Id": item.id, **facts}


def with_record_type(org: Org, sobject: str, row: Row) -> Row:
    """A row with its record type. Some have none: they are older than the types."""
    ids = [item.id for item in record_types(org, sobject)]
    if not ids or "RecordTypeId" in row:
        return row
    return row | {"RecordTypeId": [None, *ids][zlib.crc32(row["Id"][:15].encode()) % (1 + len(ids))]}


def record_type_infos(org: Org, sobject: str, base: str) -> list[Row]:
    """What describe says about the types of an object, the master last."""
    found = record_types(org, sobject)
    return [record_type_info(sobject, item, base, is_default=item in found[:1]) for item in found] + [
        record_type_info(sobject, MASTER, base, is_default=not found)
    ]


def record_type_info(sobject: str, item: RecordType, base: str, *, is_default: bool) -> Row:
    name = item.name or "Master"
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": is_default,
        "developerName": name,
        "master": item is MASTER,
        "name": name,
        "recordTypeId": item.id,
        "urls": {"layout": f"{base}/sobjects/{sobject}/describe/layouts/{item.id}"},
    }


def supported(org: Org, sobject: str) -> dict[str, Any]:
    """`EntityDefinition.RecordTypesSupported`, in the form of describe without addresses."""
    infos = record_type_infos(org, sobject, "")
    return {"recordTypeInfos": [{key: value for key, value in item.items() if key != "urls"} for item in infos]}
