"""Troubles only Salesforce makes, as kinds of faults such as `salesforce:daily_limit`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Names in a request's scope a fault that the resource itself plays.
FAULT: Final = "sandbox.salesforce_fault"


class Canned(NamedTuple):
    """An answer in place of the real one: an error in the list envelope when it has a code, else a text as it is."""

    status: int
    code: str = ""
    message: str = ""
    text: str = ""
    kind: str = "text/html"
    encoding: str = ""


CANNED: Final = {
    "not_for_rest": Canned(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
    "daily_limit": Canned(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    "concurrent_limit": Canned(
        403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    ),
    "api_disabled": Canned(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."),
    "query_timeout": Canned(400, "QUERY_TIMEOUT", "Your query request was running for too long."),
    "invalid_locator": Canned(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
    "results_expired": Canned(404, "NOT_FOUND", "The requested resource does not exist"),
    "row_lock": Canned(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
    "server_unavailable": Canned(503, "SERVER_UNAVAILABLE", "The server is temporarily unavailable"),
    "unknown_after_commit": Canned(
        500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. ErrorId: 1234567890-1 (-123456)"
    ),
    "grant_expired": Canned(
        400,
        text='{"error":"invalid_grant","error_description":"expired access/refresh token"}',
        kind="application/json",
    ),
    "gzip_but_plain": Canned(502, text="<html><body>Bad Gateway</body></html>", encoding="gzip"),
    "no_body": Canned(406),
    "setting_up": Canned(420, text="<html><body>We are setting things up for you.</body></html>"),
}
# What the resources do themselves when they find it in the request's scope.
INNER: Final = ("small_pages", "bulk_failed", "bulk_aborted", "bulk_stuck", "bulk_empty")
PREFIX: Final = "salesforce:"
KINDS: Final = tuple(PREFIX + name for name in (*CANNED, *INNER, "lost_answer", "cut", "hang"))


async def strike(name: str, after_bytes: int | None, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> bool:
    """Answer a call with a fault. False when no answer was given and the connection is to be dropped."""
    if name in {"unknown_after_commit", "lost_answer"}:
        # The call does its work, and the client never hears of it.
        await app(scope, receive, _nowhere)
    if name == "hang":
        while (await receive())["type"] != "http.disconnect":
            pass
    if name in {"hang", "lost_answer"}:
        return False
    if name in INNER:
        await app({**scope, FAULT: name}, receive, send)
    elif name == "cut":
        await app(scope, receive, _ended_early(send, 512 if after_bytes is None else after_bytes))
    else:
        await _canned(send, CANNED[name])
    return True


async def _nowhere(_message: Message) -> None:
    return None


def _ended_early(send: Send, left: int) -> Callable[[Message], Any]:
    """Lets an answer through up to some bytes and then ends it as if it were whole."""
    is_ended = False

    async def limited(message: Message) -> None:
        nonlocal left, is_ended
        if message["type"] == "http.response.start":
            headers = [pair for pair in message["headers"] if pair[0] != b"content-length"]
            await send({**message, "headers": headers})
        elif not is_ended:
            body = message.get("body", b"")[:left]
            left -= len(body)
            is_ended = left == 0
            await send({**message, "body": body, "more_body": not is_ended and message.get("more_body", False)})

    return limited


async def _canned(send: Send, canned: Canned) -> None:
    error = json.dumps([{"message": canned.message, "errorCode": canned.code}])
    content = (error if canned.code else canned.text).encode()
    kind = "application/json;charset=UTF-8" if canned.code else canned.kind
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(content)).encode())]
    if canned.encoding:
        headers.append((b"content-encoding", canned.encoding.encode()))
    await send({"type": "http.response.start", "status": canned.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
