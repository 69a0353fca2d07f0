"""Single records: `/sobjects/Lead`, one record by id or external id, and what changed in a span of time
(REST API Developer Guide, "sObject Rows", "sObject Rows by External ID", "sObject Get Updated", "sObject Get Deleted").
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.salesforce import writes
from sandbox.salesforce.api import Call, json_response, route
from sandbox.salesforce.describe import describe_summary
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.external_ids import find_by_external_id
from sandbox.salesforce.objects import TOOLING_ONLY
from sandbox.salesforce.org import LONG_AGO, Org, Row
from sandbox.salesforce.query import json_value
from sandbox.salesforce.rows import rows_between
from sandbox.salesforce.schema import SObject

WINDOW: Final = timedelta(days=30)
MAX_IDS: Final = 600_000


def routes(org: Org) -> list[BaseRoute]:
    return [
        *route(org, "/sobjects/{sobject}", _sobject, ("GET", "POST")),
        *route(org, "/sobjects/{sobject}/updated", _updated),
        *route(org, "/sobjects/{sobject}/deleted", _deleted),
        *route(org, "/sobjects/{sobject}/{record_id}", _record, ("GET", "POST", "PATCH", "DELETE")),
        *route(org, "/sobjects/{sobject}/{field}/{value:path}", _by_external_id, ("GET", "POST", "PATCH", "DELETE")),
    ]


def named_sobject(call: Call) -> SObject:
    """The object in the call's path. Raises SalesforceError NOT_FOUND."""
    sobject = call.access.sobject(call.request.path_params["sobject"])
    if sobject is None or sobject.name in TOOLING_ONLY:
        raise not_found()
    return sobject


def _sobject(call: Call) -> Any:
    if call.method == "GET":
        return {"objectDescribe": describe_summary(named_sobject(call), call.base), "recentItems": []}
    sobject = writes.writable(call.access, call.request.path_params["sobject"])
    return _made(call, sobject, writes.create(call.org, sobject, call.json(), call.username))


def _made(call: Call, sobject: SObject, record_id: str, **more: bool) -> Response:
    """The answer to a record that was created."""
    response = json_response(call.request, {"id": record_id, "success": True, "errors": [], **more}, 201)
    response.headers["Location"] = f"{call.base}/sobjects/{sobject.name}/{record_id}"
    return response


def _record(call: Call) -> Any:
    record_id = call.request.path_params["record_id"]
    if call.method == "GET":
        sobject = named_sobject(call)
        return record_answer(call, sobject, _readable(call, sobject, record_id), _asked_fields(call))
    sobject = writes.writable(call.access, call.request.path_params["sobject"])
    if call.method == "PATCH":
        writes.update(call.org, sobject, record_id, call.json(), call.username)
    elif call.method == "DELETE":
        writes.delete(call.org, sobject, record_id, call.username)
    else:
        raise method_not_allowed()
    return Response(status_code=204)


def _readable(call: Call, sobject: SObject, record_id: str) -> Row:
    """The row the caller asks for by id. Raises SalesforceError, as for a missing one when it is not shared."""
    found = writes.existing(call.org, sobject, record_id)
    if not call.access.sees(sobject.name, found):
        raise not_found()
    return found


def method_not_allowed() -> SalesforceError:
    return SalesforceError("METHOD_NOT_ALLOWED", "HTTP Method not allowed for this resource", 405)


def _asked_fields(call: Call) -> list[str]:
    return [name for name in call.request.query_params.get("fields", "").split(",") if name]


def record_answer(call: Call, sobject: SObject, row: Row, asked: list[str]) -> Row:
    """A record with the asked fields, or all of them. Raises SalesforceError INVALID_FIELD."""
    unknown = [name for name in asked if name.lower() not in sobject.fields]
    if unknown:
        raise SalesforceError("INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type {sobject.name}")
    fields = [sobject.fields[name.lower()] for name in asked] or list(sobject.fields.values())
    attributes = {"type": sobject.name, "url": f"{call.base}/sobjects/{sobject.name}/{row['Id']}"}
    # A checkbox is never null.
    values = {item.name: row.get(item.name, False if item.type == "boolean" else None) for item in fields}
    return {"attributes": attributes} | {name: json_value(value) for name, value in values.items()}


def _by_external_id(call: Call) -> Any:
    name, value = call.request.path_params["field"], call.request.path_params["value"].rstrip("/")
    if call.method == "PATCH":
        return _upsert(call, name, value)
    sobject = named_sobject(call)
    found = [row for row in find_by_external_id(call.org, sobject, name, value) if call.access.sees(sobject.name, row)]
    if not found:
        raise not_found()
    if len(found) > 1:
        return _several(call, sobject, [str(row["Id"]) for row in found])
    if call.method == "GET":
        return record_answer(call, sobject, found[0], _asked_fields(call))
    if call.method != "DELETE":
        raise method_not_allowed()
    writes.delete(call.org, writes.writable(call.access, sobject.name), found[0]["Id"], call.username)
    return Response(status_code=204)


def _upsert(call: Call, name: str, value: str) -> Response:
    sobject = writes.writable(call.access, call.request.path_params["sobject"])
    if call.request.query_params.get("updateOnly") == "true" and not find_by_external_id(
        call.org, sobject, name, value
    ):
        raise not_found()
    try:
        record_id, is_new = writes.upsert(call.org, sobject, (name, value), call.json(), call.username)
    except writes.MultipleRecordsError as error:
        return _several(call, sobject, error.ids)
    if is_new:
        return _made(call, sobject, record_id, created=True)
    return json_response(call.request, {"id": record_id, "success": True, "errors": [], "created": False})


def _several(call: Call, sobject: SObject, ids: list[str]) -> Response:
    """Several records carry one external id: the client gets their addresses to choose from."""
    return json_response(call.request, [f"{call.base}/sobjects/{sobject.name}/{record_id}" for record_id in ids], 300)


def _updated(call: Call) -> dict[str, Any]:
    start, end = _span(call)
    ids = [row["Id"] for row in _changed(call, start, end) if not row.get("IsDeleted")]
    _check_size(ids)
    return {"ids": ids, "latestDateCovered": json_value(_covered(call, end))}


def _deleted(call: Call) -> dict[str, Any]:
    start, end = _span(call)
    deleted = [row for row in _changed(call, start, end) if row.get("IsDeleted")]
    _check_size(deleted)
    return {
        "deletedRecords": [{"id": row["Id"], "deletedDate": json_value(row["SystemModstamp"])} for row in deleted],
        "earliestDateAvailable": json_value(LONG_AGO),
        "latestDateCovered": json_value(_covered(call, end)),
    }


def _changed(call: Call, start: datetime, end: datetime) -> Iterator[Row]:
    name, access = named_sobject(call).name, call.access
    rows = rows_between(call.org, name, [(start, end)])
    return (row for row in rows if start <= row["SystemModstamp"] < end and access.sees(name, row))


def _covered(call: Call, end: datetime) -> datetime:
    return min(end, call.org.world.clock.now().replace(second=0, microsecond=0))


def _check_size(found: list[Any]) -> None:
    if len(found) > MAX_IDS:
        raise SalesforceError("EXCEEDED_ID_LIMIT", "too many ids; narrow the span of time")


def _span(call: Call) -> tuple[datetime, datetime]:
    """Start and end of the asked span, whose seconds do not count. Raises SalesforceError INVALID_REPLICATION_DATE."""
    start, end = (_minute(call, name) for name in ("start", "end"))
    if start < call.org.world.clock.now() - WINDOW or end - start < timedelta(minutes=1):
        sentence = "The start must lie within the last 30 days, and the end at least a minute later."
        raise SalesforceError("INVALID_REPLICATION_DATE", sentence)
    return start, end


def _minute(call: Call, name: str) -> datetime:
    try:
        # A plus sign that was not percent-encoded arrives as a blank.
        moment = datetime.fromisoformat(call.request.query_params.get(name, "").replace(" ", "+"))
    except ValueError as error:
        raise SalesforceError("INVALID_REPLICATION_DATE", f"{name} must be a date and time with a zone.") from error
    return moment.astimezone(UTC).replace(second=0, microsecond=0)
