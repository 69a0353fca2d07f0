"""Activity types, and the change feeds that are read from the world's log."""

import base64
from bisect import bisect_left
from collections.abc import Collection
from typing import Any, Final

from starlette.routing import Route

from sandbox.marketo.calls import MarketoCall, route
from sandbox.marketo.envelope import MarketoError, datetime_text, read_datetime, success
from sandbox.marketo.fields import pick_fields
from sandbox.marketo.instance import Instance
from sandbox.marketo.types import ACTIONS_TYPES, CHANGE_DATA_VALUE, DELETE_LEAD, NEW_LEAD, TYPES
from sandbox.world import Change, World

LARGEST_PAGE: Final = 300
MOST_LEADS: Final = 30
MOST_TYPES: Final = 10
DELETIONS_KEPT: Final = 14 * 86_400


def routes(instance: Instance) -> list[Route]:
    root = "/rest/v1/activities"
    return [
        route(instance, f"{root}/types.json", get=_types),
        route(instance, f"{root}/pagingtoken.json", get=_paging_token),
        route(instance, f"{root}/leadchanges.json", get=_lead_changes),
        route(instance, f"{root}/deletedleads.json", get=_deleted_leads),
        route(instance, f"{root}.json", get=_activities),
    ]


async def _types(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    known = TYPES | ACTIONS_TYPES if world.switches.actions_enabled else TYPES
    types = [
        {
            "id": number,
            "name": name,
            "description": name,
            "primaryAttribute": {"name": "Lead ID", "dataType": "integer"},
            "attributes": [],
        }
        for number, name in known.items()
    ]
    return success(world, types)


async def _paging_token(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    # An unencoded plus sign of a zone arrives as a space.
    since = read_datetime(call.required("sinceDatetime").replace(" ", "+"))
    position = bisect_left(world.changes, since, key=lambda change: change.at)
    return success(world, None, nextPageToken=_make_token(world, position))


async def _lead_changes(call: MarketoCall) -> dict[str, Any]:
    call.required("fields")
    names = {item.name for item in pick_fields(call.instance.world, call.values("fields"), "1006")}
    page, more = _page(call, {NEW_LEAD, CHANGE_DATA_VALUE})
    kept = [change for change in page if change.type_id == NEW_LEAD or names & {name for name, _, _ in change.fields}]
    return success(call.instance.world, [_record(change) | _changed(change, names) for change in kept], **more)


async def _deleted_leads(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    page, more = _page(call, {DELETE_LEAD})
    oldest = world.clock.timestamp() - DELETIONS_KEPT
    return success(world, [_record(change) for change in page if change.at >= oldest], **more)


async def _activities(call: MarketoCall) -> dict[str, Any]:
    call.required("activityTypeIds")
    types = {_number(value) for value in call.values("activityTypeIds")}
    if len(types) > MOST_TYPES:
        raise MarketoError("1003", f"Too many activityTypeIds. Max is {MOST_TYPES}")
    page, more = _page(call, types)
    return success(call.instance.world, [_record(change) for change in page], **more)


def _page(call: MarketoCall, types: Collection[int]) -> tuple[list[Change], dict[str, Any]]:
    """One block of the log, filtered: like Marketo, a page can be short or empty with more to come."""
    world = call.instance.world
    changes = world.changes
    leads = {_number(value) for value in call.values("leadIds")}
    if len(leads) > MOST_LEADS:
        raise MarketoError("1003", f"Too many leadIds. Max is {MOST_LEADS}")
    start = _read_token(world, call.required("nextPageToken"))
    stop = start + call.size(LARGEST_PAGE)
    page = [item for item in changes[start:stop] if item.type_id in types and (not leads or item.marketo_id in leads)]
    reached = min(stop, len(changes))
    return page, {"moreResult": stop < len(changes), "nextPageToken": _make_token(world, reached)}


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise MarketoError("1001", f"Invalid value '{text}'. Required of type 'integer'")
    return int(text)


def _record(change: Change) -> dict[str, Any]:
    return {
        "id": change.number,
        "marketoGUID": f"sandbox-{change.number}",
        "leadId": change.marketo_id,
        "activityDate": datetime_text(change.at),
        "activityTypeId": change.type_id,
        "primaryAttributeValueId": change.marketo_id,
        "primaryAttributeValue": change.primary_value,
        "attributes": [{"name": name, "value": value} for name, value in change.attributes],
    }


def _changed(change: Change, names: set[str]) -> dict[str, Any]:
    fields = [
        {"id": position, "name": name, "newValue": new, "oldValue": old}
        for position, (name, new, old) in enumerate(change.fields, start=1)
        if name in names
    ]
    return {"fields": fields}


def _make_token(world: World, position: int) -> str:
    return base64.b32encode(f"activities,{world.started},{position}".encode()).decode()


def _read_token(world: World, token: str) -> int:
    """A position in the log. The log dies with its process, so a token of an earlier one starts at the beginning."""
    try:
        _, started, position = base64.b32decode(token).decode().split(",")
        return int(position) if float(started) == world.started else 0
    except ValueError:
        raise MarketoError("1003", "Invalid nextPageToken") from None
