"""Invite Users: addresses typed or pasted."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.access import admin_required
from accounts.middleware import ConsoleRequest
from accounts.models import Role, Team
from invitations import services
from invitations.forms import InviteForm


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: ConsoleRequest) -> HttpResponse:
    """The form; when every address is right, the confirmation of what was sent and what was skipped."""
    account = request.member.account
    form = InviteForm(request.POST or None, teams=Team.objects.of_account(account))
    if not form.is_valid():
        return render(request, "invitations/invite.html", {"form": form}, status=400 if form.is_bound else 200)
    role, teams = Role(form.cleaned_data["role"]), tuple(form.cleaned_data["teams"])
    addresses = [
        services.NewInvitation(address.email, address.name, role, teams) for address in form.cleaned_data["emails"]
    ]
    outcome = services.invite(account=account, invited_by=request.member.user, addresses=addresses)
    return render(request, "invitations/invited.html", {"outcome": outcome})
