"""The search for somebody of whom the question is why they are in the copy or not."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.middleware import ConsoleRequest
from accounts.models import SalesAccount
from people.views.person import person_url
from people.why import filter_for, find
from sync import services
from sync.access import chosen_account, watched_accounts
from sync.forms import TypedText
from sync.messages import TROUBLES, trouble

TEXT = TypedText(longest=200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def why(request: ConsoleRequest) -> HttpResponse:
    """Find a person, by email address or id, whose page says it; of several, each is a link."""
    accounts = watched_accounts(request)
    account = chosen_account(accounts, request.POST or request.GET)
    text = TEXT.clean(request.POST.get("q"))
    context = {"accounts": accounts, "account": account, "text": text}
    if account and text:
        context |= _answer(account, text)
        context["links"] = [(one, person_url(request, account, one.marketo_id)) for one in context.get("found", ())]
        if len(context["links"]) == 1:
            return redirect(context["links"][0][1])
    return render(request, "people/why.html", context)


def _answer(account: SalesAccount, text: str) -> dict[str, Any]:
    if not filter_for(text):
        return {"sentence": _("Type an email address, a Marketo ID, or the Salesforce ID of a lead or contact.")}
    sentence = services.connection_problem(account)
    if sentence:
        return {"sentence": sentence}
    try:
        return {"found": find(account, text)}
    except TROUBLES as error:
        return {"problem": trouble(error)}
