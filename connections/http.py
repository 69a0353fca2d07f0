"""The one place for HTTP to Marketo and Salesforce: a hardened session and the family of errors both clients raise."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

TIMEOUT_SECONDS = (5.0, 60.0)  # connect, read
MAX_BODY_BYTES = 50 * 1024 * 1024
USER_AGENT = "msi-admin"

_EXCERPT_LENGTH = 300
_NAMED_SECRET = re.compile(
    r"""((?:token|secret|password|verifier)["']?\s*[:=]\s*["']?|\bcode=|\bbearer\s)[^\s"'&,}]+""", re.IGNORECASE
)
_SHAPED_SECRET = re.compile(
    r"""\b00D\w{12,15}![\w.]+                               # Salesforce access token
      | \b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:\w+   # Marketo access token
      | \beyJ[\w-]+\.[\w.-]+                                # JSON web token
      | [^\s"'<>:,;@]+@[^\s"'<>:,;@]+                       # e-mail address""",
    re.VERBOSE | re.IGNORECASE,
)


class ApiError(Exception):
    """
    A call to a neighbour that did not succeed. `code` is the neighbour's own code ("603", "INVALID_FIELD") or ours
    ("timeout"); `detail` is the neighbour's text without secrets, for logs and for the sentence shown to a person.
    """

    def __init__(self, service: str, code: str, detail: str = "") -> None:
        self.service, self.code, self.detail = service, code, redact(detail)
        super().__init__(f"{service} {code}: {self.detail}" if detail else f"{service} {code}")


class ReconnectNeeded(ApiError):
    """The stored credentials are refused for good: stop, mark the connection, ask a person to connect again."""


class AccessDenied(ApiError):
    """The credentials are good, but their owner may not do this: an administrator over there must allow it."""


class UnexpectedAnswer(ApiError):
    """The answer is not what the documentation promises; `detail` is a redacted excerpt of it."""


class TransientApiError(ApiError):
    """The same call may succeed later; `retry_after` is in seconds, None when the neighbour did not say."""

    def __init__(self, service: str, code: str, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(service, code, detail)
        self.retry_after = retry_after


class Unreachable(TransientApiError):
    """No complete answer came: name, network, certificate or time-out."""


class RateLimited(TransientApiError):
    """Too many calls just now."""


class QuotaExceeded(ApiError):
    """The day's allowance is used up; `resets_at` is when the next begins (UTC), None when nobody says."""

    def __init__(self, service: str, code: str, detail: str = "", *, resets_at: datetime | None = None) -> None:
        super().__init__(service, code, detail)
        self.resets_at = resets_at


# Told of each call that failed for good: its path and the error.
OnFailure = Callable[[str, ApiError], None]


def redact(text: str) -> str:
    """The text without tokens, secrets and e-mail addresses, cut to what fits in a log line."""
    text = _NAMED_SECRET.sub(r"\1[hidden]", text[: 4 * _EXCERPT_LENGTH])
    return _SHAPED_SECRET.sub("[hidden]", text)[:_EXCERPT_LENGTH]


class BodyTooLarge(requests.RequestException):
    """An answer that should be small is larger than `MAX_BODY_BYTES` (also after decompression)."""


def read_body(response: requests.Response) -> None:
    """Read a streamed answer into memory, so that `.text` and `.json()` work; raises BodyTooLarge."""
    body = bytearray()
    for chunk in response.iter_content(64 * 1024):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            response.close()
            raise BodyTooLarge(response=response)
    response._content = bytes(body)  # noqa: SLF001  requests has no public way to read a body with a limit


class BoundedAdapter(HTTPAdapter):
    """Gives every call a time-out and every unstreamed answer a size limit; a refused connection is tried again."""

    def __init__(self) -> None:
        # Only a connection that was never made is tried again here: nothing can have happened twice.
        super().__init__(
            max_retries=Retry(connect=2, read=False, redirect=False, status=0, other=0, backoff_factor=0.2)
        )

    # A session names every option, so none has to be taken by position.
    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        is_streamed = options.pop("stream", False)
        options["timeout"] = options.get("timeout") or TIMEOUT_SECONDS
        response = super().send(request, stream=True, **options)
        if not is_streamed:
            read_body(response)
        return response


def open_session(*, allowed_hosts: Iterable[str]) -> requests.Session:
    """
    A session that can reach the given origins (`https://host`, as `connections.hosts` returns them) and nothing else:
    a redirect or a next-page link that leads elsewhere ends as an UnexpectedAnswer.
    """
    session = requests.Session()
    session.adapters.clear()
    for origin in allowed_hosts:
        session.mount(f"{origin}/", BoundedAdapter())
    session.headers["User-Agent"] = USER_AGENT
    return session


@contextmanager
def network_errors(service: str) -> Iterator[None]:
    """
    Turn what `requests` raises into our errors. The original is left out on purpose: its text holds the whole address,
    with the query in it.
    """
    try:
        yield
    except requests.exceptions.InvalidSchema:
        raise UnexpectedAnswer(service, "forbidden_host") from None
    except BodyTooLarge:
        raise UnexpectedAnswer(service, "too_large") from None
    except requests.exceptions.JSONDecodeError as error:
        raise UnexpectedAnswer(service, "not_json", error.doc) from None
    except requests.exceptions.SSLError:
        raise Unreachable(service, "certificate") from None
    except requests.exceptions.Timeout:
        raise Unreachable(service, "timeout") from None
    except requests.exceptions.RequestException as error:
        raise Unreachable(service, "connection", type(error).__name__) from None


@contextmanager
def reported_failures(on_failure: OnFailure | None, operation: str) -> Iterator[None]:
    """Tell `on_failure` of an ApiError on its way out; `operation` is the path that was called."""
    try:
        yield
    except ApiError as error:
        if on_failure:
            on_failure(operation, error)
        raise


@contextmanager
def expected_shape(service: str, answer: object) -> Iterator[None]:
    """Turn a missing key or a wrong type met while reading `answer` into an UnexpectedAnswer."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        raise UnexpectedAnswer(service, "unexpected_shape", repr(answer)) from None


def retry_after_seconds(response: requests.Response) -> float | None:
    """The `Retry-After` header when it is a number of seconds."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


class Download:
    """The body of a streamed answer, read piece by piece; `length` is in bytes, None when not known beforehand."""

    def __init__(self, service: str, response: requests.Response, *, skip: int = 0) -> None:
        self._service, self._response, self._skip = service, response, skip
        length = response.headers.get("Content-Length")
        self.length = int(length) - skip if length and "Content-Encoding" not in response.headers else None

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        """Pieces of at most `size` bytes; raises Unreachable when the connection drops before the end."""
        skip = self._skip
        with network_errors(self._service):
            for chunk in self._response.iter_content(size):
                if skip < len(chunk):
                    yield chunk[skip:]
                skip = max(0, skip - len(chunk))
