"""What the bell shows, as a page, and that somebody has read it."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import ConsoleRequest
from common.paging import keyset_page
from notifications import services
from notifications.bell import in_words, visible_to


def _require_bell(request: ConsoleRequest) -> None:
    if not request.member and not request.user.is_ops_staff:
        raise Http404


@login_required
@require_safe
def told(request: ConsoleRequest) -> HttpResponse:
    """Everything that was told to this person, the newest first."""
    _require_bell(request)
    found = visible_to(request.user, request.member or None).select_related("account", "concerned")
    page = keyset_page(found, "id", request.GET)
    lines = in_words(page.rows, request.user, request.member or None)
    return render(request, "notifications/told.html", {"page": page, "lines": lines})


@login_required
@require_POST
def seen(request: ConsoleRequest) -> HttpResponse:
    """Take the number off the bell."""
    _require_bell(request)
    services.mark_as_seen(request.user)
    return redirect("notifications:told")
