"""Error pages: what happened, what to do, who can do it."""

import sys

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.middleware import page_of_form
from api.middleware import PREFIX
from api.problems import problem
from common.errors import NotFoundError

# SQLSTATE classes of a server that cannot be worked with: no connection, no room, going down or coming up (PostgreSQL's
# manual, appendix A). Without one nobody answered at all.
AWAY = ("08", "53", "57P")
RETRY_SECONDS = 30


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    reason = str(exception) if isinstance(exception, NotFoundError) else ""
    return render(request, "errors/404.html", {"reason": reason}, status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token: an old tab, or another site that posts here."""
    page = page_of_form(request)
    is_ours = url_has_allowed_host_and_scheme(page, allowed_hosts=None)
    return render(request, "errors/csrf.html", {"next": page if is_ours else "/"}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """
    Shows only the request's number, by which the logs find the cause; or that the database is away, which nobody needs
    logs for. No database, no context processors.
    """
    if is_database_away(sys.exception()):
        return _database_away(request)
    reference = structlog.contextvars.get_contextvars().get("request_id", "")
    if request.path_info.startswith(PREFIX):
        return problem(500, "Something went wrong on our side.", reference=reference)
    return render(None, "errors/500.html", {"reference": reference}, status=500)


def is_database_away(error: BaseException | None) -> bool:
    """Not when it merely refused a statement or took too long for one."""
    if not isinstance(error, (OperationalError, InterfaceError)):
        return False
    code: str | None = getattr(error.__cause__, "sqlstate", None)
    return code is None or code.startswith(AWAY)


def _database_away(request: HttpRequest) -> HttpResponse:
    if request.path_info.startswith(PREFIX):
        answer = problem(503)
    else:
        # What was read can be read again; what was sent is not sent twice without being asked.
        again = request.get_full_path() if request.method in {"GET", "HEAD"} else ""
        context = {"again": again, "seconds": RETRY_SECONDS}
        answer = render(None, "errors/database_away.html", context, status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer
