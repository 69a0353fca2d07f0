"""From Salesforce's error codes (REST API Developer Guide) to the error family of `clients.http`."""

import re
from typing import Any

import requests

from clients.http import (
    AccessDenied,
    ApiError,
    QuotaExceeded,
    RateLimited,
    ReconnectNeeded,
    TransientApiError,
    UnexpectedAnswer,
    retry_after_seconds,
)

SERVICE = "salesforce"

_TRY_LATER = {"UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION"}
_TRY_LATER_STATUSES = {406, 420}  # edge servers, while an org is being moved
# An object that the user may not see is to them one that does not exist: INVALID_TYPE.
_NO_ACCESS = re.compile(r"API_DISABLED_FOR_ORG|API_CURRENTLY_DISABLED|INSUFFICIENT_ACCESS\w*|INVALID_TYPE")
_LONG_REQUESTS_SECONDS = 30.0
_NOT_VALID_YET = "not valid for use with the REST API"
_NOT_VALID_SECONDS = 60.0
_USERINFO_REFUSAL = "Bad_OAuth_Token"  # userinfo answers 403 and this word where the REST API answers 401


class SessionExpired(ReconnectNeeded):
    """The access token is no longer valid; a refreshed one may be."""


class QueryInterrupted(TransientApiError):
    """The cursor of a query is gone: ask again from the last record that was kept, not from the next page."""


def raise_for_error(response: requests.Response) -> None:
    """Raise the typed error an answer stands for; does nothing for a good one, or one that leads elsewhere."""
    if response.status_code < 300 or response.is_redirect:
        return
    if response.status_code < 400:
        raise UnexpectedAnswer(SERVICE, str(response.status_code))
    raise error_of(response.status_code, _content(response), retry_after_seconds(response))


def refusal_in(text: str) -> AccessDenied | None:
    """The refusal that the error text of a bulk job tells: a job may be taken on and fail by it later."""
    found = _NO_ACCESS.search(text)
    return AccessDenied(SERVICE, found[0], text) if found else None


def error_of(status: int, content: object, retry_after: float | None = None) -> ApiError:
    """The typed error for a status of 400 or more and what came with it: that of a call, or of a part of one."""
    code, message = _code_and_message(status, content)
    if status == 401 or message == _USERINFO_REFUSAL:
        return _refused_token(code, message)
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _limit_reached(code, message)
    kind = _kind(status, code)
    if issubclass(kind, TransientApiError):
        return kind(SERVICE, code, message, retry_after=retry_after)
    return kind(SERVICE, code, message)


def _kind(status: int, code: str) -> type[ApiError]:
    if "QUERY_LOCATOR" in code:
        return QueryInterrupted
    if status == 429:
        return RateLimited
    if status >= 500 or status in _TRY_LATER_STATUSES or code in _TRY_LATER:
        return TransientApiError
    if status == 403 or _NO_ACCESS.fullmatch(code):
        return AccessDenied
    return ApiError


def _refused_token(code: str, message: str) -> ApiError:
    # A token without the scope "api" gets the same answer, but so does one that Salesforce has only just given, until
    # all its servers know it (the forums of Salesforce and of its tools are full of both): whoever waits finds out.
    if _NOT_VALID_YET in message:
        return TransientApiError(SERVICE, code, message, retry_after=_NOT_VALID_SECONDS)
    return SessionExpired(SERVICE, code, message)


def _limit_reached(code: str, message: str) -> ApiError:
    # One code for the day's quota and for too many long requests at once: only the text tells them apart.
    if message.startswith("Concurrent"):
        return RateLimited(SERVICE, code, message, retry_after=_LONG_REQUESTS_SECONDS)
    return QuotaExceeded(SERVICE, code, message)


def _content(response: requests.Response) -> Any:
    try:
        return response.json()
    except requests.exceptions.JSONDecodeError:
        return response.text


def _code_and_message(status: int, content: object) -> tuple[str, str]:
    """Errors come as a list of objects, as one object, as text or HTML, or with no body at all."""
    first = content[0] if content and isinstance(content, list) else content
    if not isinstance(first, dict):
        return str(status), str(first)
    return str(first.get("errorCode", status)), _sentence(str(first.get("message", "")))


def _sentence(message: str) -> str:
    """What a compile error says, without the line of the query (which may name people) before it."""
    return re.split(r"ERROR at Row:\d+:Column:\d+\s*", message)[-1].strip()
