"""Watching runs: the list, one run with its progress, and the buttons that hold or stop it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import fresh_sign_in_required_to_read, polled
from accounts.exports import export
from accounts.middleware import ConsoleRequest
from accounts.models import SalesAccount
from accounts.permissions import Permission
from clients.marketo.types import StaticList
from common.durations import duration
from common.htmx import render_part
from common.paging import keyset_page
from common.percent import percent
from connections.models import MarketoInstance
from diagnostics.contacts import whom_to_call
from operations.backlog import backlog_of
from operations.progress import Waiting, comparisons_of, progress_of, waits_of
from operations.timeline import timeline_of
from pipeline.allowances import budgets_of
from problems.problem import Problem
from sync import services
from sync.access import may_decide, watched_accounts, watched_runs
from sync.audit_actions import SyncAction
from sync.decisions import can_be_undone
from sync.engine.cursors import STREAMS
from sync.engine.fields import SYNCED_FIELDS, missing_fields
from sync.funnel import funnel_of
from sync.messages import causes, failure_of, left_alone, reasons_of_hold, row_fault, unseen
from sync.models import Extract, HeldPerson, RejectedRow, RunKind, SyncRun
from sync.moves import move_of
from sync.policies import HoldLimit
from sync.querysets import SyncRunQuerySet
from sync.statuses import RunStatus

REJECTED_ROWS_SHOWN = 20
# Whoever wants what these were to do starts anew.
STOPPED = (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.DISCARDED)
FILTERS = ("account", "status", "kind", "cause", "days")
DAYS = (1, 7, 30)
# Beside the states of runs.
UNFINISHED, PAUSED, WAITING = "unfinished", "paused", "waiting"


@require_safe
@polled
def runs(request: ConsoleRequest) -> HttpResponse:
    """The runs this person may watch, newest first; an htmx request gets the part that renews itself."""
    chosen = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    page = keyset_page(_chosen(watched_runs(request), chosen), "id", request.GET)
    accounts = watched_accounts(request)
    shown = accounts if len(accounts) == 1 else [one for one in accounts if one.slug == chosen.get("account")]
    context = {
        "page": page,
        "rows": list(_rows(page.rows)),
        "chosen": chosen,
        "query": f"{urlencode(chosen)}&" if chosen else "",
        "filters": _filters(accounts, chosen),
        "is_newest": not request.GET.keys() - set(FILTERS),
        "backlog": backlog_of(shown[0]) if shown else None,
        "held": SyncRun.objects.held(shown[0]) if shown else None,
        "streams": [stream.label for stream in STREAMS],
    }
    return render_part(request, "operations/runs.html", "live", context)


def _rows(runs: Sequence[SyncRun]) -> Iterator[tuple[SyncRun, Problem | None, Waiting | None, str]]:
    """Each run, why it failed or stands still, and how long it took or takes so far."""
    waits = waits_of(runs)
    for run in runs:
        took = duration(run.working_time.total_seconds()) if run.working_time else ""
        yield run, failure_of(run) if run.status == RunStatus.FAILED else None, waits.get(run.pk), took


def _filters(accounts: Sequence[SalesAccount], chosen: Mapping[str, str]) -> list[tuple[object, ...]]:
    """Name, label, choices and the present choice of each list to choose from; one account is no choice."""
    filters = [
        ("account", _("Sales account"), [(one.slug, one) for one in accounts] if len(accounts) > 1 else []),
        ("status", _("State"), _states()),
        ("kind", _("Kind"), RunKind.choices),
        ("cause", _("Cause"), causes()),
        ("days", _("Begun"), [(str(days), _last_days(days)) for days in DAYS]),
    ]
    return [(name, label, choices, chosen.get(name)) for name, label, choices in filters if choices]


def _last_days(days: int) -> str:
    return ngettext("in the last day", "in the last %(days)s days", days) % {"days": days}


def _states() -> list[tuple[str, object]]:
    unfinished = [(UNFINISHED, _("Unfinished")), (PAUSED, _("Paused")), (WAITING, _("Waiting"))]
    return [*unfinished, *RunStatus.choices]


def _chosen(found: SyncRunQuerySet, chosen: Mapping[str, str]) -> SyncRunQuerySet:
    found = _in_state(found.with_waiting(), chosen.get("status"))
    if chosen.get("kind") in RunKind.values:
        found = found.filter(kind=chosen["kind"])
    if "cause" in chosen:
        found = found.with_cause(chosen["cause"])
    if chosen.get("days") in [str(days) for days in DAYS]:
        found = found.filter(created_at__gte=timezone.now() - timedelta(days=int(chosen["days"])))
    if "account" in chosen:
        # By its key, or the whole history may be read to join it.
        found = found.filter(account=SalesAccount.objects.filter(slug=chosen["account"]).first())
    return found.select_related("account")


def _in_state(found: SyncRunQuerySet, state: str | None) -> SyncRunQuerySet:
    """A paused run that also waits is shown as paused."""
    if state == UNFINISHED:
        return found.unfinished()
    if state == PAUSED:
        return found.unfinished().filter(paused_at__isnull=False)
    if state == WAITING:
        return found.unfinished().filter(paused_at=None, is_waiting=True)
    return found.filter(status=state) if state in RunStatus.values else found


@require_safe
@polled
def run(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """One run; an htmx request gets the part that changes while it works."""
    this = get_object_or_404(watched_runs(request).select_related("account", "started_by"), pk=run_id)
    extracts = list(Extract.objects.of_run(this))
    failure = failure_of(this) if this.failure else None
    context = {
        "run": this,
        "progress": progress_of(this, extracts),
        "extracts": extracts,
        "failure": failure,
        "to_call": whom_to_call(this.account, failure) if failure else [],
        "diagnostics": _diagnostics_of(request, this),
        "funnel": funnel_of(this),
        "timeline": timeline_of(this, extracts),
        "kept": left_alone(this.kept),
        "unseen": unseen(this),
        "move": move_of(this),
        "held_people": HeldPerson.objects.of_run(this).count() if any(one.is_recheck for one in extracts) else 0,
        **_decision_about(this),
        "may_decide": may_decide(request, this.account),
        "can_be_undone": can_be_undone(this),
        "undone_by": SyncRun.objects.filter(undoes=this).last_success(),
        "comparisons": comparisons_of(this),
        "not_shown": this.status != RunStatus.FAILED and Extract.objects.of_run(this).not_shown().exists(),
        "missing_fields": missing_fields(this.fields) if this.fields else [],
        "gone_fields": [field for field in SYNCED_FIELDS if field.column in this.gone_fields],
        "rejected_rows": _rejected_rows(this),
        "budgets": budgets_of(this.account),
        "requests": services.requests_about(this),
        "may_read_people": _may_read_people(request, this),
        "may_start": MarketoInstance.objects.administered_by(request.user).for_account(this.account).exists(),
    }
    return render_part(request, "operations/run.html", "live", context)


def _decision_about(this: SyncRun) -> dict[str, object]:
    """What whoever decides about a run that waits must know: nothing else asks."""
    if this.status == RunStatus.HELD:
        share = round(100 * this.held_removals / max(1, this.people_before))
        return {
            "hold_reasons": reasons_of_hold(this),
            "usual_removals": SyncRun.objects.usual_removals(this),
            "held_share": percent(share or "<1"),
            "held_stay": this.people - this.added,
        }
    if this.status == RunStatus.PREVIEWED:
        return {"hold_limit": HoldLimit.of(this.account).limit_of(this.people_before)}
    return {}


def _diagnostics_of(request: ConsoleRequest, this: SyncRun) -> str:
    """Where this person sees the failed calls of the run's account; empty for who may not."""
    if request.user.is_ops_staff:
        return reverse("diagnostics:watched", args=[this.account.slug])
    member = request.member
    is_inside = member and member.account_id == this.account_id and member.may(Permission.READ_DIAGNOSTICS)
    return reverse("diagnostics:diagnostics") if is_inside else ""


def _may_read_people(request: ConsoleRequest, this: SyncRun) -> bool:
    member = request.member
    return bool(member and member.account_id == this.account_id and member.may(Permission.READ_PEOPLE))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_run(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """Ask whether to stop a run; POST stops it, and what the copy held before stays."""
    this = get_object_or_404(watched_runs(request).select_related("account"), pk=run_id)
    if request.method != "POST":
        return render(request, "operations/cancel_run.html", {"run": this})
    if services.cancel_run(run=this, cancelled_by=request.user):
        is_held = _("The run is held again, and waits for a decision. Nothing was changed.")
        messages.success(request, is_held if this.held else _("The run was cancelled. Nothing was changed."))
    else:
        messages.info(request, _("The run had already ended."))
    return redirect(this)


@login_required
@require_POST
def pause_run(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """Hold a run until somebody resumes it."""
    this = get_object_or_404(watched_runs(request).select_related("account"), pk=run_id)
    if services.pause_run(run=this, paused_by=request.user):
        messages.success(request, _("The run is paused. Press Resume to let it go on where it stopped."))
    else:
        messages.info(request, _("The run was paused already, or it had ended."))
    return redirect(this)


@login_required
@require_POST
def resume_run(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """Let a paused run go on."""
    this = get_object_or_404(watched_runs(request).select_related("account"), pk=run_id)
    if services.resume_run(run=this, resumed_by=request.user):
        messages.success(request, _("The run continues where it stopped."))
    else:
        messages.info(request, _("The run was not paused."))
    return redirect(this)


@login_required
@require_POST
def try_run_now(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """Let a run that waits for something outside try at once: the reason may be gone."""
    this = get_object_or_404(watched_runs(request).select_related("account"), pk=run_id)
    if services.try_now(run=this, tried_by=request.user):
        messages.success(request, _("The run tries again now. If the reason is still there, it keeps waiting."))
    else:
        messages.info(request, _("The run does not wait for anything."))
    return redirect(this)


@login_required
@require_POST
def sync_again(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """Read everybody anew, or the members of the same list, after a run that did not come to its end."""
    stopped = watched_runs(request).filter(status__in=STOPPED, undoes=None)
    this = get_object_or_404(stopped.select_related("account"), pk=run_id)
    only = StaticList(this.list_id, this.list_name) if this.list_id is not None else None
    try:
        return redirect(services.start_sync(account=this.account, started_by=request.user, only=only))
    except services.SyncRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(refusal.run or this)


@login_required
@require_safe
@fresh_sign_in_required_to_read
def rejected_rows(request: ConsoleRequest, run_id: int) -> HttpResponseBase:
    """The rows that could not be read, as a file for a spreadsheet."""
    this = get_object_or_404(watched_runs(request).select_related("account"), pk=run_id)
    name, action = f"rejected-rows-{this.pk}.csv", SyncAction.REJECTED_ROWS_EXPORTED
    return export(request, name, _lines(this), accounts=[this.account], by=request.user, action=action)


def _lines(this: SyncRun) -> Iterator[tuple[object, ...]]:
    yield _("Created from"), _("Created to"), _("Line"), _("What is wrong"), _("Row")
    for row in RejectedRow.objects.of_run(this).select_related("extract"):
        extract = row.extract
        yield extract.window_from or "", extract.window_to or "", row.line, row_fault(row), row.text


def _rejected_rows(this: SyncRun) -> list[tuple[RejectedRow, object]]:
    rows = RejectedRow.objects.of_run(this)[:REJECTED_ROWS_SHOWN]
    return [(row, row_fault(row)) for row in rows]
