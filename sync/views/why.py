"""The page that says why somebody is in the copy or not."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.middleware import ConsoleRequest
from accounts.models import SalesAccount
from connections.http import ApiError
from connections.models import MarketoInstance
from connections.problems import problem_code, problem_for
from sync import services
from sync.engine.problems import MustWait
from sync.engine.why import filter_for, find
from sync.models import SyncRun
from sync.sentences import WAITS, verdict_of
from sync.views.runs import refuse_others

LONGEST_TEXT = 200


@login_required
@require_safe
def why(request: ConsoleRequest) -> HttpResponse:
    """Ask both systems about a person, by e-mail address or id."""
    refuse_others(request)
    accounts = _accounts(request)
    chosen = [account for account in accounts if account.slug == request.GET.get("account")]
    account = next(iter([*chosen, *accounts]), None)
    text = request.GET.get("q", "").strip()[:LONGEST_TEXT]
    context = {"accounts": accounts, "account": account, "text": text}
    if account and text:
        context |= _answer(account, text)
    return render(request, "sync/why.html", context)


def _accounts(request: ConsoleRequest) -> list[SalesAccount]:
    """Whose people this person may ask about."""
    if request.user.is_ops_staff:
        return list(SalesAccount.objects.order_by("name"))
    instances = MarketoInstance.objects.administered_by(request.user).select_related("account")
    found = {instance.account for instance in instances if instance.account}
    if request.member and request.member.is_admin:
        found.add(request.member.account)
    return sorted(found, key=str)


def _answer(account: SalesAccount, text: str) -> dict[str, Any]:
    if not filter_for(text):
        return {"sentence": _("Type an e-mail address, a Marketo ID, or the Salesforce ID of a lead or contact.")}
    sentence = services.connection_problem(account)
    if sentence:
        return {"sentence": sentence}
    try:
        found = find(account, text)
    except MustWait as pause:
        return {"sentence": WAITS[pause.wait.reason]}
    except ApiError as error:
        return {"problem": problem_for(problem_code(error))}
    last = SyncRun.objects.of_account(account).last_success()
    return {"found": [(one, verdict_of(one, last)) for one in found], "last_run": last}
