"""A server that gives the answers a test makes up: those the sandbox would not give."""

import json
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit


class CannedAnswers(BaseHTTPRequestHandler):
    """Answers each path with a status, a body (bytes, or what is to become JSON) and headers."""

    answers: ClassVar[dict[str, tuple[int, Any, dict[str, str]]]] = {}

    def do_GET(self) -> None:
        status, body, headers = self.answers[urlsplit(self.path).path.rstrip("/")]
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    do_POST = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        pass


def canned_answers() -> AbstractContextManager[str]:
    """The origin of a server that gives `CannedAnswers`."""
    return serving(CannedAnswers)


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The origin of a server whose requests the handler answers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
