"""Marketo's REST, bulk extract, user management and identity APIs of an instance."""

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.marketo import activities, bulk, crm, lead_writes, leads, linked_calls, list_calls, stats, users
from sandbox.marketo.calls import MarketoCall, route
from sandbox.marketo.envelope import MarketoError, datetime_text, success
from sandbox.marketo.instance import Instance
from sandbox.marketo.permissions import ANYBODY, READ_ASSETS
from sandbox.people import DAY


def routes(instance: Instance) -> list[Route]:
    """All of Marketo's paths, and error 610 for the unknown ones under them."""
    return [
        Route("/identity/oauth/token", partial(_token, instance), methods=["GET", "POST"]),
        *leads.routes(instance),
        *lead_writes.routes(instance),
        *list_calls.routes(instance),
        *bulk.routes(instance),
        *activities.routes(instance),
        *crm.routes(instance),
        *linked_calls.routes(instance),
        *stats.routes(instance),
        *users.routes(instance),
        route(instance, "/rest/asset/v1/folders.json", READ_ASSETS, get=_folders),
        *(_unknown_route(instance, prefix) for prefix in ("/rest", "/bulk")),
    ]


async def _token(instance: Instance, request: Request) -> Response:
    return await instance.tokens.answer(request)


async def _folders(call: MarketoCall) -> dict[str, Any]:
    """The top-level folders, made a day before the first person: what tells a client where history starts."""
    world = call.instance.world
    made = datetime_text(world.generator.created(1) - DAY) + "+0000"
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


def _unknown_route(instance: Instance, prefix: str) -> Route:
    path, answer = prefix + "/{rest:path}", _unknown
    return route(
        instance, path, ANYBODY, reads_body=False, get=answer, post=answer, put=answer, patch=answer, delete=answer
    )


async def _unknown(_: MarketoCall) -> dict[str, Any]:
    raise MarketoError("610")
