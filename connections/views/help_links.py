"""A link for the person who can solve a problem, and the page it opens for anybody who holds it."""

from urllib.parse import quote, urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import member_required
from accounts.middleware import ConsoleRequest
from connections import services
from connections.problems import ConnectionProblem

# Where the button for a link stands, by the kind of its subject.
_BACK = {
    "item": "connections:package",
    "failure": "connections:diagnostics",
    "problem": "connections:diagnostics",
    "own": "connections:own_salesforce",
}


@member_required
@require_POST
def ask_for_help(request: ConsoleRequest) -> HttpResponse:
    """Make a link about one problem or step, to be sent by whatever way the person likes."""
    subject = request.POST.get("subject", "")
    kind = subject.partition(":")[0]
    if kind != "own" and request.member.role not in services.SALESFORCE_ROLES:
        raise PermissionDenied
    back = _BACK.get(kind, "connections:diagnostics")
    try:
        made = services.make_help_link(account=request.member.account, by=request.member.user, subject=subject)
    except ConnectionProblem as refused:
        messages.warning(request, f"{refused.problem.what} {refused.problem.todo}")
        return redirect(back)
    if made is None:
        raise Http404
    link, asked = made
    context = {
        "link": link,
        "asked": asked,
        "until": timezone.now() + services.HELP_LINK_LIFETIME,
        "mail": urlencode({"subject": str(asked.what), "body": link}, quote_via=quote),
        "back": reverse(back),
    }
    return render(request, "connections/help_link.html", context)


@require_safe
def help_page(request: HttpRequest, token: str) -> HttpResponse:
    """One problem or step, read-only; whoever holds the link may see it, nobody need sign in."""
    asked = services.read_help_link(token)
    response = render(request, "connections/help.html", {"asked": asked}, status=200 if asked else 404)
    response["Cache-Control"] = "no-store"
    # The address is the key: it goes to no other page and into no search engine.
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
