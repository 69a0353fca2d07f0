"""Team Management."""

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.forms import Form, ModelForm
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.access import permission_required
from accounts.forms import TeamForm, TeamMembersForm
from accounts.middleware import ConsoleRequest
from accounts.models import Member, Team
from accounts.permissions import Permission


@permission_required(Permission.MANAGE_TEAMS)
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
    found = Team.objects.for_account(request.member.account).annotate(size=Count("members"))
    context = {"form": form, "teams": found, "limit": settings.TEAMS_PER_ACCOUNT}
    return render(request, "accounts/teams.html", context, status=400 if form.is_bound else 200)


@permission_required(Permission.MANAGE_TEAMS)
@require_safe
def team(request: ConsoleRequest, pk: int) -> HttpResponse:
    """One team: its name, its members, and everybody who could be added."""
    return _team_page(request, _team(request, pk))


@permission_required(Permission.MANAGE_TEAMS)
@require_POST
def rename_team(request: ConsoleRequest, pk: int) -> HttpResponse:
    team = _team(request, pk)
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            services.rename_team(team=team, name=form.cleaned_data["name"], renamed_by=request.member.user)
        except services.RefusedError as refused:
            form.add_error("name", str(refused))
        else:
            messages.success(request, _("The team is now called %(name)s.") % {"name": team})
            return redirect("accounts:team", pk=team.pk)
    return _team_page(request, team, rename_form=form)


@permission_required(Permission.MANAGE_TEAMS)
@require_POST
def add_to_team(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Add to Teams."""
    team = _team(request, pk)
    change = partial(services.add_to_team, team=team, added_by=request.member.user)
    return _change_members(request, team, change, add_form=_add_form(team, request.POST))


@permission_required(Permission.MANAGE_TEAMS)
@require_POST
def remove_from_team(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Take members out."""
    team = _team(request, pk)
    change = partial(services.remove_from_team, team=team, removed_by=request.member.user)
    return _change_members(request, team, change, remove_form=_remove_form(team, request.POST))


@permission_required(Permission.MANAGE_TEAMS)
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
    return get_object_or_404(Team.objects.for_account(request.member.account), pk=pk)


def _add_form(team: Team, data: QueryDict | None = None) -> TeamMembersForm:
    """To choose from the members outside the team."""
    outside = Member.objects.for_account(team.account).exclude(teams=team).for_display()
    return TeamMembersForm(data, members=outside, auto_id="add_%s")


def _remove_form(team: Team, data: QueryDict | None = None) -> TeamMembersForm:
    """To choose from the members of the team."""
    inside = Member.objects.for_account(team.account).filter(teams=team).for_display()
    return TeamMembersForm(data, members=inside, auto_id="remove_%s")


def _change_members(
    request: ConsoleRequest, team: Team, change: Callable[..., None], **named: TeamMembersForm
) -> HttpResponse:
    """Do to the ticked members what `change` does; `named` is the form that says who, by its name on the page."""
    [form] = named.values()
    if not form.is_valid():
        return _team_page(request, team, **named)
    try:
        change(members=list(form.cleaned_data["members"]))
    except services.RefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The team %(name)s was changed.") % {"name": team})
    return redirect("accounts:team", pk=team.pk)


def _team_page(request: ConsoleRequest, team: Team, **forms: Form | ModelForm[Team]) -> HttpResponse:
    """The page with a form that could not be accepted, or with fresh ones."""
    fresh = {"rename_form": TeamForm(instance=team), "add_form": _add_form(team), "remove_form": _remove_form(team)}
    return render(request, "accounts/team.html", {"team": team, **fresh, **forms}, status=400 if forms else 200)
