"""Who may open a page.

Anonymous people are asked to sign in, strangers find nothing (404), members without the role are refused (403).
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.middleware import ConsoleRequest, page_of_form
from accounts.models import User
from accounts.permissions import Permission

View = Callable[Concatenate[ConsoleRequest, ...], HttpResponseBase]
AnyView = Callable[..., HttpResponseBase]


def permission_required(permission: Permission) -> Callable[[View], AnyView]:
    """Let members in whose role has the permission; the view finds them in `request.member`."""

    def decorate(view: View) -> AnyView:
        @wraps(view)
        def guarded(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.member.may(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return member_required(guarded)

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
    return time.time() - newest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def has_signed_in_with_salesforce(request: HttpRequest, user: User) -> bool:
    """True when this session was begun by Log in with Salesforce."""
    return any(record["method"] == "socialaccount" for record in get_authentication_records(request, user))


def fresh_sign_in_required(view: Callable[..., Any]) -> AnyView:
    """Ask for the password again before a change, unless it was given in the last 15 minutes; reading stays free."""
    return _when_fresh(view, is_free_to_read=True)


def fresh_sign_in_required_to_read(view: Callable[..., Any]) -> AnyView:
    """The same for a page whose reading is the risk: an export."""
    return _when_fresh(view, is_free_to_read=False)


def _when_fresh(view: Callable[..., Any], *, is_free_to_read: bool) -> AnyView:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_fresh_sign_in(request) or (is_free_to_read and request.method == "GET"):
            answer: HttpResponseBase = view(request, *args, **kwargs)
            return answer
        if not get_adapter(request).get_reauthentication_methods(request.user):
            return _to_salesforce(request)
        raise ReauthenticationRequired

    return guarded


def _to_salesforce(request: HttpRequest) -> HttpResponseBase:
    """For people without a password: back from there they open the page anew, because their old session is over."""
    page = request.get_full_path() if request.method == "GET" else page_of_form(request)
    return redirect(f"{reverse('salesforce_login')}?{urlencode({'next': page, 'again': 1})}")


def access_error(request: HttpRequest) -> Exception:
    """What somebody without the right gets: 403 as a member of some account, otherwise 404."""
    return PermissionDenied() if request.member else Http404()  # type: ignore[attr-defined]
