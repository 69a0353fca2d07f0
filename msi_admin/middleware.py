"""Headers and pages that no part of Django adds to an answer."""

from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django_structlog.middlewares import RequestMiddleware
from kombu.exceptions import OperationalError

from accounts.middleware import sign_in_first
from accounts.models import Member
from accounts.permissions import Permission
from common.cache import REDIS_IS_AWAY
from common.locks import is_held_by_others
from msi_admin.probes import PROBES

logger = structlog.get_logger(__name__)

# A file of 5 MB, and what a form puts around it.
LARGEST_UPLOAD = 5 * 1024 * 1024 + 64 * 1024
# Signing in, a new password and accepting an invitation are short.
LARGEST_OF_VISITORS = 64 * 1024
# In parts no form of theirs is sent, and thousands of empty ones cost Django ten times what other bodies do.
LARGEST_IN_PARTS = 4 * 1024
# nginx takes 4 kB for all headers of an answer, cookies among them.
LONGEST_LOCATION = 2_000
GetResponse = Callable[[HttpRequest], HttpResponse]


class LoggedRequestsMiddleware(RequestMiddleware):
    """Each request in the log, without its query: names and addresses that somebody searches for stand there."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


class NoForeignTracesMiddleware:
    """
    Traces begin here: by what visitors send along they would put text of theirs into our calls to others (tracestate),
    and choose what is sampled (traceparent).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for header in ("HTTP_TRACEPARENT", "HTTP_TRACESTATE"):
            request.META.pop(header, None)
        return self.get_response(request)


class OurCookiesMiddleware:
    """
    Drops cookies with a backslash: none of ours has one. Python before 3.11.10 reads them in a time that grows with the
    square of their length (CVE-2024-7592): 32 kB kept a process busy for seconds, for anybody.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sent = request.META.get("HTTP_COOKIE", "")
        if "\\" in sent:
            request.META["HTTP_COOKIE"] = ";".join(one for one in sent.split(";") if "\\" not in one)
        return self.get_response(request)


class ProbesMiddleware:
    """
    Monitoring asks by the address of the machine, with any Host: for its pages alone that is as good as the site's own.
    Each is answered in one way, whatever the header Accept wants: the library fails for one that it cannot read.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in PROBES:
            request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
            request.META.pop("HTTP_ACCEPT", None)
        return self.get_response(request)


class LargestBodyMiddleware:
    """
    Refuses what is too big by the length it announces, before a byte of it is read as a form.

    Django throws the rest of a form away line by line: 20 MB of empty lines kept a process busy for ten seconds, for
    anybody who could show a CSRF cookie. The server has taken the body in by then, and throws it away as a whole.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
        # Who asks is looked up for long ones only.
        if announced <= _largest_of_visitors(request) or announced <= _largest_body(request):
            return self.get_response(request)
        if _is_upload(request) and announced <= LARGEST_UPLOAD and not request.user.is_authenticated:
            return sign_in_first(request)
        return render(request, "errors/413.html", {"is_upload": _is_upload(request)}, status=413)


def _largest_of_visitors(request: HttpRequest) -> int:
    return LARGEST_IN_PARTS if request.content_type == "multipart/form-data" else LARGEST_OF_VISITORS


def _largest_body(request: HttpRequest) -> int:
    if not request.user.is_authenticated:
        return _largest_of_visitors(request)
    member: Member | None = request.member  # type: ignore[attr-defined]
    may_upload = _is_upload(request) and member and member.may(Permission.MANAGE_USERS)
    return LARGEST_UPLOAD if may_upload else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _is_upload(request: HttpRequest) -> bool:
    return request.path_info == reverse("invitations:csv_upload")


class AwayMiddleware:
    """
    What cannot be queued or locked while Redis is away, or while somebody else holds it in the database, gets a page
    that says so (503), and not one of our errors.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, (*REDIS_IS_AWAY, OperationalError)):
            logger.error("redis_away", error=str(exception))
            return not_now(request, "errors/503.html")
        if is_held_by_others(exception):
            logger.warning("held_by_others", error=str(exception))
            return not_now(request, "errors/held_by_others.html")
        return None


def not_now(request: HttpRequest, template: str) -> HttpResponse:
    """A page that says why, and that the same can be asked for again in a minute."""
    answer = render(request, template, status=503)
    answer["Retry-After"] = "60"
    return answer


class ShortRedirectsMiddleware:
    """
    Leaves out the query of a page of ours that a browser is sent to if it is very long, such as words somebody searched
    for: proxies answer a long header with an error of their own.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        location = response.headers.get("Location", "")
        if location.startswith("/") and len(location) > LONGEST_LOCATION:
            response.headers["Location"] = urlsplit(location).path
        return response


class NoNulBytesMiddleware:
    """An address with a NUL byte gets 400: no text of ours holds one, and PostgreSQL refuses them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path:
            raise BadRequest("NUL byte in the address")
        return self.get_response(request)


class PrivatePagesMiddleware:
    """Pages for a signed-in person are never kept by a cache, and no page may use the device's sensors."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.setdefault("Cache-Control", "no-store")
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
        return response


class FormsOnlyMiddleware:
    """Whoever opens an address that takes forms only gets a page with a way back; Django's answer to that is empty."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content:
            return response
        page = render(request, "errors/405.html", status=405)
        page["Allow"] = response["Allow"]
        return page
