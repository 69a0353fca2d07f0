"""Settings > Admin Settings > Marketo."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from connections.models import MarketoConnection
from connections.services.health import marketo_health
from connections.services.visibility import current_visibility
from marketo_instances import connecting
from marketo_instances.forms import MarketoCredentialsForm
from problems.messages import PROBLEMS, ConnectionProblem


@permission_required(Permission.CONNECT_MARKETO)
@require_safe
def marketo(request: ConsoleRequest) -> HttpResponse:
    """The tab Connection."""
    return _page(request)


@permission_required(Permission.CONNECT_MARKETO)
@require_POST
def connect_marketo(request: ConsoleRequest) -> HttpResponse:
    """The button Connect: uses the credentials that Marketo sent."""
    try:
        connecting.connect_marketo(account=request.member.account, by=request.member.user)
    except ConnectionProblem as refused:
        return _page(request, refused.code)
    return _connected(request)


@permission_required(Permission.CONNECT_MARKETO, asks_first=True)
@require_http_methods(["GET", "HEAD", "POST"])
def set_up_marketo(request: ConsoleRequest) -> HttpResponse:
    """The tab Set Up: credentials pasted by hand."""
    form = MarketoCredentialsForm(request.POST or None)
    problem = ""
    if form.is_valid():
        try:
            connecting.connect_marketo_with(account=request.member.account, by=request.member.user, **form.cleaned_data)
        except ConnectionProblem as refused:
            problem = refused.code
        else:
            return _connected(request)
    context = {
        "form": form,
        "problem": PROBLEMS.get(problem),
        "problem_code": problem,
        "connection": MarketoConnection.objects.for_account(request.member.account).first(),
    }
    return render(request, "marketo_instances/marketo_set_up.html", context)


@permission_required(Permission.CONNECT_MARKETO)
@require_http_methods(["GET", "HEAD", "POST"])
def take_over_marketo(request: ConsoleRequest) -> HttpResponse:
    """GET says what happens when another admin becomes the owner; POST does it."""
    account = request.member.account
    connection = MarketoConnection.objects.for_account(account).select_related("owner").first()
    if connection is None or connection.owner == request.member.user:
        return redirect("connections:marketo")
    if request.method != "POST":
        return render(request, "marketo_instances/marketo_take_over.html", {"connection": connection})
    try:
        connecting.take_over_marketo(account=account, by=request.member.user)
    except ConnectionProblem as refused:
        return _page(request, refused.code)
    return _connected(request)


@permission_required(Permission.CONNECT_MARKETO)
@require_http_methods(["GET", "HEAD", "POST"])
def disconnect_marketo(request: ConsoleRequest) -> HttpResponse:
    """GET says what will stop working; POST disconnects."""
    account = request.member.account
    connection = MarketoConnection.objects.for_account(account).first()
    if connection is None:
        return redirect("connections:marketo")
    if request.method != "POST":
        return render(request, "marketo_instances/marketo_disconnect.html", {"connection": connection})
    try:
        connecting.disconnect_marketo(account=account, by=request.member.user)
    except ConnectionProblem as refused:
        return _page(request, refused.code)
    messages.success(request, _("Disconnected from Marketo."))
    return redirect("connections:marketo")


def _connected(request: ConsoleRequest) -> HttpResponse:
    messages.success(request, _("Connected to Marketo. You are the owner of the connection."))
    return redirect("connections:marketo")


def _page(request: ConsoleRequest, problem: str = "") -> HttpResponse:
    account = request.member.account
    connection = MarketoConnection.objects.for_account(account).select_related("owner").first()
    health = marketo_health(account)
    context = {
        "connection": connection,
        "health": health,
        "visibility": current_visibility(connection) if connection else None,
        "problem": PROBLEMS.get(problem),
        "problem_code": problem,
        "has_access": connecting.has_marketo_access(account, request.member.user),
    }
    return render(request, "marketo_instances/marketo.html", context)
