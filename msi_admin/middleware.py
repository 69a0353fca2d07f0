"""Headers and pages that no part of Django adds to an answer."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# What load balancers and monitoring ask (msi_admin.health).
PROBES = {"/healthz", "/readyz", "/readyz/workers", "/metrics"}
GetResponse = Callable[[HttpRequest], HttpResponse]


class ProbesMiddleware:
    """
    Monitoring asks by the address of the machine, with any Host: for its pages alone that is as good as the site's own.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in PROBES:
            request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
        return self.get_response(request)


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
