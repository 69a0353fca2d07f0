"""An address that asks for others before it answers, as if they came at the same moment."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from msi_admin.urls import urlpatterns as ours

inside: list[Callable[[], Any]] = []


def nested(request: HttpRequest) -> HttpResponse:
    return inside.pop()() if inside else HttpResponse("innermost")


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    if "forget" in request.GET:
        request.session["changed"] = True
    return StreamingHttpResponse(iter(["one", "two"]))


urlpatterns = [*ours, path("nested/", nested), path("streamed/", streamed)]
