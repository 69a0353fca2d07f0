"""The page that counts the same people in three places and explains every difference."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from accounts.middleware import ConsoleRequest
from accounts.models import SalesAccount
from people.differences import lines_of
from people.reconciliation import count, last_counts
from problems.problem import Problem
from sync import services
from sync.access import chosen_account, watched_accounts
from sync.messages import TROUBLES, trouble
from sync.models import SyncRun


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reconciliation(request: ConsoleRequest) -> HttpResponse:
    """Show what was counted last; POST counts now."""
    accounts = watched_accounts(request)
    account = chosen_account(accounts, request.POST or request.GET)
    problem = _count_now(account) if account and request.method == "POST" else None
    if account and request.method == "POST" and not problem:
        return redirect(f"{reverse('people:reconciliation')}?{urlencode({'account': account.slug})}")
    context = {"accounts": accounts, "account": account, "problem": problem}
    return render(request, "people/reconciliation.html", context | (_content(account) if account else {}))


def _count_now(account: SalesAccount) -> Problem | None:
    run = SyncRun.objects.for_account(account).full().last_success()
    if run is None or services.connection_problem(account):
        return None
    try:
        count(account, run)
    except TROUBLES as error:
        return trouble(error)
    return None


def _content(account: SalesAccount) -> dict[str, object]:
    runs, counts = SyncRun.objects.for_account(account), last_counts(account)
    context: dict[str, object] = {
        "last_run": runs.full().last_success(),
        "sentence": services.connection_problem(account),
    }
    counted_run = runs.filter(pk=counts.run_id).first() if counts else None
    if counts and counted_run:
        context |= {"counts": counts, "counted_run": counted_run, "lines": lines_of(counts, counted_run)}
    return context
