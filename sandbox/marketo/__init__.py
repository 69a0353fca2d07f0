"""Marketo's REST, bulk extract, user management and identity APIs of an instance."""

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.marketo import activities, bulk, crm, folders, lead_writes, leads, linked_calls, list_calls, stats, users
from sandbox.marketo.calls import MarketoCall, route
from sandbox.marketo.envelope import MarketoError
from sandbox.marketo.instance import Instance
from sandbox.marketo.permissions import ANYBODY


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
        *folders.routes(instance),
        *(_unknown_route(instance, prefix) for prefix in ("/rest", "/bulk")),
    ]


async def _token(instance: Instance, request: Request) -> Response:
    return await instance.tokens.answer(request)


def _unknown_route(instance: Instance, prefix: str) -> Route:
    path, answer = prefix + "/{rest:path}", _unknown
    return route(
        instance, path, ANYBODY, reads_body=False, get=answer, post=answer, put=answer, patch=answer, delete=answer
    )


async def _unknown(_: MarketoCall) -> dict[str, Any]:
    raise MarketoError("610")
