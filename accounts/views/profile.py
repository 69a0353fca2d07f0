"""My Profile and the language switch."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.first_sign_in import CHOSEN_LANGUAGE_COOKIE, CHOSEN_LANGUAGE_SECONDS
from accounts.forms import ProfileForm
from accounts.models import User
from accounts.sign_in_ways import ways_of


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language of the pages, and of the mails to this person."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest(_("This language is not offered."))
    target = request.POST.get("next", "")
    is_ours = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    response = with_language(HttpResponseRedirect(target if is_ours else reverse("guide:setup")), code)
    if isinstance(request.user, User):
        services.set_language(user=request.user, language=code)
    else:
        _set_cookie(response, CHOSEN_LANGUAGE_COOKIE, code, CHOSEN_LANGUAGE_SECONDS)
    return response


def with_language(response: HttpResponse, code: str) -> HttpResponse:
    """Add the cookie from which Django's LocaleMiddleware reads the language."""
    _set_cookie(response, settings.LANGUAGE_COOKIE_NAME, code, 365 * 24 * 60 * 60)
    return response


def _set_cookie(response: HttpResponse, name: str, code: str, seconds: int) -> None:
    secure = settings.LANGUAGE_COOKIE_SECURE
    response.set_cookie(name, code, max_age=seconds, secure=secure, httponly=True, samesite="Lax")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """My Profile: name, language and time zone; also for people without a Sales account."""
    assert isinstance(request.user, User)  # noqa: S101  # login_required
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        context = {"form": form, "ways": ways_of(request.user, request)}
        return render(request, "accounts/profile.html", context, status=400 if form.is_bound else 200)
    services.update_profile(user=request.user, **form.cleaned_data)
    with translation.override(form.cleaned_data["language"]):
        messages.success(request, _("Your profile was saved."))
    return with_language(redirect("accounts:profile"), form.cleaned_data["language"])
