"""The JSON envelope of Marketo's REST answers, its error codes, and the shape of its datetimes."""

import gzip
import json
import secrets
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from sandbox.world import World

MESSAGES: Final = {
    "601": "Access token invalid",
    "602": "Access token expired",
    "603": "Access denied",
    "604": "Request timed out",
    "606": "Max rate limit '100' exceeded with in '20' secs",
    "607": "Daily API Request Limit Reached",
    "608": "API Temporarily Unavailable",
    "609": "Invalid JSON",
    "610": "Requested resource not found",
    "611": "System error",
    "612": "Invalid Content Type",
    "614": "Invalid Subscription",
    "615": "Concurrent access limit '10' reached",
    "713": "Transient Error",
    "1029": "Too many jobs in queue",
    "1035": "Unsupported filter type for target subscription: updatedAt",
}
SMALLEST_GZIP: Final = 1_024


class MarketoError(Exception):
    """A refused call: the code and message that go into the envelope."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or MESSAGES[code])
        self.code = code


def _request_id(world: World) -> str:
    return f"{secrets.randbelow(1 << 20):x}#{int(world.clock.timestamp() * 1000):x}"


def success(world: World, result: list[Any] | None, **more: Any) -> dict[str, Any]:
    """An envelope whose ``result`` is left out when None."""
    body: dict[str, Any] = {"requestId": _request_id(world)}
    if result is not None:
        body["result"] = result
    return {**body, "success": True, **more}


def failure(world: World, code: str, message: str = "") -> dict[str, Any]:
    error = {"code": code, "message": message or MESSAGES.get(code, "System error")}
    return {"requestId": _request_id(world), "success": False, "errors": [error]}


def json_answer(request: Request, body: Any, status: int = 200) -> Response:
    """Compressed only when asked for and worth it, as Marketo does (Adobe documentation, "Transmission type")."""
    content = json.dumps(body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json;charset=UTF-8", "Vary": "Accept-Encoding"}
    if len(content) >= SMALLEST_GZIP and "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, compresslevel=1)
        headers["Content-Encoding"] = "gzip"
    return Response(content, status, headers)


@lru_cache(maxsize=1024)
def day_text(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).date().isoformat()


def datetime_text(seconds: float) -> str:
    """``2024-03-20T06:45:20Z``"""
    days, rest = divmod(int(seconds), 86_400)
    minutes, second = divmod(rest, 60)
    hour, minute = divmod(minutes, 60)
    return f"{day_text(days)}T{hour:02d}:{minute:02d}:{second:02d}Z"


def read_datetime(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 datetime or date; without a zone it is UTC. MarketoError 704 for other text."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, AttributeError):
        raise MarketoError("704", f"Invalid date format: {text}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
