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
from accounts.permissions import Permission
from diagnostics.help_links import LIFETIME, check_help_link, kind_and_key, make_help_link, read_help_link
from problems.messages import ConnectionProblem


@member_required
@require_POST
def ask_for_help(request: ConsoleRequest) -> HttpResponse:
    """Make a link about one problem or step, to be sent by whatever way the person likes."""
    subject = request.POST.get("subject", "")
    kind, key = kind_and_key(subject)
    if not request.member.may(kind.permission if kind else Permission.READ_DIAGNOSTICS):
        raise PermissionDenied
    if kind is None:
        raise Http404
    back = reverse(kind.page) + (f"#{key}" if kind.has_anchor else "")
    try:
        made = make_help_link(account=request.member.account, by=request.member.user, subject=subject)
    except ConnectionProblem as refused:
        messages.warning(request, f"{refused.problem.what} {refused.problem.todo}")
        return redirect(back)
    if made is None:
        raise Http404
    link, asked = made
    context = {
        "link": link,
        "asked": asked,
        "until": timezone.now() + LIFETIME,
        "mail": urlencode({"subject": str(asked.what), "body": link}, quote_via=quote),
        "back": back,
    }
    return render(request, "diagnostics/help_link.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def help_page(request: HttpRequest, token: str) -> HttpResponse:
    """One problem or step; whoever holds the link may see it, and with POST have it checked. Nobody need sign in."""
    if request.method == "POST":
        return _check(request, token)
    asked = read_help_link(token)
    response = render(request, "diagnostics/help.html", {"asked": asked}, status=200 if asked else 404)
    response["Cache-Control"] = "no-store"
    # The address is the key: it goes to no other site and into no search engine. Not `no-referrer`: with it browsers
    # send `Origin: null` on a form post, which the CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


def _check(request: HttpRequest, token: str) -> HttpResponse:
    try:
        check_help_link(token)
    except ConnectionProblem as refused:
        messages.warning(request, f"{refused.problem.what} {refused.problem.todo}")
        return redirect(request.path)
    asked = read_help_link(token)
    if asked is None:
        raise Http404
    if not asked.is_solved:
        messages.info(request, _("It was checked just now and is not done yet."))
    return redirect(request.path)
