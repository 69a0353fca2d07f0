"""The session and the errors under both clients, against a server that misbehaves."""

import contextlib
import gzip
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import time_machine
from pytest_django import Settings

from clients import http
from clients.deadline import deadline
from connections.models import Service
from notifications.models import Trouble
from notifications.senders import posting
from notifications.senders.taking import NotTaken
from problems.codes import problem_code
from problems.messages import problem_for
from sandbox.testing import SandboxProcess


@pytest.mark.parametrize(
    "text",
    [
        '{"access_token": "SECRET-1", "expires_in": 5}',
        "{'refresh_token': 'SECRET-1'}",
        "Authorization: Bearer SECRET-1",
        "https://x.example/?client_secret=SECRET-1&a=b",
        "session 00D000000000001AAA!SECRET.1 is invalid",
        "token 12345678-1234-1234-1234-123456789abc:SECRET is invalid",
        "mail to secret@acme.example",
    ],
)
def test_no_secret_is_left_in_an_error(text: str) -> None:
    error = http.UnexpectedAnswer("marketo", "unexpected_shape", text)
    assert "secret" not in (str(error) + repr(error) + error.detail).replace("client_secret", "").lower()


ODD_JSON = {"/deep": b"[" * 200_000, "/digits": b"[" + b"9" * 10_000 + b"]", "/nul": b"\0", "/torn": b"\xff\xfe"}


class Provider(BaseHTTPRequestHandler):
    """A server that misbehaves in the ways its path names."""

    def do_GET(self) -> None:
        if self.path == "/silent":
            self.rfile.read(1)  # until the client gives up
        elif self.path == "/trickle":
            self._trickle()
        elif self.path in ODD_JSON:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(ODD_JSON[self.path])
        elif self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/away?"))
            self.end_headers()
        else:
            self._answer_too_much()

    def do_POST(self) -> None:
        """A header of ten seconds, one byte at a time."""
        self.send_response(200)
        self.flush_headers()
        with contextlib.suppress(OSError):
            for _ in range(500):
                self.wfile.write(b"X")
                time.sleep(0.02)

    def _answer_too_much(self) -> None:
        path, _, target = self.path.partition("?")
        self.send_response(302 if target else 200)
        if target:
            self.send_header("Location", target)
        if path == "/bomb":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if path == "/bomb":
            self.wfile.write(gzip.compress(bytes(20_000_000)))
        elif self.path == "/endless":
            self._write_for_ever()

    def _trickle(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(b" ")
                time.sleep(0.02)

    def _write_for_ever(self) -> None:
        try:
            while True:
                self.wfile.write(b" " * 1_000_000)
        except OSError:
            pass

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("target", ["http://169.254.169.254/", "http://localhost/", "https://evil.example/"])
def test_a_redirect_to_another_host_is_not_followed(provider: str, target: str) -> None:
    """Security statement 12: also one to the address of a cloud's metadata."""
    session = http.open_session(allowed_hosts=[provider])
    with pytest.raises(http.UnexpectedAnswer, match="forbidden_host"), http.network_errors("marketo"):
        session.get(f"{provider}/away?{target}")


@pytest.mark.parametrize("path", ["/endless", "/bomb"])
def test_an_answer_that_is_too_large_is_cut_off(provider: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Security statement 16: an endless stream, and a zip bomb after it was unpacked."""
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 10_000_000)
    session = http.open_session(allowed_hosts=[provider])
    with pytest.raises(http.UnexpectedAnswer, match="too_large"), http.network_errors("marketo"):
        session.get(provider + path)


@pytest.mark.parametrize("path", ODD_JSON)
def test_json_that_nobody_can_read_is_an_answer_that_was_not_expected(provider: str, path: str) -> None:
    """Security statement 16: two of these were errors of ours."""
    session = http.open_session(allowed_hosts=[provider])
    with pytest.raises(http.UnexpectedAnswer, match="not_json"), http.network_errors("marketo"):
        session.get(provider + path).json()


def test_an_error_says_what_a_database_can_hold() -> None:
    error = http.ApiError("Salesforce", "ODD\0", "Not\0 today \ud800")
    assert (error.code, error.detail, str(error)) == ("ODD", "Not today \\ud800", "Salesforce ODD: Not today \\ud800")


def test_a_closed_port_is_unreachable_and_its_error_hides_the_query() -> None:
    origin = "http://127.0.0.1:1"
    session = http.open_session(allowed_hosts=[origin])
    with pytest.raises(http.Unreachable) as caught, http.network_errors("marketo"):
        session.get(f"{origin}/", params={"q": "Maria"})
    assert "Maria" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("service", Service)
def test_an_operator_is_told_what_keeps_everything_from_being_reached(service: Service) -> None:
    """All of it was called an answer that did not come in time, and only the log knew better."""
    origin = "http://nobody.invalid"
    session = http.open_session(allowed_hosts=[origin])
    with pytest.raises(http.Unreachable) as caught, http.network_errors(service):
        session.get(f"{origin}/")
    codes = [problem_code(error) for error in (caught.value, http.Unreachable(service, "certificate"))]
    assert codes == [f"{service}_unknown_name", f"{service}_certificate"]
    assert all("operator" in str(problem_for(code).todo) for code in codes)
    assert problem_code(http.Unreachable(service, "connection")) == f"{service}_unreachable"


def test_a_silent_server_is_given_up(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Security statement 15: a server that takes the call and never answers."""
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", (0.2, 0.2))
    session = http.open_session(allowed_hosts=[provider])
    with pytest.raises(http.Unreachable, match="timeout"), http.network_errors("marketo"):
        session.get(f"{provider}/silent")


def test_a_look_that_nobody_waits_for_gives_up_sooner(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hung provider kept a shared worker for a minute with each regular look."""
    monkeypatch.setattr(http, "HURRIED_TIMEOUT_SECONDS", (0.2, 0.2))
    monkeypatch.setattr(http, "HURRIED_BODY_SECONDS", 0.2)
    session = http.open_session(allowed_hosts=[provider])
    with http.hurried():
        for path in ("silent", "trickle"):
            with pytest.raises(http.Unreachable, match="timeout"), http.network_errors("marketo"):
                session.get(f"{provider}/{path}")
    assert not http._is_hurried.get()


def test_an_answer_that_trickles_is_given_up(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Security statement 15: each piece comes in time, and the whole would take hours."""
    monkeypatch.setattr(http, "MAX_BODY_SECONDS", 0.2)
    session = http.open_session(allowed_hosts=[provider])
    with pytest.raises(http.Unreachable, match="timeout"), http.network_errors("marketo"):
        session.get(f"{provider}/trickle")


def test_a_receiver_of_messages_that_trickles_is_given_up(
    provider: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its headers, too, of which each piece comes in time; and one that is only reached when the time is over."""
    settings.SANDBOX_ORIGIN = provider
    for seconds in (0.2, 0.0):
        monkeypatch.setattr(posting, "DEADLINE_SECONDS", seconds)
        with pytest.raises(NotTaken) as refusal:
            posting.post(f"{provider}/hooks/", b"{}", {})
        assert refusal.value.trouble == Trouble.TIMEOUT


@pytest.mark.parametrize("target", ["/hooks/", "http://["])
def test_nothing_is_read_of_a_redirect_of_a_receiver(provider: str, target: str) -> None:
    """
    Security statement 16: a zip bomb in one was unpacked as a whole, and a member could end every process that sent
    messages; an address that is none was an error of ours.
    """
    with (
        http.open_public_session(provider, is_local=True) as session,
        session.get(f"{provider}/bomb?{target}", stream=True) as response,
    ):
        assert (response.status_code, response.raw.tell()) == (302, 0)


class TestAddressesThatDoNotAnswer:
    """A name with twenty addresses, each of which takes as long to connect to as it may."""

    @pytest.fixture
    def tried(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
        tried: list[tuple[str, float]] = []
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"93.184.215.{last}", 443)) for last in range(1, 21)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)

        def connect(address: tuple[str, int], seconds: float, **_options: object) -> socket.socket:
            tried.append((address[0], seconds))
            raise TimeoutError

        monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
        monkeypatch.setattr("clients.deadline.monotonic", lambda: sum(seconds for _address, seconds in tried))
        return tried

    def test_they_are_given_up_together(self, tried: list[tuple[str, float]]) -> None:
        with pytest.raises(NotTaken) as refusal:
            posting.post("https://receiver.example.com/hook", b"{}", {})
        assert refusal.value.trouble == Trouble.TIMEOUT
        assert tried == [(f"93.184.215.{last}", 5) for last in range(1, 5)]

    def test_each_is_tried_once_with_what_is_left(self, tried: list[tuple[str, float]]) -> None:
        with pytest.raises(requests.ReadTimeout), deadline(12):
            http.open_public_session("https://receiver.example.com", is_local=False).get(
                "https://receiver.example.com/"
            )
        assert [seconds for _address, seconds in tried] == [5, 5, 2]

    def test_none_is_tried_again_within_a_deadline(self, tried: list[tuple[str, float]]) -> None:
        with pytest.raises(requests.ConnectTimeout), deadline(1000):
            http.open_public_session("https://receiver.example.com", is_local=False).get(
                "https://receiver.example.com/"
            )
        assert len(tried) == 20


@pytest.mark.parametrize(
    ("told", "length"), [("5", 5), ("five", None), ("-5", None), ("5, 5", None), ("9" * 5000, None)]
)
def test_an_odd_length_of_a_file_is_none(told: str, length: int | None) -> None:
    response = requests.Response()
    response.headers["Content-Length"] = told
    assert http.Download("marketo", response).length == length


@pytest.mark.parametrize("path", ["/endless", "/bomb"])
def test_a_file_without_an_end_is_cut_off(provider: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Security statement 16: a streamed file has a limit, too, and is never held as a whole."""
    monkeypatch.setattr(http, "MAX_FILE_BYTES", 10_000_000)
    session = http.open_session(allowed_hosts=[provider])
    with session.get(provider + path, stream=True) as response:
        chunks = http.Download("salesforce", response).iter_chunks(100_000)
        with pytest.raises(http.UnexpectedAnswer, match="too_large"):
            deque(chunks, maxlen=0)


def test_a_redirect_on_the_way_to_a_file_has_the_limit_of_an_answer(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Security statement 16: its body was unpacked as a whole before the file was asked for."""
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 10_000_000)
    session = http.open_session(allowed_hosts=[provider])
    with pytest.raises(http.UnexpectedAnswer, match="too_large"), http.network_errors("marketo"):
        session.get(f"{provider}/bomb?/bomb", stream=True)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        ("0", 0),
        ("Sun, 06 Nov 2094 08:49:37 GMT", 37),
        ("Sun, 06 Nov 2094 08:48:37 GMT", 0),
        ("Sun, 06 Nov 2094 08:49:37 -0000", 37),
        ("", None),
        ("soon", None),
        ("9" * 400, 86_400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Sun, 06 Nov 2094 08:49:37 -99999999999999999999", None),
        ("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", None),
        ("-5", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str, seconds: float | None) -> None:
    """Security statement 15: Retry-After is honoured in both of its forms (RFC 9110)."""
    response = requests.Response()
    response.headers["Retry-After"] = header
    with time_machine.travel(datetime(2094, 11, 6, 8, 49, 0, tzinfo=UTC), tick=False):
        assert http.retry_after_seconds(response) == seconds


def test_a_refused_connection_is_tried_again_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Security statement 15: three attempts with jitter between them, and no call that may have arrived is repeated."""
    attempts: list[float] = []
    monkeypatch.setattr("time.sleep", attempts.append)
    session = http.open_session(allowed_hosts=["http://127.0.0.1:1"])
    with pytest.raises(http.Unreachable), http.network_errors("marketo"):
        session.post("http://127.0.0.1:1/")
    retries = session.get_adapter("http://127.0.0.1:1/").max_retries  # type: ignore[attr-defined]
    assert (len(attempts), retries.connect, retries.read, retries.status) == (1, 2, False, 0)
    assert 0 < retries.backoff_jitter <= 1


def test_an_unknown_certificate_is_refused() -> None:
    """Security statement 13: TLS is verified, and nothing of the console's settings switches that off."""
    with SandboxProcess.start(people=1, https_port=0) as process:
        session = http.open_session(allowed_hosts=[process.https_url])
        with pytest.raises(http.Unreachable, match="certificate"), http.network_errors("salesforce"):
            session.get(f"{process.https_url}/services/data")
    assert session.verify is True
