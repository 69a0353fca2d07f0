"""The bulk lead extract endpoints over the export jobs."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.marketo.calls import MarketoCall, route
from sandbox.marketo.envelope import MarketoError, read_datetime, success
from sandbox.marketo.exports import DELIMITERS, Export
from sandbox.marketo.fields import pick_fields
from sandbox.marketo.instance import Instance

LONGEST_WINDOW: Final = 31 * 86_400
LIST_DAYS: Final = 7
_ROOT: Final = "/bulk/v1/leads/export"
_CLOCKS: Final = frozenset({"createdAt", "updatedAt"})
_SMART_LISTS: Final = frozenset({"smartListId", "smartListName"})
_STATIC_LISTS: Final = frozenset({"staticListId", "staticListName"})


class _ExportFile(FileResponse):
    """Starlette answers ranges; large chunks keep big files quick."""

    chunk_size = 1 << 20


def routes(instance: Instance) -> list[Route]:
    job = _ROOT + "/{export_id}"
    return [
        route(instance, _ROOT + ".json", get=_list),
        route(instance, _ROOT + "/create.json", post=_create),
        route(instance, job + "/enqueue.json", reads_body=False, post=_enqueue),
        route(instance, job + "/cancel.json", reads_body=False, post=_cancel),
        route(instance, job + "/status.json", get=_status),
        route(instance, job + "/file.json", get=_file),
    ]


def _job_id(request: Request) -> str:
    return str(request.path_params["export_id"])


async def _create(call: MarketoCall) -> dict[str, Any]:
    body = call.body if isinstance(call.body, dict) else {}
    world = call.instance.world
    names = body.get("fields")
    if not isinstance(names, list) or not names:
        raise MarketoError("1002", "Missing value for required parameter 'fields'")
    clock, start, end = _window(call, body.get("filter"))
    renamed = body.get("columnHeaderNames") or {}
    export_format = str(body.get("format") or "CSV")
    if export_format not in DELIMITERS:
        raise MarketoError("1003", f"Invalid value for 'format': {export_format}")
    export = Export(
        fields=pick_fields(world, names, "1003"),
        headers=[str(renamed.get(name, name)) for name in names],
        format=export_format,
        clock=clock,
        start=start,
        end=end,
        created=world.clock.timestamp(),
    )
    call.instance.exports.add(export)
    return success(world, [export.as_dict()])


def _window(call: MarketoCall, given: Any) -> tuple[str, float, float]:
    """The one filter of an export: the clock it reads and both ends. MarketoError 1003, 1013 or 1035 otherwise."""
    if not isinstance(given, dict) or len(given) != 1:
        raise MarketoError("1003", "Exactly one filter must be specified")
    name, value = next(iter(given.items()))
    if name in _SMART_LISTS or (name == "updatedAt" and not call.instance.world.switches.updated_at_filter):
        raise MarketoError("1035", f"Unsupported filter type for target subscription: {name}")
    if name in _STATIC_LISTS:
        raise MarketoError("1013", f"Static list not found: {value}")
    if name not in _CLOCKS or not isinstance(value, dict) or not {"startAt", "endAt"} <= value.keys():
        raise MarketoError("1003", f"Invalid filter: {name}")
    start, end = read_datetime(value["startAt"]), read_datetime(value["endAt"])
    if not 0 <= end - start <= LONGEST_WINDOW:
        raise MarketoError("1003", f"The {name} filter must span 31 days or less")
    return name, start, end


async def _enqueue(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    fault = world.faults.strike(call.request.url.path, on_export=True)
    kind = fault.kind.removeprefix("export:") if fault else ""
    return success(world, [call.instance.exports.enqueue(_job_id(call.request), kind).as_dict()])


async def _cancel(call: MarketoCall) -> dict[str, Any]:
    return success(call.instance.world, [call.instance.exports.cancel(_job_id(call.request)).as_dict()])


async def _status(call: MarketoCall) -> dict[str, Any]:
    return success(call.instance.world, [call.instance.exports.get(_job_id(call.request)).as_dict()])


async def _list(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    statuses = {value.lower().replace("canceled", "cancelled") for value in call.values("status")}
    oldest = world.clock.timestamp() - LIST_DAYS * 86_400
    jobs = [job for job in call.instance.exports.all() if job.created >= oldest]
    return success(world, [job.as_dict() for job in jobs if not statuses or job.status.lower() in statuses])


async def _file(call: MarketoCall) -> Response:
    path = call.instance.exports.file(_job_id(call.request))
    if path is None:
        return PlainTextResponse("The requested export file was not found.", 404)
    return _ExportFile(path, media_type="text/csv")
