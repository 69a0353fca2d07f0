"""User Management: the same change for every line that is ticked, or for the one whose button was pressed."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.models import Member, Team, User
from accounts.permissions import Permission, Role
from accounts.services import RefusedError, add_to_team
from common.paging import is_key
from invitations import services
from invitations.models import Invitation
from members.services import change_role
from members.user_list import PersonRow, rows_of

Row = TypeVar("Row", bound=Member | Invitation)
# In the session: lines whose ticks the next page of the list shows again.
TICKED = "ticked_people"
# Django refuses to redirect to an address far longer than this, and the change is made by then.
LONGEST_QUERY = 2_000


@permission_required(Permission.MANAGE_USERS)
@require_POST
def resend(request: ConsoleRequest) -> HttpResponse:
    """Mail the invitations again, each with a new link."""
    return _change(
        request,
        _invitations(request),
        lambda one: services.resend(invitation=one, resent_by=request.member.user),
        _("A new mail to %(email)s goes out now, or as soon as the day's limit allows; the old link works no longer."),
        lambda done: ngettext(
            "%(number)d new mail goes out now, or as soon as the day's limit allows; the old link works no longer.",
            "%(number)d new mails go out now, or as soon as the day's limit allows; the old links work no longer.",
            done,
        ),
    )


@permission_required(Permission.MANAGE_USERS)
@require_POST
def revoke(request: ConsoleRequest) -> HttpResponse:
    """Take the invitations back."""
    return _change(
        request,
        _invitations(request),
        lambda one: services.revoke(invitation=one, revoked_by=request.member.user),
        _("The invitation to %(email)s was revoked; its link has stopped working."),
        lambda done: ngettext(
            "%(number)d invitation was revoked; its link has stopped working.",
            "%(number)d invitations were revoked; their links have stopped working.",
            done,
        ),
    )


@permission_required(Permission.MANAGE_USERS)
@require_POST
def add_to(request: ConsoleRequest) -> HttpResponse:
    """Put the people into a team: members at once, invited ones when they accept."""
    chosen = request.POST.get("team", "")
    teams = Team.objects.for_account(request.member.account)
    team = get_object_or_404(teams, pk=chosen if is_key(chosen) else 0)
    people = _people(request)
    if members := [one for one in people if isinstance(one, Member)]:
        add_to_team(team=team, members=members, added_by=request.member.user)
    if invitations := [one for one in people if isinstance(one, Invitation)]:
        services.add_invited_to_team(team=team, invitations=invitations, added_by=request.member.user)
    if people:
        text = ngettext(
            "%(number)d person was added to %(team)s.", "%(number)d people were added to %(team)s.", len(people)
        )
        messages.success(request, text % {"number": len(people), "team": team})
    return _back(request)


@permission_required(Permission.MANAGE_USERS)
@require_POST
def set_role(request: ConsoleRequest) -> HttpResponse:
    """Give the people another role, members and invited ones."""
    chosen = request.POST.get("role", "")
    if chosen not in Role.values:
        messages.error(request, _("This role does not exist. Choose one of the list."))
        return _back(request)
    role = Role(chosen)
    return _change(
        request,
        _people(request),
        lambda one: _set_role(one, role, request.member.user),
        _("%(email)s is now %(role)s."),
        lambda done: ngettext("%(number)d person is now %(role)s.", "%(number)d people are now %(role)s.", done),
        role=role.label,
    )


def _set_role(one: Member | Invitation, role: Role, changed_by: User) -> None:
    if isinstance(one, Member):
        change_role(member=one, role=role, changed_by=changed_by)
    else:
        services.change_invited_role(invitation=one, role=role, changed_by=changed_by)


def _rows(request: ConsoleRequest) -> list[PersonRow]:
    return rows_of(request.member.account, request.POST.getlist("rows"))


def _people(request: ConsoleRequest) -> list[Member | Invitation]:
    people = [row.member or row.invitation for row in _rows(request) if row.can_change]
    if not people:
        messages.error(request, _("Nobody was ticked, or they have left in the meantime. Tick the people first."))
    return [one for one in people if one]


def _invitations(request: ConsoleRequest) -> list[Invitation]:
    rows = _rows(request)
    invitations = [row.invitation for row in rows if row.invitation]
    if not invitations:
        request.session[TICKED] = [row.key for row in rows]
        messages.error(
            request, _("No invitation was ticked, or it was accepted in the meantime. Tick the invitations first.")
        )
    return invitations


def _change(
    request: ConsoleRequest,
    rows: Sequence[Row],
    change: Callable[[Row], object],
    told_of_one: str,
    told: Callable[[int], str],
    **names: object,
) -> HttpResponse:
    """
    Change every row, and say for whom, or for how many, it went through. The reason against others is shown, and whose.
    """
    done: list[str] = []
    refused: dict[str, list[str]] = {}
    for row in rows:
        email = row.email if isinstance(row, Invitation) else row.user.email
        try:
            change(row)
        except RefusedError as error:
            refused.setdefault(str(error), []).append(email)
        else:
            done.append(email)
    for reason, emails in refused.items():
        messages.error(request, f"{', '.join(emails)}: {reason}")
    if done:
        text = told_of_one if len(done) == 1 else told(len(done))
        messages.success(request, text % {"number": len(done), "email": done[0], **names})
    return _back(request)


def _back(request: ConsoleRequest) -> HttpResponse:
    """To the page of the list from which the change came."""
    return redirect(f"{reverse('members:users')}?{request.POST.get('here', '')[:LONGEST_QUERY]}")
