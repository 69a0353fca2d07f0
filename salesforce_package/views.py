"""Settings > Admin Settings > Salesforce package: steps 6 and 7."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from connections.asking import asking
from problems.messages import ConnectionProblem
from problems.problem import Problem
from salesforce_package import services
from salesforce_package.forms import RecordForm
from salesforce_package.items.install import INSTALLED_PACKAGES_PATH, listing_url
from salesforce_package.proof import connection_for, log_test_activity, proof_state
from salesforce_package.services import find_item, untick_item
from salesforce_package.state import package_state


@permission_required(Permission.CONFIGURE_PACKAGE)
@require_safe
def package(request: ConsoleRequest) -> HttpResponse:
    """The checklist as it was found last."""
    return _page(request)


@permission_required(Permission.CONFIGURE_PACKAGE)
@require_POST
def check_package(request: ConsoleRequest) -> HttpResponse:
    """Check again: look into the org now."""
    try:
        services.check_package(request.member.account)
    except ConnectionProblem as refused:
        return _page(request, refused.problem)
    messages.success(request, _("The Salesforce org was checked."))
    return redirect("salesforce_package:package")


@permission_required(Permission.CONFIGURE_PACKAGE)
@require_POST
def tick_item(request: ConsoleRequest, key: str) -> HttpResponse:
    """Tick an item by hand, or with `undo` take the tick away."""
    item = find_item(key)
    if item is None:
        raise Http404
    change = untick_item if "undo" in request.POST else services.tick_item
    try:
        change(account=request.member.account, by=request.member.user, item=item)
    except ConnectionProblem as refused:
        return _page(request, refused.problem)
    return redirect(f"{reverse('salesforce_package:package')}#{key}")


@permission_required(Permission.CONFIGURE_PACKAGE)
@require_safe
def package_sheet(request: ConsoleRequest) -> HttpResponse:
    """What is left to do, on paper for somebody who does not sign in here."""
    state = package_state(request.member.account)
    if state.connection is None:
        return redirect("salesforce_package:package")
    return render(request, "salesforce_package/package_sheet.html", {"state": state, "listing_url": listing_url()})


@permission_required(Permission.CONFIGURE_PACKAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def test_activity(request: ConsoleRequest) -> HttpResponse:
    """Log a task of each type on a record that is picked, and see what Salesforce does with it."""
    form, problem = RecordForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        try:
            with asking("test-activity", request.member.account_id):
                log_test_activity(member=request.member, record_id=form.cleaned_data["record"])
            return redirect("salesforce_package:test_activity")
        except ConnectionProblem as refused:
            problem = refused.problem
    connection = connection_for(request.member)
    state = proof_state(request.member.account, connection.org_id) if connection else None
    context = {"form": form, "problem": problem, "connection": connection, "state": state}
    return render(request, "salesforce_package/test_activity.html", context, status=400 if form.errors else 200)


def _page(request: ConsoleRequest, problem: Problem | None = None) -> HttpResponse:
    state = package_state(request.member.account)
    origin = state.connection.instance_url if state.connection else ""
    context = {
        "state": state,
        "problem": problem,
        "listing_url": listing_url(),
        "installed_packages_url": f"{origin}{INSTALLED_PACKAGES_PATH}",
    }
    return render(request, "salesforce_package/package.html", context)
