"""The REST and Tooling resources below `/services/data`."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.salesforce import cursors, rows
from sandbox.salesforce.api import NEWEST_VERSION, OLDEST_VERSION, Call, json_response, route
from sandbox.salesforce.describe import describe_layouts, describe_sobject, describe_summary
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.org import Org
from sandbox.salesforce.query import Plan, json_value
from sandbox.salesforce.schema import STANDARD, TOOLING_ONLY, SObject

RESOURCES: Final = ("sobjects", "query", "queryAll", "limits", "jobs", "tooling", "composite", "search", "recent")
LAYOUT_OBJECTS: Final = frozenset({"Lead", "Contact", "Account", "Opportunity", "Task"})
# Salesforce names releases by season: 66.0 is Spring '26, three a year.
SEASONS: Final = ("Spring", "Summer", "Winter")


def routes(org: Org) -> list[BaseRoute]:
    return [
        *(Route(path, _versions, methods=["GET"]) for path in ("/services/data", "/services/data/")),
        *route(org, "", _resources),
        *route(org, "/limits", _limits),
        *route(org, "/sobjects", _sobjects),
        *route(org, "/sobjects/{sobject}", _sobject),
        *route(org, "/sobjects/{sobject}/describe", _describe),
        *route(org, "/sobjects/{sobject}/describe/layouts", _layouts),
        *route(org, "/sobjects/{sobject}/describe/layouts/{record_type}", _layouts),
        *route(org, "/sobjects/{sobject}/{record_id}", _record),
        *route(org, "/query", _query),
        *route(org, "/queryAll", _query_all),
        *route(org, "/query/{locator}", _next_page),
        *route(org, "/queryAll/{locator}", _next_page),
        *route(org, "/tooling/query", _tooling_query),
        *route(org, "/{unknown:path}", _unknown, ("GET", "POST", "PATCH", "PUT", "DELETE")),
    ]


async def _versions(request: Request) -> Response:
    return json_response(request, [_version(number) for number in range(OLDEST_VERSION, NEWEST_VERSION + 1)])


def _version(number: int) -> dict[str, str]:
    year, season = divmod(number - 66, 3)
    label = f"{SEASONS[season]} '{26 + year + (season == 2)}"
    return {"label": label, "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def _resources(call: Call) -> dict[str, str]:
    found = {name: f"{call.base}/{name}" for name in RESOURCES}
    return found | {"identity": identity_url(call.org, call.request, call.username)}


def identity_url(org: Org, request: Request, username: str) -> str:
    """The URL that names a user of the org, on the origin the request came to."""
    return f"{origin(request)}/id/{org.id}/{org.user(username)['Id']}"


def origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _limits(call: Call) -> dict[str, dict[str, int]]:
    most = call.org.policies.daily_api_requests
    return {
        "DailyApiRequests": {"Max": most, "Remaining": most - call.org.api_calls},
        "DailyBulkApiBatches": {"Max": 15_000, "Remaining": 15_000},
        "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000 - len(call.org.jobs)},
        "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
        "DataStorageMB": {"Max": 10_000, "Remaining": 9_000},
    }


def _sobjects(call: Call) -> dict[str, Any]:
    summaries = [describe_summary(sobject, call.base) for sobject in STANDARD]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": summaries}


def _named_sobject(call: Call) -> SObject:
    sobject = call.org.sobject(call.request.path_params["sobject"])
    if sobject is None or sobject.name in TOOLING_ONLY:
        raise not_found()
    return sobject


def _sobject(call: Call) -> dict[str, Any]:
    return {"objectDescribe": describe_summary(_named_sobject(call), call.base), "recentItems": []}


def _describe(call: Call) -> dict[str, Any]:
    return describe_sobject(_named_sobject(call), call.base)


def _layouts(call: Call) -> dict[str, Any]:
    sobject = _named_sobject(call)
    if sobject.name not in LAYOUT_OBJECTS:
        raise not_found()
    return describe_layouts(call.org, sobject)


def _record(call: Call) -> dict[str, Any]:
    sobject = _named_sobject(call)
    record_id = rows.long_id(call.request.path_params["record_id"])
    if record_id is None:
        raise SalesforceError("MALFORMED_ID", "malformed id " + call.request.path_params["record_id"])
    row = rows.row(call.org, sobject.name, record_id)
    if row is None:
        raise not_found()
    if row.get("IsDeleted"):
        raise SalesforceError("ENTITY_IS_DELETED", "entity is deleted", 404)
    attributes = {"type": sobject.name, "url": f"{call.base}/sobjects/{sobject.name}/{row['Id']}"}
    return {"attributes": attributes} | {name: json_value(row.get(name)) for name in _wanted_fields(call, sobject)}


def _wanted_fields(call: Call, sobject: SObject) -> list[str]:
    asked = call.request.query_params.get("fields", "")
    if not asked:
        return [item.name for item in sobject.fields.values()]
    unknown = [name for name in asked.split(",") if name.lower() not in sobject.fields]
    if unknown:
        raise SalesforceError("INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type {sobject.name}")
    return [sobject.fields[name.lower()].name for name in asked.split(",")]


def _statement(call: Call) -> str:
    statement = call.request.query_params.get("q", "")
    if not statement.strip():
        raise SalesforceError("MALFORMED_QUERY", "A query string has to be specified")
    return statement


def _query(call: Call) -> dict[str, Any]:
    return _answer(call, Plan(call.org, _statement(call)), call.base)


def _query_all(call: Call) -> dict[str, Any]:
    return _answer(call, Plan(call.org, _statement(call), include_deleted=True), call.base)


def _answer(call: Call, plan: Plan, base: str) -> dict[str, Any]:
    if plan.query.is_count:
        return {"totalSize": plan.count(), "done": True, "records": []}
    if plan.query.is_aggregate:
        groups = plan.groups()
        return {"totalSize": len(groups), "done": True, "records": groups}
    size = cursors.page_size(call.request.headers.get("sforce-query-options", ""))
    return cursors.first_page(plan, base, size)


def _next_page(call: Call) -> dict[str, Any]:
    return cursors.next_page(call.org, call.request.path_params["locator"], call.base)


def _tooling_query(call: Call) -> dict[str, Any]:
    plan = Plan(call.org, _statement(call), is_tooling=True)
    answer = _answer(call, plan, f"{call.base}/tooling")
    size = len(answer["records"])
    return {"size": size, "queryLocator": None, "entityTypeName": plan.sobject.name, **answer}


def _unknown(_call: Call) -> None:
    raise not_found()
