"""Marketo's REST, bulk extract, user management and identity APIs over a world."""

from datetime import timedelta
from typing import Any

from starlette.routing import Route

from sandbox.marketo import activities, bulk, leads, users
from sandbox.marketo.calls import MarketoCall, route
from sandbox.marketo.envelope import MarketoError, datetime_text, success
from sandbox.marketo.identity import API_USER
from sandbox.marketo.instance import Instance
from sandbox.marketo.limits import central_day
from sandbox.people import DAY
from sandbox.world import World


def routes(world: World) -> list[Route]:
    """All of Marketo's paths, and error 610 for the unknown ones under them."""
    instance = Instance(world)
    return [
        Route("/identity/oauth/token", instance.tokens.answer, methods=["GET", "POST"]),
        *leads.routes(instance),
        *bulk.routes(instance),
        *activities.routes(instance),
        *users.routes(instance),
        route(instance, "/rest/asset/v1/folders.json", get=_folders),
        route(instance, "/rest/v1/stats/usage.json", get=_usage),
        route(instance, "/rest/v1/stats/usage/last7days.json", get=_usage_of_last_week),
        *(route(instance, prefix + "/{rest:path}", get=_unknown, post=_unknown) for prefix in ("/rest", "/bulk")),
    ]


async def _folders(call: MarketoCall) -> dict[str, Any]:
    """The top-level folders, made a day before the first person: what tells a client where history starts."""
    world = call.instance.world
    made = datetime_text(world.deriver.created(1) - DAY) + "+0000"
    folders = [
        {
            "id": number,
            "name": name,
            "createdAt": made,
            "updatedAt": made,
            "folderType": "Zone",
            "path": f"/{name}",
            "isArchive": False,
        }
        for number, name in enumerate(("Default", "Marketing Activities", "Design Studio", "Lead Database"), start=1)
    ]
    start = call.number("offset", 0)
    page = folders[start : start + call.size(200, "maxReturn", 20)]
    if not page:
        return success(world, None, errors=[], warnings=["No assets found for the given search criteria."])
    return success(world, page, errors=[], warnings=[])


async def _usage(call: MarketoCall) -> dict[str, Any]:
    return success(call.instance.world, _usage_of_days(call.instance, 1))


async def _usage_of_last_week(call: MarketoCall) -> dict[str, Any]:
    return success(call.instance.world, _usage_of_days(call.instance, 7))


def _usage_of_days(instance: Instance, days: int) -> list[dict[str, Any]]:
    today = central_day(instance.world.clock.timestamp())
    dates = [today - timedelta(days=back) for back in range(days)]
    totals = ((day, instance.limits.by_day[day]) for day in dates)
    return [
        {"date": str(day), "total": total, "users": [{"userId": API_USER, "count": total}]} for day, total in totals
    ]


async def _unknown(_: MarketoCall) -> dict[str, Any]:
    raise MarketoError("610")
