"""Settings > Integrations > API tokens, those of ops staff under My Account, and all of theirs for superusers."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import fresh_sign_in_for, fresh_sign_in_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from accounts.services import RefusedError
from accounts.views.operators import superuser_required
from api.forms import TokenForm
from api.models import ApiToken
from api.tokens import Owner, make_token, revoke_token
from common.throttling import hit

# A browser that is opened again shows its pages of the day before.
FORM_KEPT_SECONDS = 2 * 24 * 60 * 60
SENT_BEFORE = gettext_lazy(
    "This form was sent before, and its token is shown only once. If you did not copy it, revoke it and make another."
)


def _owner(request: ConsoleRequest, *, is_ops: bool) -> Owner:
    """Whose tokens the page is about; 404 for strangers, 403 for members who may have none."""
    if is_ops and request.user.is_ops_staff:
        return Owner(user=request.user)
    if is_ops or not request.member:
        raise Http404
    if not request.member.may(Permission.MANAGE_API_TOKENS):
        raise PermissionDenied
    return Owner(member=request.member)


def _page(*, is_ops: bool) -> str:
    return reverse("api:ops_tokens" if is_ops else "api:tokens")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_sign_in_for(Permission.MANAGE_API_TOKENS)
def tokens(request: ConsoleRequest, *, is_ops: bool) -> HttpResponse:
    """The tokens there are; a post makes one, and its answer is the only page that ever shows the secret."""
    owner = _owner(request, is_ops=is_ops)
    form = TokenForm(request.POST or None)
    if not form.is_valid():
        return _render(request, owner, form, is_ops=is_ops)
    if _is_sent_again(request, form.cleaned_data.pop("once")):
        messages.warning(request, str(SENT_BEFORE))
        return redirect(_page(is_ops=is_ops))
    try:
        _token, secret = make_token(owner=owner, made_by=request.user, **form.cleaned_data)
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect(_page(is_ops=is_ops))
    return _render(request, owner, TokenForm(), is_ops=is_ops, secret=secret)


def _is_sent_again(request: ConsoleRequest, once: str) -> bool:
    return bool(once) and hit(f"token-form-{request.user.pk}-{once}", seconds=FORM_KEPT_SECONDS) > 1


def _render(request: ConsoleRequest, owner: Owner, form: TokenForm, *, is_ops: bool, secret: str = "") -> HttpResponse:
    context = {
        "tokens": owner.tokens().with_owner(),
        "form": form,
        "secret": secret,
        "is_ops": is_ops,
        "address": settings.SITE_URL + reverse("api-v1:accounts"),
    }
    return render(request, "api/tokens.html", context, status=400 if form.is_bound else 200)


@login_required
@require_POST
@fresh_sign_in_for(Permission.MANAGE_API_TOKENS)
def revoke(request: ConsoleRequest, pk: int, *, is_ops: bool) -> HttpResponse:
    """The program that uses it reads nothing any more."""
    token = get_object_or_404(_owner(request, is_ops=is_ops).tokens(), pk=pk)
    return _revoke(request, token, _page(is_ops=is_ops))


@require_POST
@superuser_required
@fresh_sign_in_required
def revoke_of_ops_staff(request: ConsoleRequest, pk: int) -> HttpResponse:
    """What reads every account need not wait for the one who made it."""
    token = get_object_or_404(ApiToken.objects.of_all_ops_staff(), pk=pk)
    return _revoke(request, token, reverse("accounts:operators"))


def _revoke(request: ConsoleRequest, token: ApiToken, page: str) -> HttpResponse:
    revoke_token(token=token, revoked_by=request.user)
    messages.success(request, _("Revoked. The next call with this token is refused."))
    return redirect(page)
