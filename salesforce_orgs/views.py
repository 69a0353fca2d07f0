"""Settings > Admin Settings > Salesforce > Connections & Customizations, and My Account > Salesforce."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import fresh_sign_in_for, member_required
from accounts.middleware import ConsoleRequest
from accounts.models import Member
from accounts.permissions import Permission
from common.htmx import is_from_htmx, render_part
from connections.models import SalesforceConnection
from connections.services.health import own_salesforce_health, salesforce_health
from connections.services.sessions import has_app
from connections.services.visibility import current_visibility
from problems.codes import ProblemCode
from problems.messages import PROBLEMS, ConnectionProblem
from salesforce_orgs import services
from salesforce_orgs.forms import SalesforceHostForm
from salesforce_orgs.moves import move_under_way
from salesforce_orgs.offers import OtherOrgError, offered_move
from salesforce_orgs.returning import few_at_a_time

# In the session: by which a sign-in at Salesforce knows the browser it began in.
BROWSER = "salesforce_sign_in_browser"


@dataclass(frozen=True)
class ConnectionScope:
    """Where a connection is shown: who may go there, names of its addresses, and its path in words."""

    is_own: bool
    permission: Permission
    page: str
    connect: str
    disconnect: str
    heading: Promise
    crumbs: Promise

    def connection_of(self, member: Member) -> SalesforceConnection | None:
        rows = SalesforceConnection.objects.select_related("connected_by", "app")
        return (rows.of_member(member) if self.is_own else rows.for_account(member.account)).first()


ACCOUNT = ConnectionScope(
    is_own=False,
    permission=Permission.CONNECT_SALESFORCE,
    page="connections:salesforce",
    connect="connections:connect_salesforce",
    disconnect="connections:disconnect_salesforce",
    heading=gettext_lazy("Connections & Customizations"),
    crumbs=gettext_lazy("Settings > Admin Settings > Salesforce > Connections & Customizations"),
)
OWN = ConnectionScope(
    is_own=True,
    permission=Permission.CONNECT_OWN_SALESFORCE,
    page="connections:own_salesforce",
    connect="connections:connect_own_salesforce",
    disconnect="connections:disconnect_own_salesforce",
    heading=gettext_lazy("Your connection to Salesforce"),
    crumbs=gettext_lazy("Settings > My Account > Salesforce"),
)
PlaceView = Callable[[ConsoleRequest, ConnectionScope], HttpResponseBase]


def permission_of_place_required(view: PlaceView) -> Callable[..., HttpResponseBase]:
    """Let members in who may connect there."""

    @wraps(view)
    def guarded(request: ConsoleRequest, place: ConnectionScope) -> HttpResponseBase:
        if not request.member.may(place.permission):
            raise PermissionDenied
        return fresh_sign_in_for(place.permission)(view)(request, place)

    return member_required(guarded)


@permission_of_place_required
@require_safe
def salesforce(request: ConsoleRequest, place: ConnectionScope) -> HttpResponse:
    """The connection, or the choice where to log in. `?problem=` names what went wrong on the way back."""
    return _page(request, place, SalesforceHostForm(), request.GET.get("problem", ""))


@permission_of_place_required
@require_http_methods(["GET", "HEAD", "POST"])
def connect_salesforce(request: ConsoleRequest, place: ConnectionScope) -> HttpResponse:
    """GET shows which host the browser will be sent to, htmx gets that as a dialog; OK posts and goes there."""
    if request.method != "POST" and not request.GET:
        # The address alone, as after a sign-in on the way: nothing has been chosen yet, and so nothing is missing.
        return redirect(place.page)
    form = SalesforceHostForm(request.POST or request.GET)
    if not form.is_valid():
        return _refusal(request, place, form)
    choice, my_domain = form.cleaned_data["choice"], form.cleaned_data["my_domain"]
    try:
        if request.method == "POST":
            url = services.begin_sign_in(
                account=request.member.account,
                user=request.member.user,
                browser=request.session.setdefault(BROWSER, secrets.token_urlsafe(16)),
                choice=choice,
                my_domain=my_domain,
                is_own=place.is_own,
            )
            return _leave_for(request, url)
        context = {
            "place": place,
            "form": form,
            "origin": services.login_origin(choice, my_domain),
            "understood": services.org_origin(choice, my_domain),
        }
    except ConnectionProblem as refused:
        return _refusal(request, place, form, refused.code)
    return render_part(request, "salesforce_orgs/salesforce_connect.html", "dialog", context)


def _refusal(
    request: ConsoleRequest, place: ConnectionScope, form: SalesforceHostForm, problem: str = ""
) -> HttpResponse:
    """The form with what is wrong; it is no dialog, so htmx is sent to it as a page."""
    if is_from_htmx(request):
        return HttpResponseClientRedirect(request.get_full_path())
    return _page(request, place, form, problem)


@permission_of_place_required
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect_salesforce(request: ConsoleRequest, place: ConnectionScope) -> HttpResponse:
    """GET says what will stop working; POST disconnects, from the org that was shown."""
    connection = place.connection_of(request.member)
    if connection is None:
        return redirect(place.page)
    if request.method != "POST":
        context = {"place": place, "connection": connection}
        return render(request, "salesforce_orgs/salesforce_disconnect.html", context)
    if request.POST.get("connection", str(connection.pk)) != str(connection.pk):
        messages.warning(request, _("Nothing was done: somebody has connected to another org in the meantime."))
        return redirect(place.page)
    _disconnect(request.member, place)
    messages.success(request, _("Disconnected from %(org)s.") % {"org": connection.org_name})
    return redirect(place.page)


def _disconnect(member: Member, place: ConnectionScope) -> None:
    if place.is_own:
        services.disconnect_own_salesforce(member=member)
    else:
        services.disconnect_salesforce(account=member.account, by=member.user)


@member_required
@require_GET
@few_at_a_time
def salesforce_callback(request: ConsoleRequest) -> HttpResponse:
    """Where Salesforce sends the browser back to."""
    place = ACCOUNT if request.member.may(ACCOUNT.permission) else OWN
    answer = {name: request.GET.get(name, "") for name in ("code", "error", "error_description")}
    try:
        sign_in = services.take_sign_in(
            state=request.GET.get("state", ""), user=request.member.user, browser=request.session.get(BROWSER, "")
        )
        place = OWN if sign_in.is_own else ACCOUNT
        connection = services.finish_sign_in(sign_in, **answer)
    except OtherOrgError:
        return redirect("guide:org_move")
    except ConnectionProblem as refused:
        return redirect(f"{reverse(place.page)}?problem={refused.code}")
    names = {"org": connection.org_name, "username": connection.username}
    messages.success(request, _("Connected to %(org)s as %(username)s.") % names)
    return redirect(place.page)


def _page(request: ConsoleRequest, place: ConnectionScope, form: SalesforceHostForm, problem: str = "") -> HttpResponse:
    member = request.member
    health = own_salesforce_health(member) if place.is_own else salesforce_health(member.account)
    connection = place.connection_of(member)
    needs_app = not connection and not has_app(member.account)
    if needs_app and place.is_own:
        problem = problem or ProblemCode.SALESFORCE_NO_APP
    context = {
        "place": place,
        "connection": connection,
        "needs_app": needs_app and not place.is_own,
        "visibility": current_visibility(connection) if connection else None,
        "health": health,
        "move": None if place.is_own else offered_move(member.account) or move_under_way(member.account),
        "form": form,
        "problem": PROBLEMS.get(problem),
        "problem_code": problem,
    }
    return render(request, "salesforce_orgs/salesforce.html", context)


def _leave_for(request: ConsoleRequest, url: str) -> HttpResponse:
    """
    Send the browser to Salesforce, by a page of ours instead of a redirect.

    A redirect would belong to the form's post, and browsers hold every further hop of it, such as a company's own
    identity provider, against the form-action of our Content-Security-Policy.
    """
    response = render(request, "salesforce_orgs/salesforce_leave.html", {"url": url})
    response["Refresh"] = f"0; url={url}"
    return response
