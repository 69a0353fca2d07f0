"""The copy of people, read-only: Marketo is where they are changed."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from common.paging import keyset_page
from sync.forms import TypedText
from sync.models import Person, SyncRun
from sync.querysets import MOST_FOUND

SEARCH = TypedText(longest=100)


@permission_required(Permission.READ_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: ConsoleRequest) -> HttpResponse:
    """The account's people, newest Marketo id first; POST finds them by the beginning of a name or an address."""
    account = request.member.account
    live = Person.objects.for_account(account).live()
    text = SEARCH.clean(request.POST.get("q"))
    # Found once, for the page and for their number.
    found = set(live.ids_found(text)) if text else set()
    runs = SyncRun.objects.for_account(account)
    succeeded = runs.last_success()
    page = keyset_page(live.among(found) if text else live, "marketo_id", request.POST if text else request.GET)
    context = {
        "page": page,
        "text": text,
        "more_than": MOST_FOUND if len(found) > MOST_FOUND else None,
        "succeeded": succeeded,
        "last_sync": runs.last_sync(),
        "last_run": succeeded or runs.order_by("-pk").first(),
    }
    return render(request, "people/people.html", context)
