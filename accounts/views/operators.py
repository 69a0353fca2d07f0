"""Sync operations > Operators: who is ops staff, and whether mail leaves this console."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import access_error, fresh_sign_in_required
from accounts.forms import OpsStaffForm
from accounts.mail_check import send_test_mail
from accounts.middleware import ConsoleRequest
from accounts.models import User
from accounts.services import RefusedError, set_ops_staff


def operator_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let ops staff and superusers in."""
    return _required(view, lambda user: user.is_ops_staff or user.is_superuser)


def superuser_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    return _required(view, lambda user: user.is_superuser)


def _required(view: Callable[..., HttpResponseBase], is_let_in: Callable[[User], bool]) -> Callable[..., Any]:
    @wraps(view)
    def guarded(request: ConsoleRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_let_in(request.user):
            raise access_error(request)
        return view(request, *args, **kwargs)

    return login_required(guarded)


@require_safe
@operator_required
def operators(request: ConsoleRequest) -> HttpResponse:
    """Everybody who is ops staff, and for superusers a form to name another."""
    return render(request, "accounts/operators.html", _page(OpsStaffForm()))


@require_POST
@superuser_required
@fresh_sign_in_required
def grant_ops(request: ConsoleRequest) -> HttpResponse:
    """Make a user of the console ops staff."""
    return _set(request, is_ops_staff=True, done=_("%(email)s is ops staff now."))


@require_POST
@superuser_required
@fresh_sign_in_required
def revoke_ops(request: ConsoleRequest) -> HttpResponse:
    """Take the rights of ops staff away."""
    return _set(request, is_ops_staff=False, done=_("%(email)s is no longer ops staff."))


def _set(request: ConsoleRequest, *, is_ops_staff: bool, done: str) -> HttpResponse:
    form = OpsStaffForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/operators.html", _page(form), status=400)
    try:
        user = set_ops_staff(email=form.cleaned_data["email"], is_ops_staff=is_ops_staff, by=request.user)
    except RefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, done % {"email": user.email})
    return redirect("accounts:operators")


@require_POST
@operator_required
def test_mail(request: ConsoleRequest) -> HttpResponse:
    """Send the operator a mail, and say what the mail server answered."""
    problem = send_test_mail(request.user)
    if problem:
        messages.error(request, _("The mail server did not accept the mail: %(problem)s") % {"problem": problem})
    else:
        messages.success(request, _("The mail server took a mail to %(email)s.") % {"email": request.user.email})
    return redirect("accounts:operators")


def _page(form: OpsStaffForm) -> dict[str, object]:
    staff = User.objects.filter(is_ops_staff=True).order_by("email")
    return {"form": form, "staff": staff, "egress_addresses": settings.EGRESS_ADDRESSES}
