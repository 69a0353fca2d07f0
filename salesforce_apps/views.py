"""Settings > Admin Settings > Salesforce > Salesforce apps."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from clients.hosts import PRODUCTION_LOGIN, SANDBOX_LOGIN
from clients.salesforce.oauth import AppKind
from connections.models import ConnectMethod, SalesforceApp, SalesforceAppKey
from problems.messages import ConnectionProblem
from problems.problem import Problem
from salesforce_apps.connecting import connect_without_login
from salesforce_apps.forms import AppCredentialsForm, SalesforceAppForm, ServerConnectForm
from salesforce_apps.keys import make_key
from salesforce_apps.services import check_app, enter_app, remove_app, replace_credentials
from salesforce_orgs.offers import OtherOrgError
from salesforce_orgs.services import callback_url, org_origin


@permission_required(Permission.CONNECT_SALESFORCE, asks_first=True)
@require_http_methods(["GET", "HEAD", "POST"])
def salesforce_apps(request: ConsoleRequest) -> HttpResponse:
    """The account's apps, and a form for another one with the recipe beside it."""
    form = SalesforceAppForm(request.POST or None)
    if not form.is_valid():
        return _list(request, form)
    typed = form.cleaned_data
    try:
        app = enter_app(
            account=request.member.account,
            by=request.member.user,
            org_origin=org_origin(typed["choice"], typed["my_domain"]),
            kind=AppKind(typed["kind"]),
            name=typed["name"],
            credentials=form.credentials(),
        )
    except ConnectionProblem as refused:
        return _list(request, form, refused.problem)
    is_as_typed = app.is_of_many_orgs or typed["my_domain"] == app.org_origin
    return _checked(request, app) if is_as_typed else _shown(request, app)


@permission_required(Permission.CONNECT_SALESFORCE, asks_first=True)
@require_http_methods(["GET", "HEAD", "POST"])
def salesforce_app(request: ConsoleRequest, pk: int) -> HttpResponse:
    """One app; a post replaces its key and secret."""
    app = _app(request, pk)
    form = AppCredentialsForm(request.POST or None)
    if not form.is_valid():
        return _detail(request, app, form)
    try:
        replace_credentials(app, by=request.member.user, credentials=form.credentials())
    except ConnectionProblem as refused:
        return _detail(request, app, form, refused.problem)
    messages.success(request, _("Key and secret were replaced."))
    return redirect("connections:salesforce_app", pk)


@permission_required(Permission.CONNECT_SALESFORCE)
@require_POST
def check_salesforce_app(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Ask the org whether it knows the app."""
    return _checked(request, _app(request, pk))


@permission_required(Permission.CONNECT_SALESFORCE)
@require_POST
def remove_salesforce_app(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Forget an app that no connection uses."""
    app = _app(request, pk)
    try:
        remove_app(app, by=request.member.user)
    except ConnectionProblem as refused:
        return _detail(request, app, AppCredentialsForm(), refused.problem)
    messages.success(request, _("The app %(name)s was removed here. In Salesforce it is still there.") % {"name": app})
    return redirect("connections:salesforce_apps")


@permission_required(Permission.CONNECT_SALESFORCE)
@require_POST
def connect_salesforce_app(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Connect as a Salesforce user who does not log in."""
    app = _app(request, pk)
    form = ServerConnectForm(app, request.POST)
    if not form.is_valid():
        return _detail(request, app, AppCredentialsForm(), connect_form=form)
    method, username = ConnectMethod(form.cleaned_data["method"]), form.cleaned_data["username"]
    try:
        connection = connect_without_login(
            app, by=request.member.user, method=method, org_origin=form.org_origin, username=username
        )
    except OtherOrgError:
        return redirect("guide:org_move")
    except ConnectionProblem as refused:
        return _detail(request, app, AppCredentialsForm(), refused.problem, connect_form=form)
    names = {"org": connection.org_name, "username": connection.username}
    messages.success(request, _("Connected to %(org)s as %(username)s.") % names)
    return redirect("connections:salesforce")


@permission_required(Permission.CONNECT_SALESFORCE)
@require_POST
def make_salesforce_key(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Make the first key for JWT bearer tokens, or prepare the next one."""
    make_key(_app(request, pk), by=request.member.user)
    messages.success(request, _("The key was made. Download its certificate and upload it in Salesforce."))
    return redirect("connections:salesforce_app", pk)


@permission_required(Permission.CONNECT_SALESFORCE)
@require_safe
def salesforce_certificate(request: ConsoleRequest, pk: int) -> HttpResponse:
    """The certificate of a key, as a file that Salesforce takes."""
    key = get_object_or_404(SalesforceAppKey.objects.for_account(request.member.account), pk=pk)
    answer = HttpResponse(key.certificate, content_type="application/x-x509-ca-cert")
    answer["Content-Disposition"] = f'attachment; filename="salesforce-app-{key.app_id}-{key.pk}.crt"'
    return answer


def _login_of(app: SalesforceApp) -> dict[str, str]:
    """What somebody would choose on the page that connects, to log in where the app is."""
    choice = {PRODUCTION_LOGIN: "production", SANDBOX_LOGIN: "sandbox"}.get(app.org_origin, "my_domain")
    return {"choice": choice, "my_domain": "" if app.is_of_many_orgs else app.org_origin}


def _app(request: ConsoleRequest, pk: int) -> SalesforceApp:
    return get_object_or_404(SalesforceApp.objects.for_account(request.member.account), pk=pk)


def _shown(request: ConsoleRequest, app: SalesforceApp) -> HttpResponse:
    """An address that was put together from what was typed is shown before key and secret are sent to it."""
    sentence = _("The app was entered for %(org)s; nothing was sent there yet. If that is your org, press Check.")
    messages.success(request, sentence % {"org": app.org})
    return redirect("connections:salesforce_app", app.pk)


def _checked(request: ConsoleRequest, app: SalesforceApp) -> HttpResponse:
    try:
        check_app(app)
    except ConnectionProblem as refused:
        return _detail(request, app, AppCredentialsForm(), refused.problem)
    messages.success(request, _("Salesforce knows this app: key and secret are right."))
    return redirect("connections:salesforce_app", app.pk)


def _list(request: ConsoleRequest, form: SalesforceAppForm, problem: Problem | None = None) -> HttpResponse:
    apps = SalesforceApp.objects.for_account(request.member.account)
    context = {"apps": apps, "form": form, "problem": problem, "callback_url": callback_url()}
    return render(request, "salesforce_apps/salesforce_apps.html", context, status=400 if form.is_bound else 200)


def _detail(
    request: ConsoleRequest,
    app: SalesforceApp,
    form: AppCredentialsForm,
    problem: Problem | None = None,
    *,
    connect_form: ServerConnectForm | None = None,
) -> HttpResponse:
    context = {
        "app": app,
        "form": form,
        "connect_form": connect_form or ServerConnectForm(app),
        "problem": problem,
        "callback_url": callback_url(),
        "login": urlencode(_login_of(app)),
        "is_used": app.connections.exists(),
        "keys": app.keys.all(),
    }
    is_refused = form.is_bound or connect_form is not None
    return render(request, "salesforce_apps/salesforce_app.html", context, status=400 if is_refused else 200)
