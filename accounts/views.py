"""My Profile, Team Management and the language switch."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.access import admin_required
from accounts.forms import AddMembersForm, ProfileForm, TeamForm
from accounts.middleware import ConsoleRequest
from accounts.models import Member, Team, User
from accounts.querysets import MemberQuerySet


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language of the pages, and of the mails to this person."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest(_("This language is not offered."))
    if isinstance(request.user, User):
        services.set_language(user=request.user, language=code)
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return with_language(redirect(target if is_ours else "guide:setup"), code)


def with_language(response: HttpResponse, code: str) -> HttpResponse:
    """Add the cookie from which Django's LocaleMiddleware reads the language."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=365 * 24 * 60 * 60,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """My Profile: name, language and time zone; also for people without a Sales account."""
    assert isinstance(request.user, User)  # noqa: S101  # login_required
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return render(request, "accounts/profile.html", {"form": form}, status=400 if form.is_bound else 200)
    services.update_profile(user=request.user, **form.cleaned_data)
    with translation.override(form.cleaned_data["language"]):
        messages.success(request, _("Your profile was saved."))
    return with_language(redirect("accounts:profile"), form.cleaned_data["language"])


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: ConsoleRequest) -> HttpResponse:
    """Team Management: the list of teams, and a form for a new one."""
    form = TeamForm(request.POST or None)
    if form.is_valid():
        try:
            team = services.create_team(
                account=request.member.account, name=form.cleaned_data["name"], created_by=request.member.user
            )
        except services.RefusedError as refused:
            form.add_error("name", str(refused))
        else:
            messages.success(request, _("The team %(name)s was created. Add its members now.") % {"name": team})
            return redirect("accounts:team", pk=team.pk)
    found = Team.objects.of_account(request.member.account).annotate(size=Count("members"))
    context = {"form": form, "teams": found, "limit": services.MAX_TEAMS}
    return render(request, "accounts/teams.html", context, status=400 if form.is_bound else 200)


@admin_required
@require_safe
def team(request: ConsoleRequest, pk: int) -> HttpResponse:
    """One team: its members, and everybody who could be added."""
    return _team_page(request, _team(request, pk))


@admin_required
@require_POST
def add_to_team(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Add to Teams."""
    team = _team(request, pk)
    form = AddMembersForm(request.POST, members=_outside(team))
    if not form.is_valid():
        return _team_page(request, team, form)
    services.add_to_team(team=team, members=list(form.cleaned_data["members"]), added_by=request.member.user)
    messages.success(request, _("The team %(name)s was changed.") % {"name": team})
    return redirect("accounts:team", pk=team.pk)


@admin_required
@require_POST
def remove_from_team(request: ConsoleRequest, pk: int) -> HttpResponse:
    team = _team(request, pk)
    chosen = request.POST.get("member", "")
    member = get_object_or_404(team.members.select_related("user"), pk=int(chosen) if chosen.isdecimal() else 0)
    try:
        services.remove_from_team(team=team, member=member, removed_by=request.member.user)
    except services.RefusedError as refused:
        messages.error(request, str(refused))
    return redirect("accounts:team", pk=team.pk)


@admin_required
@require_POST
def remove_team(request: ConsoleRequest, pk: int) -> HttpResponse:
    team = _team(request, pk)
    try:
        services.remove_team(team=team, removed_by=request.member.user)
    except services.RefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The team %(name)s was removed. Its members stay in the account.") % {"name": team})
    return redirect("accounts:teams")


def _team(request: ConsoleRequest, pk: int) -> Team:
    return get_object_or_404(Team.objects.of_account(request.member.account), pk=pk)


def _outside(team: Team) -> MemberQuerySet:
    return Member.objects.of_account(team.account).exclude(teams=team).for_display()


def _team_page(request: ConsoleRequest, team: Team, form: AddMembersForm | None = None) -> HttpResponse:
    context = {
        "team": team,
        "members": Member.objects.of_account(team.account).filter(teams=team).for_display(),
        "form": form or AddMembersForm(members=_outside(team)),
    }
    return render(request, "accounts/team.html", context, status=400 if form else 200)
