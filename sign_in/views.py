"""Log in with Salesforce: the way there, the way back, and linking the two users."""

from functools import wraps
from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.core import ratelimit
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import AnyView, fresh_sign_in_required
from accounts.models import User
from accounts.services import RefusedError
from salesforce_orgs.forms import SalesforceHostForm
from salesforce_orgs.returning import few_at_a_time
from salesforce_orgs.services import login_origin
from sign_in.links import linked_to, unlink
from sign_in.oauth import SalesforceAdapter, origin_of


def offered(view: AnyView) -> AnyView:
    """404 on a console that is not registered with Salesforce."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        if not get_adapter(request).list_apps(request, provider=SalesforceAdapter.provider_id):
            raise Http404
        return view(request)

    return guarded


@offered
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Choose the login page of Salesforce; the post leads there. With `again` Salesforce asks for the password too."""
    form = SalesforceHostForm(request.POST or None)
    is_again = "again" in request.GET
    options = {"prompt": "login"} if is_again else {}
    there = leave(request, form, next_url=get_next_redirect_url(request), auth_params=options)
    context = {"form": form, "is_again": is_again}
    return there or render(request, "socialaccount/login.html", context, status=400 if form.is_bound else 200)


@offered
@require_GET
@few_at_a_time
def callback(request: HttpRequest) -> HttpResponse:
    """Where Salesforce sends the browser back to."""
    adapter = SalesforceAdapter(request, origin_of(request.GET.get("state", "")))
    answer: HttpResponse = OAuth2CallbackView.adapter_view(adapter)(request)
    return answer


@offered
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_required
def link(request: HttpRequest) -> HttpResponse:
    """My Profile > Log in with Salesforce: the linked Salesforce user, or the choice where to log in to link one."""
    assert isinstance(request.user, User)  # noqa: S101  # login_required
    if "unlink" in request.POST:
        return _unlink(request, request.user)
    form = SalesforceHostForm(request.POST or None)
    if there := leave(request, form, process=AuthProcess.CONNECT, next_url=get_next_redirect_url(request)):
        return there
    context = {"form": form, "linked": linked_to(request.user)}
    return render(request, "socialaccount/link.html", context, status=400 if form.is_bound else 200)


def leave(
    request: HttpRequest, form: SalesforceHostForm, *, process: str = AuthProcess.LOGIN, **options: Any
) -> HttpResponse | None:
    """Send the browser to the chosen login page of Salesforce; None when nothing was chosen, or wrongly."""
    if not form.is_valid():
        return None
    if not ratelimit.consume(request, action="salesforce_login"):
        answer: HttpResponse = ratelimit.respond_429(request)
        return answer
    provider = get_adapter(request).get_provider(request, SalesforceAdapter.provider_id)
    provider.origin = login_origin(form.cleaned_data["choice"], form.cleaned_data["my_domain"])
    url = provider.redirect(request, process, origin=provider.origin, **options).url
    # A page instead of a redirect, which our Content-Security-Policy would hold against every hop of the way.
    page = render(request, "socialaccount/leave.html", {"url": url})
    page["Refresh"] = f"0; url={url}"
    return page


def _unlink(request: HttpRequest, user: User) -> HttpResponse:
    try:
        unlink(user=user)
    except RefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("You can no longer sign in with this Salesforce user."))
    return redirect("salesforce_link")
