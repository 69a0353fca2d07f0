"""What waitress hands on."""

from typing import Any

from django.test import RequestFactory

from msi_admin.wsgi import application


def test_a_content_type_that_nobody_can_read_is_none() -> None:
    """RFC 2231 lets it name an encoding, which need not be one: the server failed, with a traceback in the log."""
    answers: list[str] = []
    environ = RequestFactory().get("/healthz", headers={"host": "127.0.0.1"}).environ
    environ["CONTENT_TYPE"] = "text/plain; a*=nowhere'c'd"
    start: Any = lambda status, _headers: answers.append(status)  # noqa: E731
    application(environ, start)
    assert answers == ["200 OK"]
