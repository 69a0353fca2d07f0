"""Who may open a page.

Anonymous people are asked to sign in, strangers find nothing (404), members without the role are refused (403).
"""

import time
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, Concatenate, cast
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from accounts.middleware import ConsoleRequest, page_of_form
from accounts.models import User
from accounts.permissions import NEEDS_FRESH_SIGN_IN, Permission
from common.htmx import is_from_htmx

View = Callable[Concatenate[ConsoleRequest, ...], HttpResponseBase]
AnyView = Callable[..., HttpResponseBase]
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def polled(view: View) -> AnyView:
    """login_required for a page that renews a part of itself."""
    guarded: AnyView = login_required(view)

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_from_htmx(request) and not request.user.is_authenticated:
            # Following a redirect, a poll would put the sign-in page into the middle of this one.
            return HttpResponseClientRefresh()
        return guarded(request, *args, **kwargs)

    return answer


def permission_required(permission: Permission, *, asks_first: bool = False) -> Callable[[View], AnyView]:
    """
    Let members in whose role has the permission; the view finds them in `request.member`.

    With `asks_first` a fresh sign-in is asked for before the page is shown: for forms with a secret or a file, which
    are not kept while the password is asked for.
    """

    def decorate(view: View) -> AnyView:
        asking = fresh_sign_in_for(permission)(view)
        if asks_first:
            asking = fresh_sign_in_required_first(asking)

        @wraps(asking)
        def guarded(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.member.may(permission):
                raise PermissionDenied
            return asking(request, *args, **kwargs)

        return member_required(guarded)

    return decorate


def fresh_sign_in_for(permission: Permission) -> Callable[[Callable[..., Any]], AnyView]:
    """Ask for a fresh sign-in if the permission says so, for a view that finds out by itself who has it."""

    def decorate(view: Callable[..., Any]) -> AnyView:
        asking: Any = fresh_sign_in_required(view) if permission in NEEDS_FRESH_SIGN_IN else view
        # By which the tests find the addresses that a permission guards.
        asking.permission = permission
        return cast("AnyView", asking)

    return decorate


def member_required(view: View) -> AnyView:
    """Let members of an account in, whatever their role; the view finds them in `request.member`."""

    @wraps(view)
    def guarded(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.member:
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)


def is_fresh_sign_in(request: HttpRequest, user: User | None = None) -> bool:
    """True when this person proved who they are in the last 15 minutes, by signing in or by a password given again.

    `user` is for somebody whose password was right, but who is not let in with it.
    """
    records = get_authentication_records(request, user or request.user)
    newest = max((record["at"] for record in records), default=0)
    # Also when it lies in the future, because the clock was wrong and was put right.
    return abs(time.time() - newest) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def has_signed_in_with_salesforce(request: HttpRequest, user: User) -> bool:
    """True when this session was begun by Log in with Salesforce."""
    return any(record["method"] == "socialaccount" for record in get_authentication_records(request, user))


def fresh_sign_in_required(view: Callable[..., Any]) -> AnyView:
    """Ask for the password again before a change, unless it was given in the last 15 minutes; reading stays free."""
    return _when_fresh(view, free_methods=SAFE_METHODS)


def fresh_sign_in_required_to_read(view: Callable[..., Any]) -> AnyView:
    """The same for a page whose reading is the risk: an export."""
    return _when_fresh(view, free_methods=())


def fresh_sign_in_required_first(view: Callable[..., Any]) -> AnyView:
    """
    Ask before a form is shown that cannot be kept meanwhile: allauth would put a posted secret into the session, and a
    file is kept nowhere.
    """
    guarded = fresh_sign_in_required_to_read(view)

    @wraps(view)
    def ask_before(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST" or is_fresh_sign_in(request):
            return guarded(request, *args, **kwargs)
        messages.warning(request, _("Nothing was saved: you signed in a while ago. Send the form again."))
        return redirect(request.path)

    return ask_before


def _when_fresh(view: Callable[..., Any], *, free_methods: Collection[str]) -> AnyView:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method in free_methods or is_fresh_sign_in(request):
            answer: HttpResponseBase = view(request, *args, **kwargs)
            return answer
        if not get_adapter(request).get_reauthentication_methods(request.user):
            return _to_salesforce(request)
        raise ReauthenticationRequired

    return guarded


def _to_salesforce(request: HttpRequest) -> HttpResponseBase:
    """For people without a password: back from there they open the page anew, because their old session is over."""
    page = request.get_full_path() if request.method in SAFE_METHODS else page_of_form(request)
    return redirect(f"{reverse('salesforce_login')}?{urlencode({'next': page, 'again': 1})}")


def access_error(request: HttpRequest) -> Exception:
    """What somebody without the right gets: 403 as a member of some account, otherwise 404."""
    return PermissionDenied() if request.member else Http404()  # type: ignore[attr-defined]
