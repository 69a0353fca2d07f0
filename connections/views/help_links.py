"""A link for the person who can solve a problem, and the page it opens for anybody who holds it."""

from urllib.parse import quote, urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

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
    kind, _colon, key = subject.partition(":")
    if kind != "own" and request.member.role not in services.SALESFORCE_ROLES:
        raise PermissionDenied
    back = reverse(_BACK.get(kind, "connections:diagnostics")) + (f"#{key}" if kind == "item" else "")
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
        "back": back,
    }
    return render(request, "connections/help_link.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def help_page(request: HttpRequest, token: str) -> HttpResponse:
    """One problem or step; whoever holds the link may see it, and with POST have it checked. Nobody need sign in."""
    if request.method == "POST":
        return _check(request, token)
    asked = services.read_help_link(token)
    response = render(request, "connections/help.html", {"asked": asked}, status=200 if asked else 404)
    response["Cache-Control"] = "no-store"
    # The address is the key: it goes to no other site and into no search engine. Not `no-referrer`: with it browsers
    # send `Origin: null` on a form post, which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def _check(request: HttpRequest, token: str) -> HttpResponse:
    try:
        services.check_help_link(token)
    except ConnectionProblem as refused:
        messages.warning(request, f"{refused.problem.what} {refused.problem.todo}")
        return redirect(request.path)
    asked = services.read_help_link(token)
    if asked is None:
        raise Http404
    if not asked.is_solved:
        messages.info(request, _("It was checked just now and is not done yet."))
    return redirect(request.path)
