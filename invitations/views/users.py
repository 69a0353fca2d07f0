"""User Management: members and invitations in one table."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import admin_required, fresh_sign_in_required
from accounts.middleware import ConsoleRequest
from accounts.models import Member, Role, SalesAccount, Team
from accounts.services import RefusedError, change_role
from invitations import services
from invitations.models import Invitation
from invitations.obstacles import MAX_SEATS

ROWS_PER_PAGE = 50
ACTIVE = "active"
STATES = [(ACTIVE, gettext_lazy("Active")), *(state for state in Invitation.State.choices if state[0] != "accepted")]


@dataclass(frozen=True)
class PersonRow:
    """A line of the table: a member, or an invitation that nobody has accepted."""

    name: str
    email: str
    role: str
    teams: list[Team]
    state: str
    since: datetime
    member: Member | None = None
    invitation: Invitation | None = None

    @property
    def state_label(self) -> str:
        return str(dict(STATES)[self.state])


@admin_required
@require_safe
def users(request: ConsoleRequest) -> HttpResponse:
    """The table, narrowed by `q` (name or address) and `state`."""
    account = request.member.account
    text, state = request.GET.get("q", "").replace("\0", "").strip(), request.GET.get("state", "")
    rows = _member_rows(account, text) + _invitation_rows(account, text, with_revoked=state == Invitation.State.REVOKED)
    shown = [row for row in rows if state in {"", row.state}]
    context = {
        "page": Paginator(shown, ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "text": text,
        "state": state,
        "states": STATES,
        "roles": Role.choices,
        "original_user_id": account.original_user_id,
        "seats_taken": account.members.count() + account.invitations.open().count(),
        "seats": MAX_SEATS,
    }
    return render(request, "invitations/users.html", context)


@admin_required
@require_POST
@fresh_sign_in_required
def set_role(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Give a member another role."""
    member = get_object_or_404(Member.objects.of_account(request.member.account).for_display(), pk=pk)
    role = request.POST.get("role", "")
    if role not in Role.values:
        messages.error(request, _("This role does not exist. Choose one of the list."))
        return redirect("invitations:users")
    try:
        change_role(member=member, role=Role(role), changed_by=request.member.user)
    except RefusedError as refused:
        messages.error(request, str(refused))
    else:
        context = {"name": member.user, "role": member.get_role_display()}
        messages.success(request, _("The role of %(name)s is now %(role)s.") % context)
    return redirect("invitations:users")


@admin_required
@require_POST
@fresh_sign_in_required
def remove(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Take a member out of the account."""
    member = get_object_or_404(Member.objects.of_account(request.member.account).for_display(), pk=pk)
    try:
        services.remove_member(member=member, removed_by=request.member.user)
    except RefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%(name)s was removed from the Sales account.") % {"name": member.user})
    return redirect("invitations:users")


@admin_required
@require_POST
def resend(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Mail an invitation again, with a new link."""
    try:
        invitation = services.resend(invitation=_invitation(request, pk), resent_by=request.member.user)
    except RefusedError as refused:
        messages.error(request, str(refused))
    else:
        message = _("A new mail is on its way to %(email)s; the link in the old one has stopped working.")
        messages.success(request, message % {"email": invitation.email})
    return redirect("invitations:users")


@admin_required
@require_POST
def revoke(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = _invitation(request, pk)
    try:
        services.revoke(invitation=invitation, revoked_by=request.member.user)
    except RefusedError as refused:
        messages.error(request, str(refused))
    else:
        message = _("The invitation to %(email)s was revoked; its link has stopped working.")
        messages.success(request, message % {"email": invitation.email})
    return redirect("invitations:users")


def _invitation(request: ConsoleRequest, pk: int) -> Invitation:
    return get_object_or_404(Invitation.objects.of_account(request.member.account), pk=pk)


def _member_rows(account: SalesAccount, text: str) -> list[PersonRow]:
    members = Member.objects.of_account(account).for_display()
    if text:
        members = members.filter(Q(user__email__icontains=text) | Q(user__name__icontains=text))
    return [
        PersonRow(
            name=member.user.name,
            email=member.user.email,
            role=member.get_role_display(),
            teams=list(member.teams.all()),
            state=ACTIVE,
            since=member.joined_at,
            member=member,
        )
        for member in members
    ]


def _invitation_rows(account: SalesAccount, text: str, *, with_revoked: bool) -> list[PersonRow]:
    found = Invitation.objects.of_account(account).for_display()
    found = found.filter(accepted_at=None) if with_revoked else found.undecided()
    if text:
        found = found.filter(Q(email__icontains=text) | Q(name__icontains=text))
    return [
        PersonRow(
            name=invitation.name,
            email=invitation.email,
            role=invitation.get_role_display(),
            teams=list(invitation.teams.all()),
            state=invitation.state,
            since=invitation.created_at,
            invitation=invitation,
        )
        for invitation in found
    ]
