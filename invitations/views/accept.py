"""The page behind the link of an invitation. Reading it changes nothing: mail scanners and reloads do no harm."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import has_signed_in_with_salesforce
from accounts.forms import SignInForm
from accounts.models import Member, User
from accounts.services import RefusedError
from invitations import accepting
from invitations.forms import NewUserForm
from invitations.models import Invitation
from invitations.tokens import hash_token
from salesforce_orgs.forms import SalesforceHostForm
from sign_in.views import leave

View = Callable[[HttpRequest, str], HttpResponse]


def private_link(view: View) -> View:
    """The address holds a secret: no cache keeps the page, no other site sees the address, closed links get a page."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, token)
        except accepting.NotOpenError as error:
            response = _closed_page(request, error.invitation)
        response["Cache-Control"] = "no-store"
        # Not `no-referrer`: with it browsers send `Origin: null` on a form post, which the CSRF check refuses.
        response["Referrer-Policy"] = "same-origin"
        return response

    return guarded


@private_link
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation; a post accepts it."""
    invitation = accepting.find_open(token)
    if isinstance(request.user, User):
        return _for_signed_in(request, invitation, token)
    if User.objects.with_email(invitation.email):
        return _page(request, "sign_in", invitation)
    if "choice" in request.POST:
        return _to_salesforce(request, invitation, token)
    return _for_new_user(request, invitation, token)


def _for_signed_in(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    assert isinstance(request.user, User)  # noqa: S101  # checked by the caller
    if request.user.email != invitation.email:
        return _page(request, "other_user", invitation)
    if request.method != "POST":
        return _page(request, "accept", invitation)
    try:
        member = accepting.accept_as_user(
            token=token,
            user=request.user,
            is_with_salesforce=has_signed_in_with_salesforce(request, request.user),
        )
    except RefusedError as refused:
        messages.error(request, str(refused))
        return _page(request, "accept", invitation, status=409)
    return _welcome(request, member)


def _for_new_user(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    form = NewUserForm(request.POST or None, instance=User(email=invitation.email, name=invitation.name))
    if not form.is_valid():
        return _page(request, "new_user", invitation, form=form, status=400 if form.is_bound else 200)
    try:
        member = accepting.accept_as_new_user(
            token=token,
            name=form.cleaned_data["name"],
            password=form.cleaned_data["password1"],
            language=get_language() or "en",
        )
    except RefusedError as refused:
        messages.error(request, str(refused))
        return _page(request, "sign_in", invitation, status=409)
    # As on the sign-in page, so that the password counts as given a moment ago.
    sign_in = SignInForm({"login": member.user.email, "password": form.cleaned_data["password1"]}, request=request)
    answered = sign_in.login(request) if sign_in.is_valid() else HttpResponse()
    answer = _welcome(request, member)
    # The browser is known from now on.
    answer.cookies.update(answered.cookies)
    return answer


def _to_salesforce(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Activation with Salesforce; the session keeps only the token's hash on the way."""
    form = SalesforceHostForm(request.POST)
    there = leave(request, form, invitation=hash_token(token))
    return there or _page(request, "new_user", invitation, salesforce_form=form, status=400)


def _welcome(request: HttpRequest, member: Member) -> HttpResponse:
    messages.success(request, _("Welcome to the Sales account %(account)s.") % {"account": member.account})
    return redirect("guide:setup")


def _page(
    request: HttpRequest,
    name: str,
    invitation: Invitation,
    *,
    form: NewUserForm | None = None,
    salesforce_form: SalesforceHostForm | None = None,
    status: int = 200,
) -> HttpResponse:
    is_with_salesforce = isinstance(request.user, User) and has_signed_in_with_salesforce(request, request.user)
    context = {
        "invitation": invitation,
        "needs_salesforce": invitation.account.is_salesforce_only and not is_with_salesforce,
        "form": form or NewUserForm(instance=User(email=invitation.email, name=invitation.name)),
        "salesforce_form": salesforce_form or SalesforceHostForm(),
        "sign_in_form": SignInForm(initial={"login": invitation.email}, request=request),
    }
    return render(request, f"invitations/{name}.html", context, status=status)


def _closed_page(request: HttpRequest, invitation: Invitation | None) -> HttpResponse:
    """410 for a link that worked once, 404 for one that never did or was replaced by a newer mail."""
    status = 410 if invitation else 404
    return render(request, "invitations/closed.html", {"invitation": invitation}, status=status)
