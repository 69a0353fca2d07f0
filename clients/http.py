"""The one place for HTTP to Marketo and Salesforce: a hardened session and the family of errors both clients raise."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any, ClassVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NameResolutionError, ReadTimeoutError

from clients.circuit import Circuit, CircuitOpen, CircuitStorage
from clients.deadline import WATCHED_POOLS, RetryOutsideDeadlines
from clients.hosts import LOGINS_OF_ALL_ORGS, ForbiddenHost, must_be_public
from clients.measures import measured_call
from clients.public import PublicConnectionPool
from clients.values import storable, whole_number
from common.redaction import redact_text

TIMEOUT_SECONDS = (5.0, 60.0)  # connect, read
MAX_BODY_SECONDS = 120.0
# Of a look that nobody waits for.
HURRIED_TIMEOUT_SECONDS = (5.0, 15.0)
HURRIED_BODY_SECONDS = 30.0
MAX_BODY_BYTES = 50 * 1024 * 1024
# Far above the day's 500 MB of Marketo's exports and a page of Salesforce's results.
MAX_FILE_BYTES = 4 * 1024**3
# By then every allowance of a day is fresh.
LONGEST_WAIT_SECONDS = 86_400.0
USER_AGENT = "msi-admin"

_EXCERPT_LENGTH = 300
_is_hurried: ContextVar[bool] = ContextVar("is_hurried", default=False)


class ApiError(Exception):
    """
    A call to a provider that did not succeed. `code` is the provider's own code ("603", "INVALID_FIELD") or ours
    ("timeout"); `detail` is the provider's text without secrets, for logs and for the sentence shown to a person.
    """

    # The kind of error in one word, for counting.
    outcome: ClassVar[str] = "refused"

    def __init__(self, service: str, code: str, detail: str = "") -> None:
        self.service, self.code, self.detail = service, storable(code), storable(redact_text(detail, _EXCERPT_LENGTH))
        # When the connection was made that the call went over; None when nobody said.
        self.connected_at: datetime | None = None
        # The path that was called; empty until `reported_call` has seen the error.
        self.operation = ""
        # For whoever keeps failed calls: this one is kept.
        self.is_kept = False
        super().__init__(f"{service} {self.code}: {self.detail}" if detail else f"{service} {self.code}")


class ReconnectNeeded(ApiError):
    """The stored credentials are refused for good: stop, mark the connection, ask a person to connect again."""

    outcome = "reconnect_needed"


class AccessDenied(ApiError):
    """The credentials are good, but their owner may not do this: an administrator over there must allow it."""

    outcome = "access_denied"


class UnexpectedAnswer(ApiError):
    """The answer is not what the documentation promises; `detail` is a redacted excerpt of it."""

    outcome = "unexpected_answer"


class TransientApiError(ApiError):
    """The same call may succeed later; `retry_after` is in seconds, None when the provider did not say."""

    outcome = "busy"

    def __init__(self, service: str, code: str, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(service, code, detail)
        self.retry_after = retry_after


class Unreachable(TransientApiError):
    """No complete answer came: name, network, certificate or time-out."""

    outcome = "unreachable"


class CircuitOpenError(Unreachable):
    """The call was not made: too many before it failed in a row, and `retry_after` of the pause is left."""

    outcome = "paused"


class RateLimited(TransientApiError):
    """Too many calls just now."""

    outcome = "rate_limited"


class QuotaExceeded(ApiError):
    """The day's allowance is used up; `resets_at` is when the next begins (UTC), None when nobody says."""

    outcome = "quota_exceeded"

    def __init__(self, service: str, code: str, detail: str = "", *, resets_at: datetime | None = None) -> None:
        super().__init__(service, code, detail)
        self.resets_at = resets_at


# Told how each call ended: its path, and the error when it failed for good.
OnCall = Callable[[str, ApiError | None], None]


class BodyTooLarge(requests.RequestException):
    """An answer is larger than `MAX_BODY_BYTES`, a file than `MAX_FILE_BYTES`, also after decompression."""


@contextmanager
def hurried() -> Iterator[None]:
    """Calls inside do not wait long for an answer: a provider that hangs must not keep a worker from other tenants."""
    token = _is_hurried.set(True)
    try:
        yield
    finally:
        _is_hurried.reset(token)


def read_body(response: requests.Response) -> None:
    """
    Read a streamed answer into memory, so that `.text` and `.json()` work.

    Raises BodyTooLarge, and ReadTimeout for one that trickles: the time-out of a call is for each piece of it.
    """
    body, deadline = bytearray(), monotonic() + (HURRIED_BODY_SECONDS if _is_hurried.get() else MAX_BODY_SECONDS)
    for chunk in _pieces(response):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            response.close()
            raise BodyTooLarge(response=response)
        if monotonic() > deadline:
            response.close()
            raise requests.ReadTimeout(response=response)
    response._content = bytes(body)  # noqa: SLF001  requests has no public way to read a body with a limit


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """What has come so far, again and again: `iter_content` would wait until a whole piece is there."""
    try:
        while piece := response.raw.read1(64 * 1024, decode_content=True):
            yield piece
    except ReadTimeoutError:
        raise requests.ReadTimeout(response=response) from None
    except HTTPError as error:
        raise requests.ConnectionError(error, response=response) from None


class BoundedAdapter(HTTPAdapter):
    """
    Gives every call a time-out and every unstreamed answer a size limit; a refused connection is tried again, and an
    endpoint that fails again and again is left alone for a while.
    """

    def __init__(self, circuits: CircuitStorage | None) -> None:
        self._circuits = circuits
        # Only a connection that was never made is tried again here: nothing can have happened twice.
        super().__init__(
            max_retries=RetryOutsideDeadlines(
                connect=2, read=False, redirect=False, status=0, other=0, backoff_factor=0.2, backoff_jitter=0.2
            )
        )

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = WATCHED_POOLS

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = WATCHED_POOLS
        return manager

    # A session names every option, so none has to be taken by position.
    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        is_streamed = options.pop("stream", False)
        usual = HURRIED_TIMEOUT_SECONDS if _is_hurried.get() else TIMEOUT_SECONDS
        options["timeout"] = options.get("timeout") or usual
        with self._observed(request) as observed:
            response = super().send(request, stream=True, **options)
            if not is_streamed:
                read_body(response)
            observed.append(response)
        return response

    @contextmanager
    def _observed(self, request: requests.PreparedRequest) -> Iterator[list[requests.Response]]:
        """Tell the circuit of the endpoint how a call ended; its response is put into the list."""
        responses: list[requests.Response] = []
        if self._circuits is None:
            yield responses
            return
        circuit = Circuit(str(request.url), self._circuits)
        circuit.enter()
        try:
            yield responses
        except (requests.ConnectionError, requests.Timeout):
            circuit.failed()
            raise
        (circuit.failed if _is_down(responses[0]) else circuit.succeeded)()


def _is_down(response: requests.Response) -> bool:
    """The orgs of all companies log in at the same hosts: an error there may be of the one org that was asked for."""
    return response.status_code >= 500 and not str(response.url).startswith(LOGINS_OF_ALL_ORGS)


class PublicAdapter(BoundedAdapter):
    """Refuses names that lead to this machine or into its network. A proxy resolves names itself and is not asked."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"https": PublicConnectionPool}


def open_session(*, allowed_hosts: Iterable[str], circuits: CircuitStorage | None = None) -> "ProviderSession":
    """
    A session that can reach the given origins (`https://host`, as `clients.hosts` returns them) and nothing else:
    a redirect or a next-page link that leads elsewhere ends as an UnexpectedAnswer.

    `circuits` keeps what is known of endpoints that fail again and again; without it each of them is called.
    """
    session = ProviderSession(circuits)
    for origin in allowed_hosts:
        session.allow(origin)
    return session


def open_public_session(origin: str, *, is_local: bool) -> "ProviderSession":
    """
    A session that can reach the origin alone, and follows no redirect. Whoever typed it may be anybody, so that its
    name must lead to a public address, unless it `is_local` by server settings.
    """
    session = _UnledSession(circuits=None)
    session.mount(f"{origin}/", (BoundedAdapter if is_local else PublicAdapter)(None))
    return session


class ProviderSession(requests.Session):
    """Reaches no host until it is allowed."""

    def __init__(self, circuits: CircuitStorage | None) -> None:
        super().__init__()
        self.circuits = circuits
        self.adapters.clear()
        self.headers["User-Agent"] = USER_AGENT

    def allow(self, origin: str) -> None:
        """Let the session reach one more origin."""
        adapter = PublicAdapter if must_be_public(origin) else BoundedAdapter
        self.mount(f"{origin}/", adapter(self.circuits))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """requests reads the body of a redirect before it follows: also of a file, and then without a limit."""
        target = super().get_redirect_target(resp)
        if target and not resp._content:  # noqa: SLF001  not read yet
            read_body(resp)
        return target


class _UnledSession(ProviderSession):
    """
    Looks at no redirect. Told by `allow_redirects` not to follow one, requests still reads the whole body of it into
    memory, unpacked and without a limit, and parses where it leads.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


@contextmanager
def network_errors(service: str) -> Iterator[None]:
    """
    Turn what `requests` raises into our errors. The original is left out on purpose: its text holds the whole address,
    with the query in it.
    """
    try:
        with _json_errors(service):
            yield
    except (requests.exceptions.InvalidSchema, ForbiddenHost):
        raise UnexpectedAnswer(service, "forbidden_host") from None
    except CircuitOpen as pause:
        raise CircuitOpenError(service, "paused", retry_after=pause.seconds) from None
    except BodyTooLarge:
        raise UnexpectedAnswer(service, "too_large") from None
    except requests.exceptions.SSLError:
        raise Unreachable(service, "certificate") from None
    except requests.exceptions.Timeout:
        raise Unreachable(service, "timeout") from None
    except requests.exceptions.RequestException as error:
        code = "name" if _is_unknown_name(error) else "connection"
        raise Unreachable(service, code, type(error).__name__) from None


@contextmanager
def _json_errors(service: str) -> Iterator[None]:
    """Python refuses lists in lists without end, and numbers of thousands of digits, by errors of its own."""
    try:
        yield
    except requests.exceptions.JSONDecodeError as error:
        raise UnexpectedAnswer(service, "not_json", error.doc) from None
    except (requests.exceptions.RequestException, ForbiddenHost):
        raise
    except (ValueError, RecursionError):
        raise UnexpectedAnswer(service, "not_json") from None


def _is_unknown_name(error: requests.exceptions.RequestException) -> bool:
    """Did DNS not know the host?"""
    failed = error.args[0] if error.args else None
    return isinstance(getattr(failed, "reason", None), NameResolutionError)


@contextmanager
def reported_call(on_call: OnCall | None, operation: str, service: str) -> Iterator[None]:
    """Measure a call and tell `on_call` how it ended; `operation` is the path that was called."""
    with measured_call(service) as measure, told_call(on_call, operation):
        try:
            yield
        except ApiError as error:
            measure.outcome = error.outcome
            raise


@contextmanager
def told_call(on_call: OnCall | None, operation: str) -> Iterator[None]:
    """Tell `on_call` how a call ended that another one carried: it takes no time of its own."""
    try:
        yield
    except ApiError as error:
        error.operation = operation
        if on_call:
            on_call(operation, error)
        raise
    if on_call:
        on_call(operation, None)


@contextmanager
def expected_shape(service: str, answer: object) -> Iterator[None]:
    """Turn a missing key or a wrong type met while reading `answer` into an UnexpectedAnswer."""
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        raise UnexpectedAnswer(service, "unexpected_shape", repr(answer)) from None


def retry_after_seconds(response: requests.Response) -> float | None:
    """The `Retry-After` header, which is a number of seconds or a date (RFC 9110); a day at most."""
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return min(float(value), LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
        wait = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, wait), LONGEST_WAIT_SECONDS)


class Download:
    """The body of a streamed answer, read piece by piece; `length` is in bytes, None when not known beforehand."""

    def __init__(self, service: str, response: requests.Response, *, skip: int = 0) -> None:
        self._service, self._response, self._skip = service, response, skip
        length = whole_number(response.headers.get("Content-Length"))
        self.length = None if length is None or "Content-Encoding" in response.headers else length - skip

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        """
        Pieces of at most `size` bytes. Raises Unreachable when the connection drops before the end, UnexpectedAnswer
        when there is none.
        """
        skip, room = self._skip, MAX_FILE_BYTES
        with network_errors(self._service):
            for chunk in self._response.iter_content(size):
                room -= len(chunk)
                if room < 0:
                    self._response.close()
                    raise BodyTooLarge(response=self._response)
                if skip < len(chunk):
                    yield chunk[skip:]
                skip = max(0, skip - len(chunk))
