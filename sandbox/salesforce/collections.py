"""Many records in one call (REST API Developer Guide, "sObject Collections")."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any, Final

from starlette.routing import BaseRoute

from sandbox.salesforce import writes
from sandbox.salesforce.api import Call, route
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.record_resources import method_not_allowed, named_sobject, record_answer
from sandbox.salesforce.rows import long_id, object_of

MAX_RECORDS: Final = 200
MAX_CHUNKS: Final = 10
MAX_RETRIEVED: Final = 2_000
ROLLED_BACK: Final = SalesforceError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
    fields=(),
)
Write = Callable[[], tuple[str, bool | None]]
Result = dict[str, Any]


def routes(org: Org) -> list[BaseRoute]:
    return [
        *route(org, "/composite/sobjects", _collection, ("POST", "PATCH", "DELETE")),
        *route(org, "/composite/sobjects/{sobject}", _retrieve, ("GET", "POST")),
        *route(org, "/composite/sobjects/{sobject}/{field}", _upsert, ("PATCH",)),
    ]


def savepoint(org: Org) -> Callable[[], None]:
    """What takes back every record written since it was asked for."""
    created, changed = (
        {name: {key: dict(row) for key, row in kept.items()} for name, kept in rows.items()}
        for rows in (org.created, org.changed)
    )
    undo_people = org.world.savepoint()

    def undo() -> None:
        org.created, org.changed = created, changed
        undo_people()

    return undo


def write_all(org: Org, rows: list[Write], *, is_all_or_none: bool) -> list[Result]:
    """Do every write and answer a result for each in order; with `is_all_or_none` one refusal takes all back."""
    undo = savepoint(org) if is_all_or_none else None
    results = [written(write) for write in rows]
    if undo is None or all(result["success"] for result in results):
        return results
    undo()
    return [_failed(ROLLED_BACK) if result["success"] else result for result in results]


def written(write: Write) -> Result:
    """Do one write; a refusal is a result too."""
    try:
        record_id, is_new = write()
    except SalesforceError as error:
        return _failed(error)
    created = {} if is_new is None else {"created": is_new}
    return {"id": record_id, "success": True, "errors": []} | created


def _failed(error: SalesforceError) -> Result:
    return {"success": False, "errors": [error.as_row_error()]}


def _collection(call: Call) -> list[Result]:
    if call.method == "DELETE":
        ids = [item for item in call.request.query_params.get("ids", "").split(",") if item]
        _check_count(len(ids))
        is_all_or_none = call.request.query_params.get("allOrNone") == "true"
        return write_all(call.org, [_deletion(call, item) for item in ids], is_all_or_none=is_all_or_none)
    make = {"POST": _creation, "PATCH": _change}.get(call.method)
    if make is None:
        raise method_not_allowed()
    records = _records(call)
    chunks = [name for name, _ in groupby(record["attributes"]["type"] for record in records)]
    if len(chunks) > MAX_CHUNKS:
        sentence = f"Cannot process more than {MAX_CHUNKS} chunks of records of one type"
        raise SalesforceError("EXCEEDED_MAX_TYPES_LIMIT", sentence)
    is_all_or_none = call.json().get("allOrNone") is True
    return write_all(call.org, [make(call, record) for record in records], is_all_or_none=is_all_or_none)


def _records(call: Call) -> list[Row]:
    records = call.json().get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise SalesforceError("JSON_PARSER_ERROR", "records must be a list of objects")
    _check_count(len(records))
    for record in records:
        if not record.get("attributes", {}).get("type"):
            raise SalesforceError("INVALID_INPUT", "Include an attributes type for every record")
    return records


def _check_count(count: int) -> None:
    if count > MAX_RECORDS:
        sentence = f"maximum number of records has been exceeded, max {MAX_RECORDS}"
        raise SalesforceError("EXCEEDED_ID_LIMIT", sentence)


def _creation(call: Call, record: Row) -> Write:
    def write() -> tuple[str, None]:
        sobject = writes.writable(call.access, record["attributes"]["type"])
        return writes.create(call.org, sobject, record, call.username), None

    return write


def _change(call: Call, record: Row) -> Write:
    def write() -> tuple[str, None]:
        sobject = writes.writable(call.access, record["attributes"]["type"])
        values = {name: value for name, value in record.items() if name.lower() != "id"}
        record_id = next((str(value) for name, value in record.items() if name.lower() == "id"), "")
        writes.update(call.org, sobject, record_id, values, call.username)
        return long_id(record_id) or "", None

    return write


def _deletion(call: Call, record_id: str) -> Write:
    def write() -> tuple[str, None]:
        if not object_of(record_id):
            raise SalesforceError("MALFORMED_ID", f"malformed id {record_id}", fields=())
        writes.delete(call.org, writes.writable(call.access, object_of(record_id)), record_id, call.username)
        return long_id(record_id) or "", None

    return write


def _upsert(call: Call) -> list[Result]:
    sobject = writes.writable(call.access, call.request.path_params["sobject"])
    name = call.request.path_params["field"]

    def upsert(record: Row) -> Write:
        values = {key: value for key, value in record.items() if key.lower() != name.lower()}
        wanted = next((str(value) for key, value in record.items() if key.lower() == name.lower()), "")
        return lambda: writes.upsert(call.org, sobject, (name, wanted), values, call.username)

    is_all_or_none = call.json().get("allOrNone") is True
    return write_all(call.org, [upsert(record) for record in _records(call)], is_all_or_none=is_all_or_none)


def _retrieve(call: Call) -> list[Row | None]:
    """Records in the order of the asked ids, null for one that is missing or deleted."""
    sobject = named_sobject(call)
    ids, names = _asked(call)
    if len(ids) > MAX_RETRIEVED:
        raise SalesforceError("EXCEEDED_ID_LIMIT", f"The maximum number of ids is {MAX_RETRIEVED}")
    if not names:
        raise SalesforceError("MISSING_ARGUMENT", "The fields parameter is required")
    access = call.access
    found = [access.row(sobject.name, long_id(item) or "") for item in ids]
    # Fields are checked even when no record is found.
    record_answer(call, sobject, {"Id": ""}, names)
    return [
        None if item is None or item.get("IsDeleted") else record_answer(call, sobject, item, names) for item in found
    ]


def _asked(call: Call) -> tuple[list[str], list[str]]:
    if call.request.method == "POST":
        body = call.json()
        return [str(item) for item in body.get("ids", [])], [str(item) for item in body.get("fields", [])]
    ids, names = (call.request.query_params.get(name, "").split(",") for name in ("ids", "fields"))
    return [item for item in ids if item], [name for name in names if name]
