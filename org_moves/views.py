"""Settings > Admin Settings > Salesforce > moving to another org."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from accounts.services import RefusedError
from common.paging import is_key
from org_moves.services import move_to_org, what_hangs_on_it
from problems.messages import ConnectionProblem
from salesforce_orgs.moves import move_under_way
from salesforce_orgs.offers import OFFERED_FOR, offered_move, withdraw_move
from sync.models import SyncRun
from sync.moves import copy_of, end_move, needs_full_run, people_not_found


@permission_required(Permission.CONNECT_SALESFORCE)
@require_safe
def org_move(request: ConsoleRequest) -> HttpResponse:
    """What a move that is offered would mean, or how far the one under way has come."""
    account = request.member.account
    may_decide = request.member.may(Permission.DECIDE_RUNS)
    if offered := offered_move(account):
        ends_at = offered.offered_at + OFFERED_FOR
        context = {"move": offered, "found": what_hangs_on_it(offered), "ends_at": ends_at, "may_decide": may_decide}
        return render(request, "org_moves/org_move.html", context)
    move = move_under_way(account)
    if move is None:
        return redirect("connections:salesforce")
    run = SyncRun.objects.for_account(account).full().filter(created_at__gte=move.moved_at).order_by("-pk").first()
    found = {"people": copy_of(account).people, "not_found": people_not_found(account)}
    context = {"move": move, "run": run, "may_decide": may_decide, "is_unread": needs_full_run(account), **found}
    return render(request, "org_moves/org_move_progress.html", context)


@permission_required(Permission.CONNECT_SALESFORCE)
@require_POST
def cancel_org_move(request: ConsoleRequest) -> HttpResponse:
    """Leave everything as it is; the offer that was shown alone, as below."""
    if withdraw_move(request.member.account, by=request.member.user, move_id=_shown(request)):
        messages.success(request, _("Cancelled. Nothing was changed."))
        return redirect("connections:salesforce")
    messages.info(request, _("Somebody has decided about this move already."))
    return redirect("guide:org_move")


@permission_required(Permission.DECIDE_RUNS)
@require_POST
def do_org_move(request: ConsoleRequest) -> HttpResponse:
    """Move to the org that was shown: a page that stayed open may show an offer that another has replaced."""
    member = request.member
    try:
        move = move_to_org(account=member.account, move_id=_shown(request), by=member.user)
    except (ConnectionProblem, RefusedError) as refused:
        messages.error(request, _what(refused))
        return redirect("guide:org_move")
    if move:
        messages.success(request, _("Moved to %(org)s.") % {"org": move.org_name})
    else:
        messages.info(request, _("Somebody has decided about this move already."))
    return redirect("guide:org_move")


def _shown(request: ConsoleRequest) -> int:
    """The move that the page showed."""
    shown = request.POST.get("move", "")
    return int(shown) if is_key(shown) else 0


def _what(refused: ConnectionProblem | RefusedError) -> str:
    problem = refused.problem if isinstance(refused, ConnectionProblem) else None
    return f"{problem.what} {problem.todo}" if problem else str(refused)


@permission_required(Permission.DECIDE_RUNS)
@require_POST
def settle_org_move(request: ConsoleRequest) -> HttpResponse:
    """From now on, whoever is not in the new org leaves the copy; the move that was shown alone, as above."""
    move = move_under_way(request.member.account)
    if move is None:
        return redirect("connections:salesforce")
    if move.pk != _shown(request):
        messages.info(request, _("Somebody has decided about this move already."))
        return redirect("guide:org_move")
    try:
        end_move(move, by=request.member.user)
    except RefusedError as refused:
        messages.error(request, str(refused))
        return redirect("guide:org_move")
    messages.success(request, _("The move has ended. From now on the copy follows the new org alone."))
    return redirect("connections:salesforce")
