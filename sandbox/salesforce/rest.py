"""The REST and Tooling resources below `/services/data`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.salesforce import collections, cursors, record_resources, rows
from sandbox.salesforce.api import NEWEST_VERSION, OLDEST_VERSION, Call, json_response, route
from sandbox.salesforce.bulk import QueryJobs
from sandbox.salesforce.composite import Composite
from sandbox.salesforce.describe import describe_sobject, describe_summary
from sandbox.salesforce.errors import SalesforceError, not_found
from sandbox.salesforce.layouts import describe_layout, describe_layouts
from sandbox.salesforce.objects import DEFINITIONS, TOOLING
from sandbox.salesforce.org import Org
from sandbox.salesforce.permissions import may_view_all_data, profile_name
from sandbox.salesforce.query import Plan
from sandbox.salesforce.record_resources import named_sobject
from sandbox.salesforce.rows import long_id
from sandbox.salesforce.schema import STANDARD

RESOURCES: Final = ("sobjects", "query", "queryAll", "limits", "jobs", "tooling", "composite", "search", "recent")
COUNTED: Final = ("Account", "Contact", "Lead", "Opportunity", "Task", "User")
# What a server under load may shrink pages to.
SHRUNK_PAGE: Final = 50
LAYOUT_OBJECTS: Final = frozenset({"Lead", "Contact", "Account", "Opportunity", "Task"})
# Salesforce names releases by season: 66.0 is Spring '26, three a year.
SEASONS: Final = ("Spring", "Summer", "Winter")

NO_ACCESS: Final = (
    "You do not have the level of access necessary to perform the operation you requested. Please contact the owner of "
    "the record or your administrator if access is necessary."
)
QUICK_ACTIONS: Final = (("NewTask", "New Task"), ("LogACall", "Log a Call"), ("NewEvent", "New Event"))


def routes(org: Org) -> list[BaseRoute]:
    resources = _resources(org)
    return [
        *(Route(path, _versions, methods=["GET"]) for path in ("/services/data", "/services/data/")),
        *route(org, "", _paths),
        *Composite(org, resources).routes(),
        *resources,
        *route(org, "/{unknown:path}", _unknown, ("GET", "POST", "PATCH", "PUT", "DELETE")),
    ]


def _resources(org: Org) -> list[BaseRoute]:
    """What composite calls reach too."""
    return [
        *route(org, "/limits", _limits),
        *route(org, "/limits/recordCount", _record_count),
        *route(org, "/sobjects", _sobjects),
        *collections.routes(org),
        *route(org, "/sobjects/{sobject}/describe", _describe),
        *route(org, "/sobjects/{sobject}/describe/layouts", _layouts),
        *route(org, "/sobjects/{sobject}/describe/layouts/{record_type}", _layouts),
        *route(org, "/sobjects/{sobject}/quickActions", _quick_actions),
        *record_resources.routes(org),
        *route(org, "/query", _query),
        *route(org, "/queryAll", _query_all),
        *route(org, "/query/{locator}", _next_page),
        *route(org, "/queryAll/{locator}", _next_page),
        *route(org, "/tooling/query", _tooling_query),
        *route(org, "/tooling/query/{locator}", _next_tooling_page),
        *route(org, "/tooling/sobjects", _tooling_sobjects),
        *route(org, "/tooling/sobjects/{sobject}/describe", _tooling_describe),
        *route(org, "/connect/organization", _organization),
    ]


async def _versions(request: Request) -> Response:
    return json_response(request, [_version(number) for number in range(OLDEST_VERSION, NEWEST_VERSION + 1)])


def _version(number: int) -> dict[str, str]:
    year, season = divmod(number - 66, 3)
    label = f"{SEASONS[season]} '{26 + year + (season == 2)}"
    return {"label": label, "url": f"/services/data/v{number}.0", "version": f"{number}.0"}


def _paths(call: Call) -> dict[str, str]:
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
        "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000 - len(call.org.keep(QueryJobs))},
        "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
        "DataStorageMB": {"Max": 10_000, "Remaining": 9_000},
    }


def _record_count(call: Call) -> dict[str, Any]:
    asked = [name for name in call.request.query_params.get("sObjects", "").split(",") if name]
    names = [sobject.name for sobject in map(call.org.sobject, asked or COUNTED) if sobject]
    return {"sObjects": [{"count": rows.visible_count(call.org, name), "name": name} for name in names]}


def _sobjects(call: Call) -> Response:
    summaries = [describe_summary(sobject, call.base) for sobject in STANDARD if call.access.may_read(sobject.name)]
    return _unless_unchanged(call, lambda: {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": summaries})


def _describe(call: Call) -> Response:
    return _unless_unchanged(call, lambda: describe_sobject(call.org, named_sobject(call), call.base))


def _unless_unchanged(call: Call, describe: Callable[[], dict[str, Any]]) -> Response:
    """A description with the time it changed last, or 304 for a client that knows it (RFC 9110, section 13.1.3)."""
    changed_at = call.org.metadata_changed_at.replace(microsecond=0)
    known = call.request.headers.get("if-modified-since", "")
    headers = {"Last-Modified": format_datetime(changed_at, usegmt=True), "ETag": f'"{int(changed_at.timestamp()):x}"'}
    if known and _read_date(known) >= changed_at:
        return Response(status_code=304, headers=headers)
    response = json_response(call.request, describe())
    response.headers.update(headers)
    return response


def _read_date(text: str) -> datetime:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _layouts(call: Call) -> dict[str, Any]:
    sobject = named_sobject(call)
    if sobject.name not in LAYOUT_OBJECTS:
        raise not_found()
    record_type = call.request.path_params.get("record_type")
    if record_type is None:
        return describe_layouts(call.org, sobject, call.base)
    return describe_layout(call.org, sobject, long_id(record_type) or "")


def _quick_actions(call: Call) -> list[dict[str, str]]:
    """The actions that every org has; the package of Sales Insight brings none."""
    named_sobject(call)
    return [{"name": name, "label": label, "type": "Create"} for name, label in QUICK_ACTIONS]


def _statement(call: Call) -> str:
    statement = call.request.query_params.get("q", "")
    if not statement.strip():
        raise SalesforceError("MALFORMED_QUERY", "A query string has to be specified")
    return statement


def _query(call: Call) -> dict[str, Any]:
    return _answer(call, Plan(call.org, _statement(call), username=call.username), call.base)


def _query_all(call: Call) -> dict[str, Any]:
    return _answer(call, Plan(call.org, _statement(call), username=call.username, include_deleted=True), call.base)


def _answer(call: Call, plan: Plan, base: str) -> dict[str, Any]:
    if plan.query.is_count:
        return {"totalSize": plan.count(), "done": True, "records": []}
    if plan.query.is_aggregate:
        groups = plan.groups()
        return {"totalSize": len(groups), "done": True, "records": groups}
    size = cursors.page_size(call.request.headers.get("sforce-query-options", ""))
    return cursors.first_page(plan, base, SHRUNK_PAGE if call.fault == "small_pages" else size)


def _next_page(call: Call) -> dict[str, Any]:
    return cursors.next_page(call.org, call.request.path_params["locator"], call.base)


def _next_tooling_page(call: Call) -> dict[str, Any]:
    return cursors.next_page(call.org, call.request.path_params["locator"], f"{call.base}/tooling")


def _tooling_query(call: Call) -> dict[str, Any]:
    plan = Plan(call.org, _statement(call), username=call.username, is_tooling=True)
    _check_metadata_columns(plan)
    spoiled = call.org.spoiled_tooling.get(plan.sobject.name)
    if spoiled == "refused":
        raise SalesforceError("INSUFFICIENT_ACCESS", NO_ACCESS, 403)
    answer = _answer(call, plan, f"{call.base}/tooling")
    if spoiled == "shape":
        answer["records"] = [_flat(record) for record in answer["records"]]
    size = len(answer["records"])
    return {"size": size, "queryLocator": None, "entityTypeName": plan.sobject.name, **answer}


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what is nested in it."""
    return {name: value for name, value in record.items() if name == "attributes" or not isinstance(value, dict)}


def _check_metadata_columns(plan: Plan) -> None:
    """Raises SalesforceError: what is costly to make is made for one row at a time (Tooling API, "FlexiPage")."""
    names = {plan.paths.field(column.path).name for column in plan.query.columns}
    found = sum(1 for _ in plan.matches()) if names & {"Metadata", "FullName"} else 0
    if found > 1:
        sentence = (
            "When retrieving results with Metadata or FullName fields, the query qualifications must specify no more "
            f"than one row for retrieval. Result size: {found}"
        )
        raise SalesforceError("MALFORMED_QUERY", sentence)


def _tooling_sobjects(call: Call) -> dict[str, Any]:
    summaries = [describe_summary(sobject, f"{call.base}/tooling") for sobject in (*TOOLING, *DEFINITIONS)]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": summaries}


def _tooling_describe(call: Call) -> dict[str, Any]:
    sobject = call.org.sobject(call.request.path_params["sobject"])
    if sobject is None or sobject.name not in {item.name for item in (*TOOLING, *DEFINITIONS)}:
        raise not_found()
    return describe_sobject(call.org, sobject, f"{call.base}/tooling")


def _organization(call: Call) -> dict[str, Any]:
    """What the connected user may do in the org, as far as an app asks for it."""
    user = call.org.user(call.username)
    may_all = may_view_all_data(call.org, profile_name(user["ProfileId"]))
    settings = {"canModifyAllData": may_all, "canViewAllData": may_all, "userId": user["Id"]}
    return {"name": call.org.facts["Name"], "orgId": call.org.id, "userSettings": settings}


def _unknown(_call: Call) -> None:
    raise not_found()
