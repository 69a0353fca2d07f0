"""WSGI entry point for a server (msi_admin.serve)."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "msi_admin.settings")


# Far more than browsers write, whose longest is that of a form with a file.
LONGEST_CONTENT_TYPE = 300


class ReadableRequest(WSGIRequest):
    """
    A request in UTF-8, as our pages ask for it, whatever its Content-Type claims: whoever sends it would choose the
    codec that reads form and query. Python's for punycode takes a time that grows with the square of the length, 64 kB
    a second and 1 MB three minutes; others, such as idna, fail.

    A Content-Type that nobody can read, or that is too long to be one, is none: Django decodes its parts the same way,
    and fails before it could answer by an error page.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = "", {}
        if len(meta.get("CONTENT_TYPE", "")) > LONGEST_CONTENT_TYPE:
            return
        try:
            self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except ValueError:
            return


class Console(WSGIHandler):
    request_class = ReadableRequest

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """
        Answers HEAD by headers alone (RFC 9110): Django leaves that to the server, and waitress sends what it is given.
        A proxy that keeps the connection would take the rest for the beginning of the next answer, somebody else's.
        """
        answer = super().__call__(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return answer
        answer.close()
        return []


django.setup(set_prefix=False)
application = Console()
