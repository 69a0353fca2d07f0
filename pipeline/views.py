"""Marketo's page Action Field Sync: what will be synced, and the button that starts it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.middleware import ConsoleRequest
from accounts.models import SalesAccount
from clients.marketo.types import StaticList
from connections.models import MarketoInstance
from marketo_instances.access import marketo_admin_required
from pipeline.allowances import budgets_with
from pipeline.engine.preview import find_lists, last_forecast
from pipeline.engine.preview import preview as read_preview
from pipeline.engine.visibility import last_look
from sync import services
from sync.forms import TypedText
from sync.funnel import funnel_of
from sync.messages import TROUBLES, problems_of, trouble
from sync.models import SyncRun
from sync.statuses import WAITING_FOR_A_DECISION

# As long as Marketo lets the name of a list be.
LIST_NAME = TypedText(longest=255)


@require_http_methods(["GET", "HEAD", "POST"])
@marketo_admin_required
def preview(request: ConsoleRequest, instance: MarketoInstance) -> HttpResponse:
    """Show what a sync of the instance's Sales account would read; POST starts it."""
    account = instance.account
    if account is None:
        messages.error(request, _("There is no Sales account yet. Send the first invitation first."))
        return redirect("guide:actions_config")
    if request.method == "POST":
        return _start(request, instance, account)
    return _page(request, instance, account)


def _page(request: ConsoleRequest, instance: MarketoInstance, account: SalesAccount, **choice: object) -> HttpResponse:
    """The preview; `choice` is what was typed for a list, and the lists found, when that did not name one."""
    context = {"instance": instance, "account": account, **_content(account), **choice}
    return render(request, "pipeline/preview.html", context)


def _content(account: SalesAccount) -> dict[str, object]:
    unfinished = SyncRun.objects.for_account(account).full().unfinished().first()
    sentence = services.connection_problem(account)
    if unfinished or sentence:
        return {"unfinished": unfinished, "sentence": sentence}
    try:
        chosen = services.chosen_list(account)
        seen = read_preview(account)
        last = SyncRun.objects.for_account(account).last_read(chosen.list_id if chosen else None)
        return {
            "preview": seen,
            "list_name": chosen.name if chosen else "",
            "budgets": budgets_with(account, seen.forecast),
            "people": last.synced if last else seen.forecast.people,
            "fewer": _fewer(last) if last else 0,
            "last_read": last,
            "funnel": funnel_of(last) if last else [],
            "unseen": problems_of(last_look(account)),
        }
    except TROUBLES as error:
        return {"problem": trouble(error)}


def _fewer(read: SyncRun) -> int:
    """How many of those who are there now would leave by a run that waits; what an older one counted is history."""
    good = SyncRun.objects.for_account(read.account).last_success()
    if not good or read.status not in WAITING_FOR_A_DECISION:
        return 0
    staying: int = read.synced + sum(read.kept.values())
    return max(0, good.people - staying)


def _start(request: ConsoleRequest, instance: MarketoInstance, account: SalesAccount) -> HttpResponse:
    name = LIST_NAME.clean(request.POST.get("list"))
    try:
        lists = find_lists(account, name) if name else []
    except TROUBLES as error:
        context = {"instance": instance, "account": account, "problem": trouble(error)}
        return render(request, "pipeline/preview.html", context)
    chosen = lists if len(lists) == 1 else [one for one in lists if request.POST.get("list_id") == str(one.list_id)]
    if name and not chosen:
        return _page(request, instance, account, list_name=name, lists=lists, is_list_missing=not lists)
    return _start_reading(request, account, chosen[0] if chosen else None)


def _start_reading(request: ConsoleRequest, account: SalesAccount, only: StaticList | None) -> HttpResponse:
    # The forecast is about everybody.
    forecast = None if only else last_forecast(account)
    try:
        run = services.start_sync(
            account=account,
            started_by=request.user,
            forecast=forecast,
            only=only,
            is_dry_run="dry_run" in request.POST,
        )
    except services.SyncRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(refusal.run or "sync:preview")
    return redirect(run)
