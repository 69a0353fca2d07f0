"""The session and the errors under both clients, against a server that misbehaves."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from connections import http


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


class Neighbour(BaseHTTPRequestHandler):
    """A server that misbehaves in the ways its path names."""

    def do_GET(self) -> None:
        if self.path == "/silent":
            self.rfile.read(1)  # until the client gives up
        elif self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/away?"))
            self.end_headers()
        else:
            self._answer_too_much()

    def _answer_too_much(self) -> None:
        self.send_response(200)
        if self.path == "/bomb":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if self.path == "/bomb":
            self.wfile.write(gzip.compress(bytes(20_000_000)))
        elif self.path == "/endless":
            self._write_for_ever()

    def _write_for_ever(self) -> None:
        try:
            while True:
                self.wfile.write(b" " * 1_000_000)
        except OSError:
            pass

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def neighbour() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Neighbour)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("target", ["http://169.254.169.254/", "http://localhost/", "https://evil.example/"])
def test_a_redirect_to_another_host_is_not_followed(neighbour: str, target: str) -> None:
    session = http.open_session(allowed_hosts=[neighbour])
    with pytest.raises(http.UnexpectedAnswer, match="forbidden_host"), http.network_errors("marketo"):
        session.get(f"{neighbour}/away?{target}")


@pytest.mark.parametrize("path", ["/endless", "/bomb"])
def test_an_answer_that_is_too_large_is_cut_off(neighbour: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 10_000_000)
    session = http.open_session(allowed_hosts=[neighbour])
    with pytest.raises(http.UnexpectedAnswer, match="too_large"), http.network_errors("marketo"):
        session.get(neighbour + path)


def test_a_closed_port_is_unreachable_and_its_error_hides_the_query() -> None:
    origin = "http://127.0.0.1:1"
    session = http.open_session(allowed_hosts=[origin])
    with pytest.raises(http.Unreachable) as caught, http.network_errors("marketo"):
        session.get(f"{origin}/", params={"q": "Maria"})
    assert "Maria" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_silent_server_is_given_up(neighbour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", (0.2, 0.2))
    session = http.open_session(allowed_hosts=[neighbour])
    with pytest.raises(http.Unreachable, match="timeout"), http.network_errors("marketo"):
        session.get(f"{neighbour}/silent")
