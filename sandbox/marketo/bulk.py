"""The bulk extract endpoints over the export jobs: of people, activities, program members and custom objects."""

from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.faults import FAULT_KEY
from sandbox.marketo.calls import Handler, MarketoCall, route
from sandbox.marketo.envelope import MarketoError, read_datetime, success
from sandbox.marketo.export_files import DELIMITERS, PRIMARY_FILTERS
from sandbox.marketo.exports import Export
from sandbox.marketo.fields import pick_fields
from sandbox.marketo.instance import Instance
from sandbox.marketo.linked import LEADS, MEMBERS, PURCHASES, program_ids, readers
from sandbox.marketo.lists import SMART_LISTS
from sandbox.marketo.paging import take_page
from sandbox.marketo.permissions import READ_ACTIVITIES, READ_CUSTOM_OBJECTS, READ_LEADS
from sandbox.marketo.types import DELETE_LEAD

LONGEST_WINDOW: Final = 31 * 86_400
LIST_DAYS: Final = 7
MOST_PRIMARY_VALUES: Final = 50
ACTIVITY_COLUMNS: Final = (
    "marketoGUID",
    "leadId",
    "activityDate",
    "activityTypeId",
    "campaignId",
    "primaryAttributeValueId",
    "primaryAttributeValue",
    "attributes",
)
_SMART_LISTS: Final = frozenset({"smartListId", "smartListName"})
_STATIC_LISTS: Final = frozenset({"staticListId", "staticListName"})
Body = dict[str, Any]


class _ExportFile(FileResponse):
    """Starlette answers ranges; large chunks keep big files quick."""

    chunk_size = 1 << 20


def routes(instance: Instance) -> list[Route]:
    return [
        *_routes(instance, LEADS, READ_LEADS, _lead_export),
        *_routes(instance, "activities", READ_ACTIVITIES, _activity_export),
        *_routes(instance, MEMBERS, READ_LEADS, _member_export),
        *_routes(instance, PURCHASES, READ_CUSTOM_OBJECTS, _purchase_export),
    ]


def _routes(
    instance: Instance, kind: str, needs: tuple[str, ...], order: Callable[[MarketoCall], Export]
) -> list[Route]:
    """The paths of one kind of export. Bodies of enqueue and cancel are not even looked at."""
    root = f"/bulk/v1/{kind}/export"
    job = root + "/{export_id}"

    def of_job(answer: Callable[[MarketoCall, Export], Response | dict[str, Any]]) -> Handler:
        async def handler(call: MarketoCall) -> Response | dict[str, Any]:
            return answer(call, call.instance.exports.get(kind, call.client.user, _job_id(call.request)))

        return handler

    async def create(call: MarketoCall) -> dict[str, Any]:
        export = order(call)
        call.instance.exports.add(export)
        return _answer(call, export)

    async def listing(call: MarketoCall) -> dict[str, Any]:
        return _list(call, call.instance.exports.of(kind, call.client.user))

    async def file(call: MarketoCall) -> Response:
        try:
            return _file(call, call.instance.exports.get(kind, call.client.user, _job_id(call.request)))
        except MarketoError:
            return _no_file()

    return [
        route(instance, root + ".json", needs, get=listing),
        route(instance, root + "/create.json", needs, post=create),
        route(instance, job + "/enqueue.json", needs, reads_body=False, post=of_job(_enqueue)),
        route(instance, job + "/cancel.json", needs, reads_body=False, post=of_job(_cancel)),
        route(instance, job + "/status.json", needs, get=of_job(_answer)),
        route(instance, job + "/file.json", needs, get=file),
    ]


def _job_id(request: Request) -> str:
    return str(request.path_params["export_id"])


def _answer(call: MarketoCall, export: Export) -> dict[str, Any]:
    return success(call.instance.world, [call.instance.exports.record(export)])


def _lead_export(call: MarketoCall) -> Export:
    names = _required_fields(call)
    pick_fields(call.instance.world, names, "1003")
    return _export(call, LEADS, names, _lead_filter(call, _body(call).get("filter")))


def _required_fields(call: MarketoCall) -> list[str]:
    names = _body(call).get("fields")
    if not isinstance(names, list) or not names:
        raise MarketoError("1002", "Missing value for required parameter 'fields'")
    return names


def _member_export(call: MarketoCall) -> Export:
    names, given = _required_fields(call), _body(call).get("filter")
    programs = call.instance.lists.programs
    if not isinstance(given, dict) or len(given) != 1 or not {"programId", "programIds"} & given.keys():
        raise MarketoError("1003", "The programId filter must be specified")
    if unknown := [number for number in program_ids(given) if number not in programs]:
        raise MarketoError("1013", f"Program not found: {unknown[0]}")
    return _export(call, MEMBERS, _known(call, MEMBERS, names, given), given)


def _purchase_export(call: MarketoCall) -> Export:
    given = _body(call).get("filter")
    if isinstance(given, dict) and given.keys() == {"updatedAt"}:
        _check_window("updatedAt", given["updatedAt"])
    elif not isinstance(given, dict) or "createdAt" in given:
        raise MarketoError("1003", "Exactly one filter must be specified")
    else:
        given = _lead_filter(call, given)
    return _export(call, PURCHASES, _known(call, PURCHASES, _required_fields(call), given), given)


def _known(call: MarketoCall, kind: str, names: list[str], given: Body) -> list[str]:
    known = readers(call.instance.world, call.instance.lists, kind, given)
    if unknown := [name for name in names if name not in known]:
        raise MarketoError("1003", f"Field '{unknown[0]}' not found")
    return names


def _activity_export(call: MarketoCall) -> Export:
    body = _body(call)
    names = body.get("fields") or list(ACTIVITY_COLUMNS)
    if unknown := [name for name in names if name not in {*ACTIVITY_COLUMNS, "actionResult"}]:
        raise MarketoError("1003", f"Field '{unknown[0]}' not found")
    return _export(call, "activities", names, _activity_filter(body.get("filter")))


def _body(call: MarketoCall) -> Body:
    return call.body if isinstance(call.body, dict) else {}


def _export(call: MarketoCall, kind: str, names: list[str], given: Body) -> Export:
    body = _body(call)
    renamed = body.get("columnHeaderNames") or {}
    export_format = str(body.get("format") or "CSV")
    if export_format not in DELIMITERS:
        raise MarketoError("1003", f"Invalid value for 'format': {export_format}")
    headers = [str(renamed.get(name, name)) for name in names]
    created = call.instance.world.clock.timestamp()
    return Export(kind, call.client.user, names, headers, export_format, given, created)


def _lead_filter(call: MarketoCall, given: Any) -> Body:
    """The one filter of an export of people. MarketoError 1003, 1013 or 1035 for anything else."""
    if not isinstance(given, dict) or len(given) != 1:
        raise MarketoError("1003", "Exactly one filter must be specified")
    name, value = next(iter(given.items()))
    switches = call.instance.world.switches
    gates = {"updatedAt": switches.updated_at_filter, **dict.fromkeys(_SMART_LISTS, switches.smart_list_filter)}
    if not gates.get(name, True):
        raise MarketoError("1035", f"Unsupported filter type for target subscription: {name}")
    if name in _STATIC_LISTS:
        if not any(value in (item.id, item.name) for item in call.instance.lists.static.values()):
            raise MarketoError("1013", f"Static list not found: {value}")
    elif name in _SMART_LISTS:
        _check_smart_list(value)
    elif name in {"createdAt", "updatedAt"}:
        _check_window(name, value)
    else:
        raise MarketoError("1003", f"Invalid filter: {name}")
    return dict(given)


def _check_smart_list(value: Any) -> None:
    found = next((item for item in SMART_LISTS if value in (item.id, item.name)), None)
    if found is None:
        raise MarketoError("1013", f"Smart list not found: {value}")
    if found.matches is None:
        raise MarketoError("1003", f"The smart list {value} has no filters")


def _check_window(name: str, value: Any) -> None:
    if not isinstance(value, dict) or not {"startAt", "endAt"} <= value.keys():
        raise MarketoError("1003", f"Invalid filter: {name}")
    start, end = read_datetime(value["startAt"]), read_datetime(value["endAt"])
    if not 0 <= end - start <= LONGEST_WINDOW:
        raise MarketoError("1003", f"The {name} filter must span 31 days or less")


def _activity_filter(given: Any) -> Body:
    """A creation window, and perhaps activity types and what they are about. MarketoError 1003 for anything else."""
    if not isinstance(given, dict) or "createdAt" not in given:
        raise MarketoError("1003", "The createdAt filter must be specified")
    if unknown := given.keys() - {"createdAt", "activityTypeIds", *PRIMARY_FILTERS}:
        raise MarketoError("1003", f"Invalid filter: {min(unknown)}")
    _check_primary(given)
    _check_window("createdAt", given["createdAt"])
    if DELETE_LEAD in (given.get("activityTypeIds") or ()):
        raise MarketoError("1003", f"Activity type {DELETE_LEAD} cannot be exported")
    return dict(given)


def _check_primary(given: Body) -> None:
    """What activities are about can be filtered by id or by name, for named types. MarketoError 1003."""
    asked = [name for name in PRIMARY_FILTERS if name in given]
    if not asked:
        return
    if len(asked) > 1 or not given.get("activityTypeIds"):
        raise MarketoError("1003", f"{asked[0]} needs activityTypeIds, and no other filter of its kind")
    if not isinstance(given[asked[0]], list) or not 0 < len(given[asked[0]]) <= MOST_PRIMARY_VALUES:
        raise MarketoError("1003", f"{asked[0]} takes 1 to {MOST_PRIMARY_VALUES} values")


def _enqueue(call: MarketoCall, export: Export) -> dict[str, Any]:
    fault = call.instance.world.faults.strike(call.request.url.path, call.client.client_id, on_export=True)
    if fault:
        # Where the observer looks for what to write into the list of calls.
        call.request.scope[FAULT_KEY] = fault.kind
    call.instance.exports.enqueue(export, fault.kind.removeprefix("export:") if fault else "")
    return _answer(call, export)


def _cancel(call: MarketoCall, export: Export) -> dict[str, Any]:
    call.instance.exports.cancel(export)
    return _answer(call, export)


def _list(call: MarketoCall, jobs: list[Export]) -> dict[str, Any]:
    world = call.instance.world
    statuses = {value.lower().replace("canceled", "cancelled") for value in call.values("status")}
    oldest = world.clock.timestamp() - LIST_DAYS * 86_400
    records = [call.instance.exports.record(job) for job in jobs if job.created >= oldest]
    page, more = take_page(call, [item for item in records if not statuses or item["status"].lower() in statuses])
    return success(world, page, **more)


def _file(call: MarketoCall, export: Export) -> Response:
    path = call.instance.exports.file(export)
    return _no_file() if path is None else _ExportFile(path, media_type="text/csv")


def _no_file() -> Response:
    return PlainTextResponse("The requested export file was not found.", 404)
