"""The control API under ``/_sandbox/``: look at the sandbox, change its people, break its calls, move its clock."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox import people_changes
from sandbox.companies import dress
from sandbox.marketo.fields import add_custom_field
from sandbox.pages import render
from sandbox.salesforce.control import ACTIONS, act
from sandbox.salesforce.control import state as org_state
from sandbox.whole import Sandbox

CONSOLE = "/_sandbox/"
FAULTS = "/_sandbox/faults/"
Action = Callable[[Sandbox, dict[str, Any]], Any]


def routes(sandbox: Sandbox) -> list[Route]:
    return [
        Route("/_sandbox/state", _state(sandbox)),
        Route("/_sandbox/calls", _calls(sandbox), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/mailbox", _mailbox(sandbox), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/posts", _posts(sandbox), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/faults", _faults(sandbox), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/faults/clear", _action(sandbox, _clear_faults, FAULTS), methods=["POST"]),
        Route("/_sandbox/people", _action(sandbox, _change_people), methods=["POST"]),
        Route("/_sandbox/fields", _action(sandbox, _add_field), methods=["POST"]),
        Route("/_sandbox/clock", _action(sandbox, _move_clock), methods=["POST"]),
        Route("/_sandbox/switches", _action(sandbox, _set_switches, "/_sandbox/switches/"), methods=["POST"]),
        Route("/_sandbox/reset", _action(sandbox, _reset), methods=["POST"]),
        Route("/_sandbox/salesforce", _actions(sandbox)),
        Route("/_sandbox/salesforce", _action(sandbox, _change_org), methods=["POST"]),
    ]


def _state(sandbox: Sandbox) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return JSONResponse(state(sandbox))

    return endpoint


def state(sandbox: Sandbox) -> dict[str, Any]:
    """Counts (people, Salesforce rows, people by eligibility), the time, the switches and the org's set-up."""
    return {
        **sandbox.world.counts(),
        "now": sandbox.world.clock.now().isoformat(),
        "switches": asdict(sandbox.world.switches),
        "calls": sandbox.world.calls.total,
        "messages": len(sandbox.world.mailbox),
        "changes": len(sandbox.world.changes),
        "org": org_state(sandbox.salesforce),
    }


def _actions(sandbox: Sandbox) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return JSONResponse({"actions": list(ACTIONS), "org": org_state(sandbox.salesforce)})

    return endpoint


def _action(sandbox: Sandbox, action: Action, page: str = CONSOLE) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that reads JSON or a form, and answers JSON to the first and a page to the second."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await _read_body(request)
            answer = action(sandbox, body)
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


def _clear_faults(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    sandbox.world.faults.clear()
    return {"cleared": True}


def _change_people(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    return {"ids": people_changes.apply(sandbox.world, body)}


def _add_field(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    return asdict(add_custom_field(sandbox.world, body))


def _move_clock(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    if "set" in body:
        moment = datetime.fromisoformat(str(body["set"]))
        sandbox.world.clock.set(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    else:
        sandbox.world.clock.advance(float(body.get("advance_seconds", 0)))
    return {"now": sandbox.world.clock.now().isoformat()}


def _set_switches(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    sandbox.world.switches.set(body)
    return asdict(sandbox.world.switches)


def _change_org(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    act(sandbox.salesforce, body)
    return org_state(sandbox.salesforce)


def _reset(sandbox: Sandbox, _: dict[str, Any]) -> dict[str, Any]:
    sandbox.world.reset()
    sandbox.marketo.reset()
    act(sandbox.salesforce, {"action": "reset"})
    dress(sandbox)
    return state(sandbox)


def _listing(
    sandbox: Sandbox, read: Callable[[Sandbox], Any], clear: Callable[[Sandbox], None], page: str
) -> Callable[[Request], Awaitable[Response]]:
    """GET answers a list; DELETE (or POST, for forms) clears it."""

    async def endpoint(request: Request) -> Response:
        if request.method == "GET":
            return JSONResponse(read(sandbox))
        clear(sandbox)
        return RedirectResponse(page, 303) if _is_form(request) else JSONResponse({"cleared": True})

    return endpoint


def _calls(sandbox: Sandbox) -> Callable[[Request], Awaitable[Response]]:
    def read(sandbox: Sandbox) -> list[dict[str, Any]]:
        return [{**asdict(call), "at": call.at.isoformat()} for call in sandbox.world.calls.recent]

    return _listing(sandbox, read, lambda sandbox: sandbox.world.calls.clear(), "/_sandbox/calls/")


def _mailbox(sandbox: Sandbox) -> Callable[[Request], Awaitable[Response]]:
    def read(sandbox: Sandbox) -> list[dict[str, Any]]:
        return [message.as_dict() for message in sandbox.world.mailbox]

    return _listing(sandbox, read, lambda sandbox: sandbox.world.mailbox.clear(), "/_sandbox/mailbox/")


def _posts(sandbox: Sandbox) -> Callable[[Request], Awaitable[Response]]:
    def read(sandbox: Sandbox) -> list[dict[str, Any]]:
        return [asdict(post) for post in sandbox.world.posts]

    return _listing(sandbox, read, lambda sandbox: sandbox.world.posts.clear(), "/_sandbox/posts/")


def _faults(sandbox: Sandbox) -> Callable[[Request], Awaitable[Response]]:
    def read(sandbox: Sandbox) -> list[dict[str, Any]]:
        return [rule.as_dict() for rule in sandbox.world.faults.rules]

    listing = _listing(sandbox, read, lambda sandbox: sandbox.world.faults.clear(), FAULTS)
    add = _action(sandbox, lambda _, body: sandbox.world.faults.add(body).as_dict(), FAULTS)

    async def endpoint(request: Request) -> Response:
        return await (add if request.method == "POST" else listing)(request)

    return endpoint
