"""What happens around every call: the call log and the injected faults."""

import json
import re
import time
from typing import Any, Final

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox import salesforce_faults
from sandbox.calls import Call
from sandbox.faults import DELAY_KEY, FAULT_KEY, Fault
from sandbox.marketo.envelope import failure
from sandbox.retold import retell
from sandbox.whole import Sandbox

CONTROL_PREFIX: Final = "/_sandbox"
LIMITED_PREFIXES: Final = ("/rest/", "/bulk/")
SALESFORCE_PREFIX: Final = "/services/"
LONGEST_MARKETO_URI: Final = 8_192
LONGEST_SALESFORCE_URI: Final = 16_384
TOO_LONG: Final = b"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>"
LONGEST_STALL: Final = 600


class Observer:
    """Outermost layer: logs each call of the two services, and lets faults strike."""

    def __init__(self, app: ASGIApp, sandbox: Sandbox) -> None:
        self.app = app
        self.sandbox = sandbox
        self.world = sandbox.world

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

        fault = self.world.faults.strike(scope["path"], self._client_id(scope))
        try:
            await self._answer(scope, receive, note, send, fault)
        except ClientDisconnect:
            # Whoever asked has gone away in the middle of the question.
            _drop(send)
        finally:
            elapsed = (time.perf_counter() - started) * 1000
            kind = fault.kind if fault else scope.get(FAULT_KEY, "")
            self.world.calls.add(
                Call(self.world.clock.now(), scope["method"], scope["path"], status, round(elapsed, 1), kind)
            )

    def _client_id(self, scope: Scope) -> str:
        client = self.sandbox.marketo.tokens.client_of(Request(scope))
        return client.client_id if client else ""

    async def _answer(self, scope: Scope, receive: Receive, note: Send, send: Send, fault: Fault | None) -> None:
        if _is_too_long(scope):
            await _plain(note, 414, "text/html", TOO_LONG)
        elif fault is None:
            await self._tell(scope, receive, note)
        else:
            await self._inject(fault, scope, receive, note, send)

    async def _tell(self, scope: Scope, receive: Receive, note: Send) -> None:
        changes = [told.change for told in self.world.retellings if told.path.search(scope["path"])]
        if changes:
            # What is compressed cannot be changed.
            scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        await self.app(scope, receive, retell(note, changes) if changes else note)

    async def _inject(self, fault: Fault, scope: Scope, receive: Receive, note: Send, send: Send) -> None:
        if fault.kind in {"truncate", "stall"}:
            await self.app(scope, receive, _cut(note, send, receive, fault))
        elif fault.kind == "reset":
            _drop(send)
        elif fault.kind.startswith(salesforce_faults.PREFIX):
            name = fault.kind.removeprefix(salesforce_faults.PREFIX)
            if not await salesforce_faults.strike(name, fault.after_bytes, self.app, scope, receive, note):
                _drop(send)
        elif fault.kind in {"delay", "corrupt"} or self._spoil_token(scope, fault):
            scope[DELAY_KEY] = fault.seconds or 0
            if not scope["path"].startswith(LIMITED_PREFIXES):
                await anyio.sleep(scope[DELAY_KEY])
            await self.app(scope, receive, _corrupted(note, fault) if fault.kind == "corrupt" else note)
        else:
            status, kind, body = self._refusal(fault)
            await _plain(note, status, kind, body)

    def _spoil_token(self, scope: Scope, fault: Fault) -> bool:
        """End the Marketo token that a call carries, if that is the fault: the call itself then learns of it."""
        if not fault.kind.startswith("token") or scope["path"].startswith(SALESFORCE_PREFIX):
            return False
        tokens = self.sandbox.marketo.tokens
        (tokens.expire if fault.kind == "token_expired" else tokens.revoke)(Request(scope))
        return True

    def _refusal(self, fault: Fault) -> tuple[int, str, bytes]:
        name, _, code = fault.kind.partition(":")
        if name == "status":
            return (
                int(code),
                "text/html",
                f"<html><body><h1>{code}</h1>The sandbox was asked to fail.</body></html>".encode(),
            )
        if name.startswith("token"):
            error = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
            return 401, "application/json", json.dumps(error).encode()
        self.sandbox.marketo.limits.note_error(code)
        return 200, "application/json;charset=UTF-8", json.dumps(failure(self.world, code, fault.message)).encode()


def _is_too_long(scope: Scope) -> bool:
    """Salesforce counts the headers too."""
    length = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    if not scope["path"].startswith(SALESFORCE_PREFIX):
        return length > LONGEST_MARKETO_URI
    return length + sum(len(name) + len(value) for name, value in scope["headers"]) > LONGEST_SALESFORCE_URI


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


def _corrupted(note: Send, fault: Fault) -> Send:
    """Let an answer through with one byte changed, so that its length is right and its checksum is not."""
    left = 512 if fault.after_bytes is None else fault.after_bytes

    async def changed(message: Message) -> None:
        nonlocal left
        body = message.get("body", b"")
        if 0 <= left < len(body):
            message = {**message, "body": body[:left] + bytes([body[left] ^ 1]) + body[left + 1 :]}
        left -= len(body)
        await note(message)

    return changed


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
