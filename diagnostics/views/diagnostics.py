"""Settings > Integrations > Diagnostics."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.models import SalesAccount, User
from accounts.permissions import Permission
from connections.asking import asking
from connections.models import ApiFailure
from connections.services.health import check_account, marketo_health, salesforce_health
from diagnostics import failures
from diagnostics.contacts import admins_of
from diagnostics.needs import needs_of
from diagnostics.usage import usage_charts
from problems.messages import ConnectionProblem


@permission_required(Permission.READ_DIAGNOSTICS)
@require_safe
def diagnostics(request: ConsoleRequest) -> HttpResponse:
    """Both connections, what failed on them, and the calls of the last days."""
    return render(request, "diagnostics/diagnostics.html", _found(request.member.account, request.user))


@login_required
@require_safe
def watched(request: ConsoleRequest, slug: str) -> HttpResponse:
    """The same of any account for ops staff, who see it and change nothing."""
    account = get_object_or_404(SalesAccount, slug=slug)
    if not request.user.is_ops_staff:
        is_inside = request.member and request.member.account_id == account.pk
        raise PermissionDenied if is_inside else Http404
    needs = needs_of([account], request.user, request.member or None, with_operators=False)
    context = {
        "watched": account,
        # What can be seen here alone is no link.
        "needs": [(need, "" if need.path == request.path else need.path) for need in needs],
        "admins": admins_of(account),
    }
    return render(request, "diagnostics/diagnostics.html", {**context, **_found(account, request.user)})


def _found(account: SalesAccount, reader: User) -> dict[str, object]:
    explained = failures.explained_failures(account, reader)
    return {
        "connections": [
            ("Salesforce", salesforce_health(account)),
            ("Marketo", marketo_health(account)),
        ],
        "groups": failures.by_actor([one for one in explained if not one.row.solved_at]),
        "solved": [one for one in explained if one.row.solved_at],
        "charts": usage_charts(account),
    }


@permission_required(Permission.READ_DIAGNOSTICS)
@require_POST
def check_now(request: ConsoleRequest) -> HttpResponse:
    """The button Check now: makes a call over each connection."""
    account = request.member.account
    try:
        with asking("connections", account.pk):
            checked = check_account(account)
    except ConnectionProblem as refused:
        messages.warning(request, f"{refused.problem.what} {refused.problem.todo}")
        return redirect("diagnostics:diagnostics")
    if checked:
        messages.success(request, _("The connections were checked. Below is what the calls showed."))
    else:
        messages.info(request, _("There is nothing to check: the Sales account is connected to nobody yet."))
    return redirect("diagnostics:diagnostics")


@permission_required(Permission.READ_DIAGNOSTICS)
@require_POST
def retry_failure(request: ConsoleRequest, pk: int) -> HttpResponse:
    """The button Try again of a single failure."""
    account = request.member.account
    try:
        with asking("connections", account.pk):
            is_solved = failures.retry_failure(account=account, failure_id=pk)
    except ApiFailure.DoesNotExist:
        raise Http404 from None
    except ConnectionProblem as refused:
        messages.warning(request, f"{refused.problem.what} {refused.problem.todo}")
    else:
        if is_solved:
            messages.success(request, _("The call succeeds now."))
        else:
            messages.error(request, _("The call failed again. Below is why, and who has to act."))
    return redirect("diagnostics:diagnostics")
