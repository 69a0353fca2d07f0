"""Settings > Admin Settings > Salesforce > Connections & Customizations."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts.access import fresh_sign_in_required
from accounts.middleware import ConsoleRequest
from connections import services
from connections.forms import SalesforceHostForm
from connections.models import SalesforceConnection
from connections.problems import PROBLEMS, ConnectionProblem
from connections.views import salesforce_role_required


@salesforce_role_required
@require_safe
def salesforce(request: ConsoleRequest) -> HttpResponse:
    """The connection, or the choice where to log in. `?problem=` names what went wrong on the way back."""
    return _page(request, SalesforceHostForm(), request.GET.get("problem", ""))


@salesforce_role_required
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_required
def connect_salesforce(request: ConsoleRequest) -> HttpResponse:
    """GET shows which host the browser will be sent to; OK posts and goes there."""
    form = SalesforceHostForm(request.POST or request.GET)
    if not form.is_valid():
        return _page(request, form)
    choice, my_domain = form.cleaned_data["choice"], form.cleaned_data["my_domain"]
    try:
        if request.method == "POST":
            url = services.begin_sign_in(
                account=request.member.account, user=request.member.user, choice=choice, my_domain=my_domain
            )
            return HttpResponseRedirect(url)
        origin = services.login_origin(choice, my_domain)
    except ConnectionProblem as refused:
        return _page(request, form, refused.code)
    return render(request, "connections/salesforce_connect.html", {"form": form, "origin": origin})


@salesforce_role_required
@require_GET
def salesforce_callback(request: ConsoleRequest) -> HttpResponse:
    """Where Salesforce sends the browser back to."""
    answer = {name: request.GET.get(name, "") for name in ("state", "code", "error", "error_description")}
    try:
        connection = services.finish_sign_in(user=request.member.user, **answer)
    except ConnectionProblem as refused:
        return redirect(f"{reverse('connections:salesforce')}?problem={refused.code}")
    messages.success(request, _("Connected to %(org)s.") % {"org": connection.org_name})
    return redirect("connections:salesforce")


@salesforce_role_required
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_required
def disconnect_salesforce(request: ConsoleRequest) -> HttpResponse:
    """GET says what will stop working; POST disconnects."""
    account = request.member.account
    connection = SalesforceConnection.objects.of_account(account).first()
    if connection is None:
        return redirect("connections:salesforce")
    if request.method != "POST":
        return render(request, "connections/salesforce_disconnect.html", {"connection": connection})
    services.disconnect_salesforce(account=account, by=request.member.user)
    messages.success(request, _("Disconnected from %(org)s.") % {"org": connection.org_name})
    return redirect("connections:salesforce")


def _page(request: HttpRequest, form: SalesforceHostForm, problem: str = "") -> HttpResponse:
    account = request.member.account  # type: ignore[attr-defined]
    connection = SalesforceConnection.objects.of_account(account).select_related("connected_by").first()
    health = services.salesforce_health(account)
    context = {"connection": connection, "health": health, "form": form, "problem": PROBLEMS.get(problem)}
    return render(request, "connections/salesforce.html", context)
