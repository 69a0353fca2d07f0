"""Who may open a page.

Anonymous people are asked to sign in, strangers find nothing (404), members without the role are refused (403).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.middleware import ConsoleRequest
from accounts.models import Role

View = Callable[Concatenate[ConsoleRequest, ...], HttpResponseBase]


def role_required(*roles: Role) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Let members with one of `roles` in; the view finds them in `request.member`."""

    def decorate(view: View) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.member:
                raise Http404
            if request.member.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return decorate


# Asks for the password again before a change, unless it was given in the last 15 minutes; reading stays free.
fresh_sign_in_required: Callable[[Callable[..., Any]], Callable[..., HttpResponseBase]] = reauthentication_required(
    allow_get=True
)
# The same for a page whose reading is the risk: an export.
fresh_sign_in_required_to_read: Callable[[Callable[..., Any]], Callable[..., HttpResponseBase]] = (
    reauthentication_required()
)
member_required = role_required(*Role)
admin_required = role_required(Role.ADMIN)


def refusal(request: HttpRequest) -> Exception:
    """What somebody without the right gets: 403 as a member of some account, otherwise 404."""
    return PermissionDenied() if request.member else Http404()  # type: ignore[attr-defined]
