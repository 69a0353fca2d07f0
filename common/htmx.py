"""Pages of which htmx asks for a part, to put it into the one that is there."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def is_from_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def render_part(request: HttpRequest, template: str, part: str, context: Mapping[str, Any]) -> HttpResponse:
    """The template, or for htmx its part of that name."""
    name = f"{template}#{part}" if is_from_htmx(request) else template
    response = render(request, name, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
