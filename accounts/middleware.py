"""Ends old sessions, says what was lost by it, and puts the person's place in their Sales account on the request."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from accounts.audit_actions import AccountAction
from accounts.begun_sign_in import has_begun_in_vain
from accounts.models import Member, User
from accounts.services import record_own
from accounts.sign_in_limits import is_other_device
from common.htmx import is_from_htmx
from common.zones import zone_named


class ConsoleRequest(HttpRequest):
    """A request of a signed-in person: `member` is falsy for people without a Sales account."""

    user: User
    member: Member


class SessionLimitsMiddleware:
    """
    Signs people out whose session is too old or was not used for too long (OWASP ASVS 5.0, 7.3.1 and 7.3.2), and
    whoever has a session that was begun elsewhere, or has begun to sign in by a password that is none any more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and (is_other_device(request) or _is_over(request)):
            # Not Django's logout, which the audit trail would call the person's own doing.
            record_own(request.user, action=AccountAction.SESSION_ENDED)
            _end_session(request)
        elif has_begun_in_vain(request):
            _end_session(request)
        return self.get_response(request)


def _end_session(request: HttpRequest) -> None:
    request.session.flush()
    request.user = AnonymousUser()
    messages.info(request, _("Your session has ended, to keep your account safe. Sign in again."))


def _is_over(request: HttpRequest) -> bool:
    now, session = time.time(), request.session
    began_at, used_at = session.setdefault("began_at", now), session.setdefault("used_at", now)
    # A clock that was wrong, and was put right, leaves moments in the future: they end a session by the same distance.
    age, idle = abs(now - began_at), abs(now - used_at)
    # Pages that watch a sync ask by themselves: that is nobody's click. A minute's precision saves most writes.
    if idle > 60 and not is_from_htmx(request):
        session["used_at"] = now
    return bool(age > settings.SESSION_COOKIE_AGE or idle > settings.SESSION_IDLE_SECONDS)


class LostFormsMiddleware:
    """Tells whoever sends a form without being signed in that nothing was saved, and leads back to the form's page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        to_sign_in = f"{reverse('account_login')}?next="
        if request.method != "POST" or not response.headers.get("Location", "").startswith(to_sign_in):
            return response
        return sign_in_first(request)


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """What whoever sends a form without being signed in gets instead."""
    messages.warning(request, _("Nothing was saved, because you are not signed in. Sign in, and send the form again."))
    return redirect_to_login(page_of_form(request))


def page_of_form(request: HttpRequest) -> str:
    """The address, in the console, of the page on which a form was sent."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # none that a browser sends, such as http://[
        return "/"
    return page._replace(scheme="", netloc="", fragment="").geturl() or "/"


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
        with timezone.override(zone_named(request.user.time_zone)):
            return self.get_response(request)


def _find_member(request: HttpRequest) -> Member | None:
    if not request.user.is_authenticated:
        return None
    return Member.objects.select_related("account", "user").filter(user=request.user).first()
