"""Errors of the API as "problem details" (RFC 9457), whichever part of the console found them."""

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse

MEDIA_TYPE = "application/problem+json"
# What to do, for errors that say no more themselves.
DETAILS = {
    400: "The request could not be read.",
    403: "The request may not be made.",
    404: "There is no such address, or nothing there that this token may read.",
    405: "This API is for reading: use GET.",
    406: "Answers come as application/json; the header Accept leaves that out.",
    413: "The request is too large: this API takes no body.",
    503: "A part of the console is away for a moment. Try again later.",
}


def problem_details(status: int, detail: str = "", **more: Any) -> dict[str, Any]:
    """The members of RFC 9457 for a status, with some of our own; without a `detail` what is usual for the status."""
    title = HTTPStatus(status).phrase
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail or DETAILS.get(status, ""),
        **more,
    }


def problem(status: int, detail: str = "", **more: Any) -> HttpResponse:
    """The same as an answer."""
    return turn_into_problem(HttpResponse(status=status), problem_details(status, detail, **more))


def turn_into_problem(response: HttpResponse, details: dict[str, Any]) -> HttpResponse:
    """Let an answer say this instead; its headers stay."""
    response.content = json.dumps(details).encode()
    response["Content-Type"] = MEDIA_TYPE
    response["Cache-Control"] = "no-store"
    if "Content-Length" in response:
        response["Content-Length"] = len(response.content)
    return response


def is_problem(response: HttpResponse) -> bool:
    return response.get("Content-Type", "").startswith(MEDIA_TYPE)
