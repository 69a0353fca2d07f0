"""Puts the signed-in person's place in their Sales account on the request."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import structlog
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from accounts.models import Member, User


class ConsoleRequest(HttpRequest):
    """A request of a signed-in person: `member` is falsy for people without a Sales account."""

    user: User
    member: Member


class MemberMiddleware:
    """Adds `request.member`, read on first use, and speaks in the person's language and time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # For the logs and the audit trail; only the proxies of TRUSTED_PROXIES are believed.
        structlog.contextvars.bind_contextvars(ip=get_adapter(request).get_client_ip(request))
        request.member = SimpleLazyObject(lambda: _find_member(request))  # type: ignore[attr-defined]
        if not request.user.is_authenticated:
            return self.get_response(request)
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            # A browser that has never chosen gets the language of the profile.
            translation.activate(request.user.language)
        with timezone.override(ZoneInfo(request.user.time_zone)):
            return self.get_response(request)


def _find_member(request: HttpRequest) -> Member | None:
    if not request.user.is_authenticated:
        return None
    return Member.objects.select_related("account", "user").filter(user=request.user).first()
