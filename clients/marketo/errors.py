"""From Marketo's error codes (Adobe documentation, "Error Codes") to the error family of `clients.http`."""

from datetime import UTC, datetime, timedelta
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
    expected_shape,
    retry_after_seconds,
)
from clients.marketo.types import CENTRAL

SERVICE = "marketo"

_TOKEN_REFUSED = {"601", "602"}
_TRY_LATER = {"500", "502", "503", "604", "608", "611", "614", "713", "719"}
_CLOCKS_DIFFER = timedelta(minutes=2)
_RATE_LIMIT_SECONDS = {"606": 20.0, "615": 2.0}  # the window of the one; the other clears as calls end


class TokenRefused(ReconnectNeeded):
    """The access token is not, or no longer, valid; a new one may be."""


class ExportQueueFull(RateLimited):
    """Ten bulk jobs wait or run already, perhaps those of other tools."""


class ExportAlreadyQueued(ApiError):
    """The export is in the queue: go on with asking for its status."""


class FilterUnavailable(ApiError):
    """This Marketo subscription does not offer the filter for bulk extracts."""


class ExportFileMissing(ApiError):
    """There is no file: the export is not finished, expired, or belongs to another API user."""


def raise_for_error(response: requests.Response) -> None:
    """Raise the typed error an answer stands for; Marketo reports most errors with HTTP status 200."""
    if "application/json" in response.headers.get("Content-Type", ""):
        _raise_for_envelope(response.json())
    if response.status_code >= 300:
        _raise_for_status(response)


def _raise_for_envelope(answer: Any) -> None:
    # Lists come from user management, which has no envelope.
    if not isinstance(answer, dict) or not (answer.get("errors") or answer.get("success") is False):
        return
    with expected_shape(SERVICE, answer):
        first = answer["errors"][0]
        error = error_for_code(str(first["code"]), str(first["message"]))
    raise error


def _raise_for_status(response: requests.Response) -> None:
    code, retry_after = str(response.status_code), retry_after_seconds(response)
    if response.status_code == 429:
        raise RateLimited(SERVICE, code, retry_after=retry_after)
    if response.status_code >= 500:
        raise TransientApiError(SERVICE, code, retry_after=retry_after)
    if response.status_code in (401, 403):
        raise AccessDenied(SERVICE, code)
    raise UnexpectedAnswer(SERVICE, code, response.text)


def error_for_code(code: str, message: str) -> ApiError:
    """The typed error for an error of an answer."""
    if code in _TOKEN_REFUSED:
        return TokenRefused(SERVICE, code, message)
    if code in _RATE_LIMIT_SECONDS:
        return RateLimited(SERVICE, code, message, retry_after=_RATE_LIMIT_SECONDS[code])
    if code in _TRY_LATER:
        return TransientApiError(SERVICE, code, message)
    if code == "607":
        return QuotaExceeded(SERVICE, code, message, resets_at=next_quota_reset())
    if code == "1029":
        return _export_refused(message)
    kind = {"603": AccessDenied, "1035": FilterUnavailable}.get(code, ApiError)
    return kind(SERVICE, code, message)


def _export_refused(message: str) -> ApiError:
    # One code, three meanings: only the text tells them apart.
    text = message.lower()
    if "quota" in text:
        return QuotaExceeded(SERVICE, "1029", message, resets_at=next_quota_reset())
    if "already queued" in text:
        return ExportAlreadyQueued(SERVICE, "1029", message)
    return ExportQueueFull(SERVICE, "1029", message, retry_after=60)


def next_quota_reset() -> datetime:
    """
    When Marketo's daily quotas begin anew: midnight in US Central time, answered in UTC. The last one, right after it:
    what is refused then was asked before, or by another clock, and need not wait for a day.
    """
    earlier = datetime.now(CENTRAL) - _CLOCKS_DIFFER
    midnight = (earlier + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.astimezone(UTC)
