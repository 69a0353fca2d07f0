"""Settings > Admin Settings > Data Sync: what runs may do without asking."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from sync.decisions import set_hold_limit
from sync.forms import HoldLimitForm
from sync.policies import HoldLimit


@permission_required(Permission.DECIDE_RUNS)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: ConsoleRequest) -> HttpResponse:
    """The limit from which on a run is held; a post changes it."""
    account = request.member.account
    form = HoldLimitForm(request.POST or None, instance=HoldLimit.of(account))
    if form.is_valid():
        set_hold_limit(account=account, changed_by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved. It applies from the next run."))
        return redirect("sync:settings")
    return render(request, "sync/settings.html", {"form": form}, status=400 if form.is_bound else 200)
