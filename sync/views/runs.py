"""Watching runs: the list, one run with its progress, and the button that stops it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import refusal
from accounts.middleware import ConsoleRequest
from connections.models import MarketoInstance
from sync import services
from sync.models import Extract, RejectedRow, RunStatus, SyncRun
from sync.paging import keyset_page
from sync.progress import progress_of
from sync.querysets import SyncRunQuerySet
from sync.sentences import failure_of, left_out, row_fault

REJECTED_ROWS_SHOWN = 50


@login_required
@require_safe
def runs(request: ConsoleRequest) -> HttpResponse:
    """The runs this person may watch, newest first."""
    found = _watched(request).select_related("account", "started_by").with_waiting()
    status = request.GET.get("status", "")
    if status in RunStatus.values:
        found = found.filter(status=status)
    page = keyset_page(found, "id", request.GET)
    return render(request, "sync/runs.html", {"page": page, "status": status, "statuses": RunStatus.choices})


@login_required
@require_safe
def run(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """One run; an htmx request gets the part that changes while it works."""
    this = get_object_or_404(_watched(request).select_related("account", "started_by"), pk=run_id)
    extracts = list(Extract.objects.of_run(this))
    context = {
        "run": this,
        "progress": progress_of(this, extracts),
        "extracts": extracts,
        "failure": failure_of(this) if this.status == RunStatus.FAILED else None,
        "left_out": left_out(this.skipped),
        "rejected_rows": _rejected_rows(this),
    }
    template = "sync/run.html#live" if request.htmx else "sync/run.html"  # type: ignore[attr-defined]
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@login_required
@require_http_methods(["GET", "POST"])
def cancel_run(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """Ask whether to stop a run; POST stops it, and what the copy held before stays."""
    this = get_object_or_404(_watched(request).select_related("account"), pk=run_id)
    if request.method != "POST":
        return render(request, "sync/cancel_run.html", {"run": this})
    if services.cancel_run(run=this, cancelled_by=request.user):
        messages.success(request, _("The run was cancelled. Nothing was changed."))
    else:
        messages.info(request, _("The run had already ended."))
    return redirect(this)


def _watched(request: ConsoleRequest) -> SyncRunQuerySet:
    """Runs of the accounts this person watches over; 403 for other members, 404 for people without an account."""
    user = request.user
    is_watcher = user.is_ops_staff or (request.member and request.member.is_admin)
    if is_watcher or MarketoInstance.objects.administered_by(user).exists():
        return SyncRun.objects.watched_by(user, request.member)
    raise refusal(request)


def _rejected_rows(this: SyncRun) -> list[tuple[RejectedRow, object]]:
    rows = RejectedRow.objects.of_run(this)[:REJECTED_ROWS_SHOWN]
    return [(row, row_fault(row)) for row in rows]
