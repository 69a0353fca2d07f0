"""Contradictory settings, reported at start-up instead of at the first request."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def no_sandbox_in_production(app_configs: Sequence[Any] | None, **_: object) -> list[CheckMessage]:
    """The sandbox is a local http host; in production it would be a way round the host allow-list."""
    if settings.PRODUCTION and settings.SANDBOX_ORIGIN:
        return [Error("SANDBOX_ORIGIN must not be set when PRODUCTION=true.", id="msi_admin.E001")]
    return []


@register
def https_in_production(app_configs: Sequence[Any] | None, **_: object) -> list[CheckMessage]:
    """Cookies, OAuth callbacks and invitation links are only safe over https."""
    if settings.PRODUCTION and not settings.SECURE:
        return [Error("SITE_URL must start with https:// when PRODUCTION=true.", id="msi_admin.E002")]
    return []
