"""An address that fails in a way nobody expected."""

from typing import Never

from django.http import HttpRequest
from django.urls import path

from msi_admin.urls import handler500
from msi_admin.urls import urlpatterns as ours

__all__ = ["handler500", "urlpatterns"]


def broken(request: HttpRequest) -> Never:
    raise RuntimeError("canary")


urlpatterns = [*ours, path("broken/", broken)]
