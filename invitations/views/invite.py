"""Invite Users: addresses typed or pasted."""

from collections.abc import Sequence

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import fresh_sign_in_required_to_read, permission_required
from accounts.exports import export
from accounts.middleware import ConsoleRequest
from accounts.models import Team
from accounts.permissions import Permission, Role
from common.addresses import LONGEST_ADDRESS
from invitations import services
from invitations.audit_actions import InvitationAction
from invitations.csv_rows import InviteRow
from invitations.forms import InviteForm

# In the session: what became of the last addresses, as `_texts_of` makes it.
OUTCOME = "outcome_of_invitations"
# More would make every request of this person slow; the report on a CSV file holds them all.
PROBLEMS_SHOWN = 200


@permission_required(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: ConsoleRequest) -> HttpResponse:
    """The form, and a preview of who gets what; once sent, on to the page that says what became of it."""
    account = request.member.account
    inviter = request.member.user
    initial = {"language": inviter.language, "emails": request.GET.get("email", "")[:LONGEST_ADDRESS]}
    form = InviteForm(request.POST or None, teams=Team.objects.for_account(account), initial=initial)
    if not form.is_valid():
        return render(request, "invitations/invite.html", {"form": form}, status=400 if form.is_bound else 200)
    role, teams = Role(form.cleaned_data["role"]), tuple(form.cleaned_data["teams"])
    addresses = form.cleaned_data["emails"]
    if "preview" in request.POST:
        people = [InviteRow(line, one.email, one.name, role, teams) for line, one in enumerate(addresses, 1)]
        preview = services.dry_run(account=account, people=people)
        return render(request, "invitations/invite.html", {"form": form, "preview": preview})
    language = form.cleaned_data["language"]
    new = [services.NewInvitation(one.email, one.name, role, teams, language) for one in addresses]
    outcome = services.invite(account=account, invited_by=inviter, addresses=new)
    return to_outcome(request, outcome)


def to_outcome(
    request: ConsoleRequest, outcome: services.InviteOutcome, problems: Sequence[InviteRow] = ()
) -> HttpResponse:
    """Lead to a page that can be loaded again without inviting again; `problems` are rows that were not tried."""
    request.session[OUTCOME] = _texts_of(outcome, problems)
    return redirect("invitations:invited")


@permission_required(Permission.MANAGE_USERS)
@require_safe
def invited(request: ConsoleRequest) -> HttpResponse:
    """What became of the addresses that this person invited last."""
    if OUTCOME not in request.session:
        return redirect("members:users")
    return render(request, "invitations/invited.html", request.session[OUTCOME])


@permission_required(Permission.MANAGE_USERS)
@require_safe
@fresh_sign_in_required_to_read
def skipped_report(request: ConsoleRequest) -> HttpResponseBase:
    """Who was skipped, as a file for a spreadsheet."""
    if OUTCOME not in request.session:
        raise Http404
    return export(
        request,
        "sales-account-users-skipped.csv",
        [(_("Line"), _("Email"), _("Problem")), *request.session[OUTCOME]["skipped"]],
        accounts=[request.member.account],
        by=request.member.user,
        action=InvitationAction.REPORT_EXPORTED,
    )


def _texts_of(outcome: services.InviteOutcome, problems: Sequence[InviteRow]) -> dict[str, object]:
    skipped: list[tuple[int | str, str, str]] = [("", one.email, one.reason) for one in outcome.skipped]
    skipped += [(row.line, row.email, row.problem) for row in problems]
    return {
        "sent": [(invitation.email, invitation.get_role_display()) for invitation in outcome.sent],
        "skipped": skipped[:PROBLEMS_SHOWN],
        "skipped_count": len(skipped),
    }
