"""One person: whether they are in the copy, why, and what became of them."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.models import SalesAccount
from accounts.permissions import Permission
from common.htmx import render_part
from common.paging import KeysetPage, is_key
from history import trail
from history.models import ChangeKind
from people.person import rows_of, standing_of
from people.trace import trace_of
from people.verdict import explain
from people.why import ask
from sync import services
from sync.access import watched_accounts
from sync.looks import note_look
from sync.messages import TROUBLES, trouble
from sync.models import Person, SyncRun
from sync.words import WORDS


@permission_required(Permission.READ_PEOPLE)
@require_safe
def person(request: ConsoleRequest, marketo_id: int) -> HttpResponse:
    """Somebody of the member's own account; both systems are asked for those who watch over it."""
    may_ask = request.member.may(Permission.CONTROL_RUNS)
    return _page(request, request.member.account, marketo_id, is_watched=False, may_ask=may_ask)


@login_required
@require_safe
def watched_person(request: ConsoleRequest, slug: str, marketo_id: int) -> HttpResponse:
    """Somebody of an account that this person watches over; 404 for any other account."""
    account = next((one for one in watched_accounts(request) if one.slug == slug), None)
    if account is None:
        raise Http404
    if request.user.is_ops_staff:
        note_look(account=account, marketo_id=marketo_id, by=request.user)
    return _page(request, account, marketo_id, is_watched=True, may_ask=True)


def person_url(request: ConsoleRequest, account: SalesAccount, marketo_id: int) -> str:
    """The person's page among this person's settings if the account is their own, otherwise among the operations."""
    member = request.member
    if member and member.account_id == account.pk and member.may(Permission.READ_PEOPLE):
        return reverse("people:person", args=[marketo_id])
    return reverse("people:watched_person", args=[account.slug, marketo_id])


def _page(
    request: ConsoleRequest, account: SalesAccount, marketo_id: int, *, is_watched: bool, may_ask: bool
) -> HttpResponse:
    if not is_key(str(marketo_id)):
        raise Http404
    copy = Person.objects.for_account(account).filter(marketo_id=marketo_id).first()
    changes = trail.page_of(account, marketo_id, request.GET)
    asked = _asked(account, marketo_id) if may_ask and "ask" in request.GET else {}
    context = {
        "is_watched": is_watched,
        "account": account,
        "marketo_id": marketo_id,
        "person": copy,
        "standing": standing_of(copy, is_erased=any(one.kind == ChangeKind.ERASED for one in changes.rows[:1])),
        "rows": rows_of(copy, asked.get("found")),
        "may_ask": may_ask,
        "is_first_page": not {"before", "after"} & request.GET.keys(),
        **_history(account, changes, may_link=may_ask),
        **asked,
    }
    return render_part(request, "people/person.html", "asked", context)


def _history(account: SalesAccount, page: KeysetPage, *, may_link: bool) -> dict[str, Any]:
    """The entries, each with its run if it is still there and may be looked at."""
    numbers = {change.run_id for change in page.rows} if may_link else set()
    runs = SyncRun.objects.for_account(account).in_bulk(numbers)
    entries = [(trail.entry_of(change, WORDS), runs.get(change.run_id)) for change in page.rows]
    return {"page": page, "entries": entries}


def _asked(account: SalesAccount, marketo_id: int) -> dict[str, Any]:
    sentence = services.connection_problem(account)
    if sentence:
        return {"is_asked": True, "sentence": sentence}
    try:
        found = ask(account, marketo_id)
    except TROUBLES as error:
        return {"is_asked": True, "problem": trouble(error)}
    verdict = explain(found, SyncRun.objects.for_account(account).last_success())
    return {"is_asked": True, "found": found, "trace": trace_of(found), "verdict": verdict}
