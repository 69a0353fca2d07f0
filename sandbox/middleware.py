"""What happens around every call: the call log and the injected faults."""

import json
import re
import time
from typing import Any, Final

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.calls import Call
from sandbox.faults import Fault
from sandbox.marketo.envelope import failure
from sandbox.world import World

CONTROL_PREFIX: Final = "/_sandbox"
LONGEST_URI: Final = 8_192
LONGEST_STALL: Final = 600


class Observer:
    """Outermost layer: logs each call of the two services, and lets faults strike."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.app = app
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL_PREFIX):
            await self.app(scope, receive, send)
            return
        # Clients join hosts and paths carelessly; both services tolerate doubled slashes.
        scope["path"] = re.sub("//+", "/", scope["path"])
        await self._observe(scope, receive, send)

    async def _observe(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        status = 0

        async def note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        fault = self.world.faults.strike(scope["path"])
        try:
            await self._answer(scope, receive, note, send, fault)
        finally:
            elapsed = (time.perf_counter() - started) * 1000
            kind = fault.kind if fault else ""
            self.world.calls.add(
                Call(self.world.clock.now(), scope["method"], scope["path"], status, round(elapsed, 1), kind)
            )

    async def _answer(self, scope: Scope, receive: Receive, note: Send, send: Send, fault: Fault | None) -> None:
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LONGEST_URI:
            await _plain(note, 414, "text/html", b"<html><h1>414 Request-URI Too Large</h1></html>")
        elif fault is None:
            await self.app(scope, receive, note)
        elif fault.kind in {"truncate", "stall"}:
            await self.app(scope, receive, _cut(note, send, receive, fault))
        elif fault.kind == "reset":
            _drop(send)
        else:
            status, kind, body = self._refusal(scope["path"], fault.kind)
            await _plain(note, status, kind, body)

    def _refusal(self, path: str, kind: str) -> tuple[int, str, bytes]:
        name, _, code = kind.partition(":")
        if name == "status":
            return (
                int(code),
                "text/html",
                f"<html><body><h1>{code}</h1>The sandbox was asked to fail.</body></html>".encode(),
            )
        if name == "token_expired" and path.startswith("/services"):
            error = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
            return 401, "application/json", json.dumps(error).encode()
        return 200, "application/json;charset=UTF-8", json.dumps(failure(self.world, code or "602")).encode()


def _cut(note: Send, send: Send, receive: Receive, fault: Fault) -> Send:
    """Let an answer through up to some bytes of its body, then drop the connection or fall silent."""
    left = 512 if fault.after_bytes is None else fault.after_bytes

    async def limited(message: Message) -> None:
        nonlocal left
        body = message.get("body", b"")
        if message["type"] != "http.response.body" or len(body) < left:
            left -= len(body)
            await note(message)
            return
        await note({"type": "http.response.body", "body": body[:left], "more_body": True})
        if fault.kind == "stall":
            await _until_gone(receive)
        _drop(send)

    return limited


async def _until_gone(receive: Receive) -> None:
    with anyio.move_on_after(LONGEST_STALL):
        while (await receive())["type"] != "http.disconnect":
            pass


def _drop(send: Any) -> None:
    """Close the connection without a word. ASGI has no word for it; uvicorn's ``send`` knows the transport."""
    send.__self__.transport.abort()


async def _plain(send: Send, status: int, kind: str, body: bytes) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
