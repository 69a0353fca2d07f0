"""What a person decides about a run, and the people it concerns."""

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import fresh_sign_in_for, fresh_sign_in_required_to_read
from accounts.exports import export
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from common.paging import is_key
from history.trail import Difference, differences_of
from operations.outcome import PAGE_SIZE, Choice, Concerned, concerned, everybody_concerned
from sync import decisions
from sync.access import may_decide, watched_runs
from sync.audit_actions import SyncAction
from sync.forms import TypedText
from sync.looks import note_look_at_people
from sync.messages import kind_label, reason_label
from sync.models import SyncRun
from sync.services import SyncRefused
from sync.words import WORDS

SEARCH = TypedText(longest=100)


def run_to_decide(request: ConsoleRequest, run_id: int) -> SyncRun:
    """A run that this person may watch, if they may decide about it too: ops staff may not."""
    this: SyncRun = get_object_or_404(watched_runs(request).select_related("account"), pk=run_id)
    if not may_decide(request, this.account):
        raise PermissionDenied
    return this


@login_required
@require_POST
@fresh_sign_in_for(Permission.DECIDE_RUNS)
def approve_run(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """Let a held run go on, about the people that were shown: it may have read others since, and been held anew."""
    this = run_to_decide(request, run_id)
    if request.POST.get("held_at", _held_at(this)) != _held_at(this):
        messages.warning(request, _("Somebody has decided about this run already."))
        return redirect(this)
    done = _("Approved. These people are read once more. Anyone who changed since is judged again.")
    return _decided(request, this, lambda: decisions.approve_run(run=this, approved_by=request.user), done)


@login_required
@require_POST
@fresh_sign_in_for(Permission.DECIDE_RUNS)
def check_run_again(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """Read the people of a held run again."""
    this = run_to_decide(request, run_id)
    done = _("These people are read once more. The run continues automatically if few are left.")
    return _decided(request, this, lambda: decisions.check_run_again(run=this, checked_by=request.user), done)


@login_required
@require_POST
@fresh_sign_in_for(Permission.DECIDE_RUNS)
def start_previewed_run(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """Let a dry run do what it has shown."""
    this = run_to_decide(request, run_id)
    done = _("Started with what the dry run has read. What has changed since comes with the next incremental sync.")
    return _decided(request, this, lambda: decisions.start_previewed_run(run=this, started_by=request.user), done)


@login_required
@require_POST
@fresh_sign_in_for(Permission.DECIDE_RUNS)
def discard_run(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """End a stopped run with nothing changed."""
    this = run_to_decide(request, run_id)
    if decisions.discard_run(run=this, discarded_by=request.user):
        messages.success(request, _("The run was discarded. Nothing was changed."))
    else:
        messages.info(request, _("Somebody has decided about this run already."))
    return redirect(this)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_for(Permission.DECIDE_RUNS)
def undo_run(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """Say what taking a run back would mean; POST starts it."""
    this = run_to_decide(request, run_id)
    if request.method != "POST":
        return render(request, "operations/undo_run.html", {"run": this})
    try:
        return redirect(decisions.undo_run(run=this, undone_by=request.user))
    except SyncRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(refusal.run or this)


def _held_at(this: SyncRun) -> str:
    return this.finished_at.isoformat() if this.finished_at else ""


def _decided(request: ConsoleRequest, this: SyncRun, decide: Callable[[], None], done: str) -> HttpResponse:
    try:
        decide()
    except SyncRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(refusal.run or this)
    messages.success(request, done)
    return redirect(this)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def people_of_run(request: ConsoleRequest, run_id: int) -> HttpResponse:
    """Whom a run concerns, one by one; POST finds people by name, address or id, which do not belong in an address."""
    this = _run_whose_people_are_read(request, run_id)
    params = request.POST if request.method == "POST" else request.GET
    choice, beyond = _choice(params), params.get("beyond", "")
    found = concerned(this, choice, int(beyond) if is_key(beyond) else 0, PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    kept = {name: value for name, value in (("kind", choice.kind), ("reason", choice.reason)) if value}
    context = {
        "run": this,
        "choice": choice,
        "rows": [(one, kind_label(one.kind), reason_label(one.reason), _differences(one)) for one in shown],
        "following": shown[-1].marketo_id if len(found) > PAGE_SIZE else None,
        "query": urlencode(kept),
        "may_decide": may_decide(request, this.account),
    }
    return render(request, "operations/people_of_run.html", context)


@login_required
@require_safe
@fresh_sign_in_required_to_read
def people_of_run_csv(request: ConsoleRequest, run_id: int) -> HttpResponseBase:
    """The same as a file for a spreadsheet."""
    this = _run_whose_people_are_read(request, run_id)
    name, action = f"people-of-run-{this.pk}.csv", SyncAction.PEOPLE_OF_RUN_EXPORTED
    lines = _lines(this, _choice(request.GET))
    return export(request, name, lines, accounts=[this.account], by=request.user, action=action)


def _run_whose_people_are_read(request: ConsoleRequest, run_id: int) -> SyncRun:
    """A run that this person may watch; that ops staff looked at its people stands in the audit trail."""
    this: SyncRun = get_object_or_404(watched_runs(request).select_related("account"), pk=run_id)
    if request.user.is_ops_staff:
        note_look_at_people(run=this, by=request.user)
    return this


def _choice(params: Mapping[str, str]) -> Choice:
    return Choice(*(SEARCH.clean(params.get(name)) for name in ("kind", "reason", "q")))


def _lines(this: SyncRun, choice: Choice) -> Iterator[tuple[object, ...]]:
    yield _("Marketo ID"), _("Name"), _("Email"), _("What"), _("Reason"), _("Field"), _("Before"), _("After")
    for one in everybody_concerned(this, choice):
        known = one.marketo_id, one.name, one.email, kind_label(one.kind), reason_label(one.reason)
        for difference in _differences(one) or [Difference("", "", "")]:
            yield *known, difference.label, difference.before, difference.after


def _differences(one: Concerned) -> list[Difference]:
    return differences_of(one.before, one.after, WORDS)
