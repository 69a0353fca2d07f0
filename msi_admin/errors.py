"""Error pages: what happened, what to do, who can do it."""

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.middleware import page_of_form
from api.middleware import PREFIX
from api.problems import problem
from common.errors import NotFoundError


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
    """Shows only the request's number, by which the logs find the cause. No database, no context processors."""
    reference = structlog.contextvars.get_contextvars().get("request_id", "")
    if request.path_info.startswith(PREFIX):
        return problem(500, "Something went wrong on our side.", reference=reference)
    return render(None, "errors/500.html", {"reference": reference}, status=500)
