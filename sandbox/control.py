"""The control API under ``/_sandbox/``: look at the sandbox, change its people, break its calls, move its clock."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox import marketo, people_changes, salesforce
from sandbox.marketo.fields import add_custom_field
from sandbox.pages import render
from sandbox.salesforce.control import ACTIONS
from sandbox.world import World

CONSOLE = "/_sandbox/"
FAULTS = "/_sandbox/faults/"
Action = Callable[[World, dict[str, Any]], Any]


def routes(world: World) -> list[Route]:
    return [
        Route("/_sandbox/state", _state(world)),
        Route("/_sandbox/calls", _calls(world), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/mailbox", _mailbox(world), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/faults", _faults(world), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/faults/clear", _action(world, _clear_faults, FAULTS), methods=["POST"]),
        Route("/_sandbox/people", _action(world, _change_people), methods=["POST"]),
        Route("/_sandbox/fields", _action(world, _add_field), methods=["POST"]),
        Route("/_sandbox/clock", _action(world, _move_clock), methods=["POST"]),
        Route("/_sandbox/switches", _action(world, _set_switches, "/_sandbox/switches/"), methods=["POST"]),
        Route("/_sandbox/reset", _action(world, _reset), methods=["POST"]),
        Route("/_sandbox/salesforce", _actions(world)),
        Route("/_sandbox/salesforce", _action(world, salesforce.control), methods=["POST"]),
    ]


def _state(world: World) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return JSONResponse(state(world))

    return endpoint


def state(world: World) -> dict[str, Any]:
    """Counts (people, Salesforce rows, people by eligibility), the time, the switches and the org's set-up."""
    return {
        **world.counts(),
        "now": world.clock.now().isoformat(),
        "switches": asdict(world.switches),
        "calls": world.calls.total,
        "messages": len(world.mailbox),
        "changes": len(world.changes),
        "org": salesforce.state(world),
    }


def _actions(world: World) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return JSONResponse({"actions": list(ACTIONS), "org": salesforce.state(world)})

    return endpoint


def _action(world: World, action: Action, page: str = CONSOLE) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads JSON or a form, and answers JSON to the first and a page to the second."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await _read_body(request)
            answer = action(world, body)
        except ValueError as error:
            if _is_form(request):
                return render(request, "problem.html", {"problem": str(error), "back": page}, 400)
            return JSONResponse({"error": str(error)}, 400)
        return RedirectResponse(page, 303) if _is_form(request) else JSONResponse(answer)

    return endpoint


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


async def _read_body(request: Request) -> dict[str, Any]:
    if _is_form(request):
        return dict(await request.form())
    try:
        return dict(json.loads(await request.body() or b"{}"))
    except (TypeError, ValueError):
        raise ValueError("The body must be a JSON object.") from None


def _clear_faults(world: World, _: dict[str, Any]) -> dict[str, Any]:
    world.faults.clear()
    return {"cleared": True}


def _change_people(world: World, body: dict[str, Any]) -> dict[str, Any]:
    return {"ids": people_changes.apply(world, body)}


def _add_field(world: World, body: dict[str, Any]) -> dict[str, Any]:
    return asdict(add_custom_field(world, body))


def _move_clock(world: World, body: dict[str, Any]) -> dict[str, Any]:
    if "set" in body:
        moment = datetime.fromisoformat(str(body["set"]))
        world.clock.set(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    else:
        world.clock.advance(float(body.get("advance_seconds", 0)))
    return {"now": world.clock.now().isoformat()}


def _set_switches(world: World, body: dict[str, Any]) -> dict[str, Any]:
    world.switches.set(body)
    return asdict(world.switches)


def _reset(world: World, _: dict[str, Any]) -> dict[str, Any]:
    world.reset()
    marketo.reset(world)
    salesforce.control(world, {"action": "reset"})
    return state(world)


def _listing(
    world: World, read: Callable[[World], Any], clear: Callable[[World], None], page: str
) -> Callable[[Request], Awaitable[Response]]:
    """GET answers a list; DELETE (or POST, for forms) clears it."""

    async def endpoint(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse(read(world))
        clear(world)
        return RedirectResponse(page, 303) if _is_form(request) else JSONResponse({"cleared": True})

    return endpoint


def _calls(world: World) -> Callable[[Request], Awaitable[Response]]:
    def read(world: World) -> list[dict[str, Any]]:
        return [{**asdict(call), "at": call.at.isoformat()} for call in world.calls.recent]

    return _listing(world, read, lambda world: world.calls.clear(), "/_sandbox/calls/")


def _mailbox(world: World) -> Callable[[Request], Awaitable[Response]]:
    def read(world: World) -> list[dict[str, Any]]:
        return [message.as_dict() for message in world.mailbox]

    return _listing(world, read, lambda world: world.mailbox.clear(), "/_sandbox/mailbox/")


def _faults(world: World) -> Callable[[Request], Awaitable[Response]]:
    def read(world: World) -> list[dict[str, Any]]:
        return [rule.as_dict() for rule in world.faults.rules]

    listing = _listing(world, read, lambda world: world.faults.clear(), FAULTS)
    add = _action(world, lambda _, body: world.faults.add(body).as_dict(), FAULTS)

    async def endpoint(request: Request) -> Response:
        return await (add if request.method == "POST" else listing)(request)

    return endpoint
