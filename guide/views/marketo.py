"""Marketo's Admin > Sales Insight: the tabs Config and Actions Config with their cards (steps 1 and 4 of the guide)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import access_error, fresh_sign_in_required
from accounts.middleware import ConsoleRequest
from accounts.services import RefusedError, record
from common.paging import is_key
from connections.models import AdminReading, MarketoInstance
from guide.audit_actions import GuideAction
from guide.forms import AdminRolesForm, FirstAdminForm
from guide.sync_card import sync_card
from invitations.models import Invitation
from invitations.querysets import InvitationQuerySet
from invitations.services import resend, set_up_sales_account
from marketo_instances.access import marketo_admin_required
from marketo_instances.admins import marketo_admins, refresh_marketo_admins, set_admin_roles
from marketo_instances.prerequisites import prerequisites
from marketo_instances.services import choose_instance
from problems.messages import ConnectionProblem
from salesforce_package.items.base import REST_HOST, SOAP_HOST


@require_safe
@marketo_admin_required
def admin(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """Where the guide's paths in Marketo begin: Admin, with Sales Insight in it."""
    return render(request, "guide/admin.html", {"instance": instance})


@require_safe
@marketo_admin_required
def config(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """The addresses that Salesforce needs as remote sites."""
    soap, rest = (host.format(munchkin_id=instance.munchkin_id.lower()) for host in (SOAP_HOST, REST_HOST))
    return render(request, "guide/config.html", {"instance": instance, "marketo_host": soap, "api_url": rest})


@require_POST
@login_required
def switch_instance(request: ConsoleRequest) -> HttpResponseBase:
    """Work in another Marketo instance of this admin, until the next choice."""
    if not MarketoInstance.objects.administered_by(request.user).exists():
        raise access_error(request)
    chosen = request.POST.get("instance", "")
    if not is_key(chosen) or not choose_instance(user=request.user, instance_id=int(chosen)):
        raise Http404
    return redirect("guide:actions_config")


@require_safe
@marketo_admin_required
def actions_config(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """The cards; what has to be asked of Marketo follows in fragments, or at once for browsers without scripts."""
    context = _cards(instance)
    if "ask" in request.GET:
        context |= _admins(instance) | {"prerequisites": prerequisites(instance)}
    return render(request, "guide/actions_config.html", context)


@require_safe
@marketo_admin_required
def check_prerequisites(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """Fragment: the two prerequisites, asked of Marketo now."""
    return render(request, "guide/_prerequisites.html", {"prerequisites": prerequisites(instance)})


@require_safe
@marketo_admin_required
def admins(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """Fragment: the pick-list of Marketo admins with Send Invite."""
    return render(request, "guide/_send_invite.html", _cards(instance) | _admins(instance))


@require_POST
@marketo_admin_required
def refresh_admins(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """Read the admins from Marketo now instead of once a day."""
    try:
        refresh_marketo_admins(instance)
    except ConnectionProblem as error:
        messages.error(request, f"{error.problem.what} {error.problem.todo}")
    return redirect("guide:actions_config")


@require_POST
@marketo_admin_required
@fresh_sign_in_required
def admin_roles(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """Which roles of Marketo count as Admin, besides that one."""
    form = AdminRolesForm(request.POST)
    if form.is_valid():
        set_admin_roles(instance=instance, roles=form.cleaned_data["roles"], by=request.user)
        messages.success(request, _("Saved. The Marketo admins are being read again."))
    else:
        messages.error(request, " ".join(map(str, form.errors["roles"])))
    return redirect("guide:actions_config")


@require_POST
@marketo_admin_required
@fresh_sign_in_required
def send_invite(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """Step 1: create the Sales account and invite the chosen Marketo admin."""
    email = request.POST.get("admin", "").replace("\0", "")
    if not email:
        messages.error(request, _("Choose the Marketo admin to invite, then press Send Invite."))
        return redirect("guide:actions_config")
    admin = get_object_or_404(instance.admins, email=email)
    _invite_first_admin(request, instance, admin.email, str(admin) if admin.first_name else "")
    return redirect("guide:actions_config")


@require_POST
@marketo_admin_required
@fresh_sign_in_required
def invite_by_address(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """Step 1 where Marketo does not list its admins: the address of the first one was typed."""
    form = FirstAdminForm(request.POST)
    if "admins_problem" not in _admins(instance):
        messages.error(request, _("Marketo lists its admins now. Choose one of them."))
    elif form.is_valid():
        _invite_first_admin(request, instance, form.cleaned_data["email"])
    else:
        messages.error(request, " ".join(map(str, form.errors["email"])))
    return redirect("guide:actions_config")


def _invite_first_admin(request: ConsoleRequest, instance: MarketoInstance, email: str, name: str = "") -> None:
    try:
        invitation = set_up_sales_account(instance=instance, email=email, name=name, invited_by=request.user)
    except RefusedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _sent(invitation))


@require_POST
@marketo_admin_required
@fresh_sign_in_required
def resend_invite(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """Send the first invitation again with a new link."""
    invitation = get_object_or_404(_first_invitations(instance).undecided())
    try:
        resend(invitation=invitation, resent_by=request.user)
    except RefusedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _sent(invitation))
    return redirect("guide:actions_config")


@require_http_methods(["GET", "HEAD", "POST"])
@marketo_admin_required
@fresh_sign_in_required
def credentials(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """Show the Client Secret once; it exists on the page only as the answer to a post."""
    if not instance.account or request.method != "POST":
        return redirect("guide:actions_config")
    record(
        account=instance.account,
        actor=request.user,
        action=GuideAction.MARKETO_SECRET_SHOWN,
        target=instance.munchkin_id,
    )
    return render(request, "guide/actions_config.html", _cards(instance) | {"client_secret": instance.client_secret})


def _cards(instance: MarketoInstance) -> dict[str, object]:
    return {
        "instance": instance,
        "invitation": _first_invitations(instance).first(),
        "original_user": instance.account and instance.account.original_user,
        "roles_form": AdminRolesForm(initial={"roles": ", ".join(instance.admin_roles)}),
        **sync_card(instance),
    }


def _first_invitations(instance: MarketoInstance) -> InvitationQuerySet:
    return Invitation.objects.filter(account=instance.account, purpose=Invitation.Purpose.FIRST_ADMIN)


def _admins(instance: MarketoInstance) -> dict[str, object]:
    try:
        admins = marketo_admins(instance)
        return {"admins": admins, "reading": AdminReading.objects.of_instance(instance).first()}
    except ConnectionProblem as error:
        typed = FirstAdminForm(auto_id="first-admin-%s")
        return {"admins": instance.admins.all(), "admins_problem": error.problem, "typed_form": typed}


def _sent(invitation: Invitation) -> str:
    return _("Invitation sent to %(email)s. It can be accepted until %(date)s.") % {
        "email": invitation.email,
        "date": date_format(localtime(invitation.expires_at), "DATE_FORMAT"),
    }
