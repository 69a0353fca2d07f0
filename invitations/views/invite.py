"""Invite Users: addresses typed or pasted."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.access import admin_required
from accounts.middleware import ConsoleRequest
from accounts.models import Role, Team
from invitations import services
from invitations.csv_rows import InviteRow
from invitations.forms import InviteForm


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: ConsoleRequest) -> HttpResponse:
    """The form; a preview of who gets what; and once sent, what was sent and what was skipped."""
    account = request.member.account
    form = InviteForm(request.POST or None, teams=Team.objects.of_account(account))
    if not form.is_valid():
        return render(request, "invitations/invite.html", {"form": form}, status=400 if form.is_bound else 200)
    role, teams = Role(form.cleaned_data["role"]), tuple(form.cleaned_data["teams"])
    addresses = form.cleaned_data["emails"]
    if "preview" in request.POST:
        people = [InviteRow(line, one.email, one.name, role, teams) for line, one in enumerate(addresses, 1)]
        preview = services.dry_run(account=account, people=people)
        return render(request, "invitations/invite.html", {"form": form, "preview": preview})
    new = [services.NewInvitation(one.email, one.name, role, teams) for one in addresses]
    outcome = services.invite(account=account, invited_by=request.member.user, addresses=new)
    return render(request, "invitations/invited.html", {"outcome": outcome})
