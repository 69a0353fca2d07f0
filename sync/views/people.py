"""The copy of people, read-only: Marketo is where they are changed."""

from urllib.parse import quote

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import role_required
from accounts.middleware import ConsoleRequest
from accounts.models import Role
from accounts.paging import keyset_page
from sync.models import Person, SyncRun

LONGEST_SEARCH = 100


@role_required(Role.ADMIN, Role.USER)
@require_safe
def people(request: ConsoleRequest) -> HttpResponse:
    """The account's people, newest Marketo id first, found by the beginning of a name or an e-mail address."""
    account = request.member.account
    live = Person.objects.of_account(account).live()
    text = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    page = keyset_page(live.search(text) if text else live, "marketo_id", request.GET)
    context = {
        "page": page,
        "text": text,
        "encoded_text": quote(text),
        "last_run": SyncRun.objects.of_account(account).order_by("-pk").first(),
        "succeeded": SyncRun.objects.of_account(account).last_success(),
    }
    return render(request, "sync/people.html", context)
