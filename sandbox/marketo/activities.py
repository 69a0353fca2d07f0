"""Activity types, and the change feeds that are read from the world's log."""

import base64
from bisect import bisect_left
from collections.abc import Callable, Collection
from typing import Any, Final

from starlette.routing import Route

from sandbox.marketo import new_leads
from sandbox.marketo.calls import MarketoCall, route, whole_number
from sandbox.marketo.envelope import MarketoError, datetime_text, read_datetime, success
from sandbox.marketo.fields import pick_fields
from sandbox.marketo.instance import Instance
from sandbox.marketo.partitions import shows_id
from sandbox.marketo.permissions import READ_ACTIVITIES
from sandbox.marketo.types import (
    ACTIONS_TYPES,
    CHANGE_DATA_VALUE,
    DELETE_LEAD,
    NEW_LEAD,
    NEW_LEAD_ATTRIBUTES,
    TYPES,
)
from sandbox.world import Change, World

LARGEST_PAGE: Final = 300
MOST_LEADS: Final = 30
MOST_TYPES: Final = 10
DELETIONS_KEPT: Final = 14 * 86_400


def routes(instance: Instance) -> list[Route]:
    root = "/rest/v1/activities"
    return [
        route(instance, f"{root}/types.json", READ_ACTIVITIES, get=_types),
        route(instance, f"{root}/pagingtoken.json", READ_ACTIVITIES, get=_paging_token),
        route(instance, f"{root}/leadchanges.json", READ_ACTIVITIES, get=_lead_changes),
        route(instance, f"{root}/deletedleads.json", READ_ACTIVITIES, get=_deleted_leads),
        route(instance, f"{root}.json", READ_ACTIVITIES, get=_activities),
    ]


async def _types(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    known = TYPES | ACTIONS_TYPES if world.switches.actions_enabled else TYPES
    return success(world, [_type(world, number, name) for number, name in known.items()])


def _type(world: World, number: int, name: str) -> dict[str, Any]:
    described = {"id": world.type_numbers.get(number, number), "name": name, "description": name}
    if number == NEW_LEAD:
        attributes = [{"name": name, "dataType": kind} for name, kind in NEW_LEAD_ATTRIBUTES.items()]
        return {**described, "attributes": attributes}
    return {**described, "primaryAttribute": {"name": "Lead ID", "dataType": "integer"}, "attributes": []}


async def _paging_token(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    # An unencoded plus sign of a zone arrives as a space.
    since = read_datetime(call.required("sinceDatetime").replace(" ", "+"))
    position = bisect_left(world.changes, since, key=lambda change: change.at)
    first = world.seeded_between(since, since).start
    return success(world, None, nextPageToken=_make_token(world, first, position))


async def _lead_changes(call: MarketoCall) -> dict[str, Any]:
    call.required("fields")
    names = {item.name for item in pick_fields(call.instance.world, call.values("fields"), "1006")}
    page, more = _page(call, {NEW_LEAD, CHANGE_DATA_VALUE})
    kept = [change for change in page if change.type_id == NEW_LEAD or names & {name for name, _, _ in change.fields}]
    return success(
        call.instance.world, [_record(call.instance.world, change) | _changed(change, names) for change in kept], **more
    )


async def _deleted_leads(call: MarketoCall) -> dict[str, Any]:
    world = call.instance.world
    page, more = _page(call, {DELETE_LEAD})
    oldest = world.clock.timestamp() - DELETIONS_KEPT
    return success(world, [_record(world, change) | _about(change) for change in page if change.at >= oldest], **more)


async def _activities(call: MarketoCall) -> dict[str, Any]:
    call.required("activityTypeIds")
    ours = {told: number for number, told in call.instance.world.type_numbers.items()}
    types = {ours.get(number := whole_number(value), number) for value in call.values("activityTypeIds")}
    if len(types) > MOST_TYPES:
        raise MarketoError("1003", f"Too many activityTypeIds. Max is {MOST_TYPES}")
    page, more = _page(call, types, has_seeded=NEW_LEAD in types)
    world = call.instance.world
    return success(world, [_record(world, change) | _about(change) for change in page], **more)


def _page(
    call: MarketoCall, types: Collection[int], *, has_seeded: bool = False
) -> tuple[list[Change], dict[str, Any]]:
    """One block of the log, filtered: like Marketo, a page can be short or empty with more to come.

    ``has_seeded`` puts the activities by which the seeded people came before the log.
    """
    world, chosen, is_shown = call.instance.world, _chosen_people(call), shows_id(call.instance.world)
    first, start = _read_token(world, call.required("nextPageToken"))
    size, end = call.size(LARGEST_PAGE), world.settings.people + 1
    ids = range(first, min(first + size, end)) if has_seeded else range(end, end)
    stop = start + size - len(ids)

    def wanted(number: int) -> bool:
        return chosen(number) and is_shown(number)

    logged = (item for item in world.changes[start:stop] if item.type_id in types and wanted(item.marketo_id))
    token = _make_token(world, ids.stop, min(stop, len(world.changes)))
    more = {"moreResult": ids.stop < end or stop < len(world.changes), "nextPageToken": token}
    return [*new_leads.seeded(world, filter(wanted, ids)), *logged], more


def _chosen_people(call: MarketoCall) -> Callable[[int], bool]:
    """Tells the people of ``leadIds`` or of the list ``listId`` from others. MarketoError 1003 or 1013."""
    leads = {whole_number(value) for value in call.values("leadIds")}
    if len(leads) > MOST_LEADS:
        raise MarketoError("1003", f"Too many leadIds. Max is {MOST_LEADS}")
    if leads:
        return leads.__contains__
    if not call.value("listId"):
        return lambda _: True
    lists, number = call.instance.lists, call.number("listId", 0)
    if number not in lists.static:
        raise MarketoError("1013", f"List not found: {number}")
    found, most = lists.static[number], call.instance.world.switches.list_filter_members
    if lists.has_at_least(found, most):
        raise MarketoError("1003", f"The list {number} has {most} members or more")
    members = {person.marketo_id for person in lists.members(found)}
    return members.__contains__


def _record(world: World, change: Change) -> dict[str, Any]:
    return {
        **({"id": change.number} if world.switches.activity_ids else {}),
        "marketoGUID": f"sandbox-{change.number}",
        "leadId": change.marketo_id,
        "activityDate": datetime_text(change.at),
        "activityTypeId": world.type_numbers.get(change.type_id, change.type_id),
        "attributes": [{"name": name, "value": value} for name, value in change.attributes],
    }


def _about(change: Change) -> dict[str, Any]:
    """What an activity is about: the feed of changes does not say (Adobe documentation, "Activities")."""
    return {"primaryAttributeValueId": change.marketo_id, "primaryAttributeValue": change.primary_value}


def _changed(change: Change, names: set[str]) -> dict[str, Any]:
    fields = [
        {"id": position, "name": name, "newValue": _as_text(new), "oldValue": _as_text(old)}
        for position, (name, new, old) in enumerate(change.fields, start=1)
        if name in names
    ]
    return {"fields": fields}


def _as_text(value: Any) -> str | None:
    """A value as the feed of changes writes it: always as text (Adobe's API description)."""
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _make_token(world: World, first: int, position: int) -> str:
    return base64.b32encode(f"activities,{world.started},{first},{position}".encode()).decode()


def _read_token(world: World, token: str) -> tuple[int, int]:
    """The first seeded person, and a position in the log. A token of another log starts at the beginning of it, so that
    its holder misses nothing."""
    try:
        _, started, first, position = base64.b32decode(token).decode().split(",")
        return max(1, int(first)), int(position) if float(started) == world.started else 0
    except ValueError:
        raise MarketoError("1003", "Invalid nextPageToken") from None
