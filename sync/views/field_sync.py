"""Marketo's page Action Field Sync: what will be synced, and the button that starts it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.middleware import ConsoleRequest
from accounts.models import SalesAccount
from connections.access import marketo_admin_required
from connections.http import ApiError
from connections.models import MarketoInstance
from connections.problems import problem_code, problem_for
from sync import services
from sync.engine.preview import preview as read_preview
from sync.models import SyncRun


@require_http_methods(["GET", "POST"])
@marketo_admin_required
def preview(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """Show what a sync of the instance's Sales account would read; POST starts it."""
    account = instance.account
    if account is None:
        messages.error(request, _("There is no Sales account yet. Send the first invitation first."))
        return redirect("guide:actions_config")
    if request.method == "POST":
        return _start(request, account)
    return render(request, "sync/preview.html", {"account": account, **_content(account)})


def _content(account: SalesAccount) -> dict[str, object]:
    unfinished = SyncRun.objects.of_account(account).full().unfinished().first()
    sentence = services.connection_problem(account)
    if unfinished or sentence:
        return {"unfinished": unfinished, "sentence": sentence}
    try:
        return {"preview": read_preview(account)}
    except ApiError as error:
        return {"problem": problem_for(problem_code(error))}


def _start(request: ConsoleRequest, account: SalesAccount) -> HttpResponse:
    try:
        run = services.start_sync(account=account, started_by=request.user)
    except services.SyncRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(refusal.run or "sync:preview")
    messages.success(request, _("The sync has started. You may leave this page; it goes on by itself."))
    return redirect(run)
