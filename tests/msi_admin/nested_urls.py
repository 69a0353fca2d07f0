"""An address that asks for others before it answers, as if they came at the same moment."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from msi_admin.urls import urlpatterns as ours

inside: list[Callable[[], Any]] = []


def nested(request: HttpRequest) -> HttpResponse:
    return inside.pop()() if inside else HttpResponse("innermost")


urlpatterns = [*ours, path("nested/", nested)]
