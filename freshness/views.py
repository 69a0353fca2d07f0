"""How fresh the copies are, against what was promised."""

from collections.abc import Iterator

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import exports
from accounts.access import fresh_sign_in_for
from accounts.middleware import ConsoleRequest
from accounts.models import SalesAccount
from accounts.permissions import Permission
from freshness.audit_actions import FreshnessAction
from freshness.forms import PromiseForm
from freshness.services import freshness_of, least_promise, month_of, set_promise
from history.models import ChangeDelay
from sync.access import decided_by, may_decide, watched_accounts
from sync.policies import Schedule


@login_required
@require_safe
def freshness(request: ConsoleRequest) -> HttpResponse:
    """This month's promise of each account, and how it was kept."""
    return _render(request)


def _render(request: ConsoleRequest, refused: PromiseForm | None = None) -> HttpResponse:
    accounts, month = watched_accounts(request), month_of(timezone.now())
    decided = decided_by(request)
    lines = [(line, line.account.pk in decided) for line in freshness_of(accounts, month)]
    context = {"lines": lines, "month": month, "refused": refused}
    return render(request, "freshness/freshness.html", context, status=400 if refused else 200)


@login_required
@require_POST
@fresh_sign_in_for(Permission.DECIDE_RUNS)
def promise(request: ConsoleRequest, slug: str) -> HttpResponse:
    """Promise another time; those who answer for the account's people."""
    account = next((one for one in watched_accounts(request) if one.slug == slug), None)
    if account is None:
        raise Http404
    if not may_decide(request, account):
        raise PermissionDenied
    form = PromiseForm(request.POST, least=least_promise(Schedule.of(account)))
    if not form.is_valid():
        return _render(request, form)
    set_promise(account=account, minutes=form.cleaned_data["minutes"], changed_by=request.user)
    messages.success(request, _("Saved."))
    return redirect("operations:freshness")


@login_required
@require_safe
def export(request: ConsoleRequest) -> HttpResponseBase:
    """This month's figures behind the page, as a file for a spreadsheet."""
    accounts, name = watched_accounts(request), f"freshness-{month_of(timezone.now()):%Y-%m}.csv"
    action = FreshnessAction.FRESHNESS_EXPORTED
    return exports.export(request, name, _lines(accounts), accounts=accounts, by=request.user, action=action)


def _lines(accounts: list[SalesAccount]) -> Iterator[tuple[object, ...]]:
    yield _("Sales account"), _("Hour (UTC)"), _("Arrived within seconds"), _("Changes")
    rows = ChangeDelay.objects.filter(account__in=accounts, hour__gte=month_of(timezone.now()))
    for row in rows.select_related("account").order_by("account__slug", "hour", "seconds").iterator():
        yield row.account.slug, row.hour.isoformat(), row.seconds, row.changes
