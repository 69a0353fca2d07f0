"""Owner gaps: who owns people in Salesforce, and has no user here."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from invitations.seats import seats_of
from invitations.services import NewInvitation, invite
from members.owner_gaps import OwnerGap, owner_gaps
from problems.messages import ConnectionProblem


@permission_required(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def gaps(request: ConsoleRequest) -> HttpResponse:
    """The list; a post invites the owners it names."""
    try:
        found = owner_gaps(request.member.account)
    except ConnectionProblem as error:
        return render(request, "members/owner_gaps.html", {"problem": error.problem})
    inviting = [gap for gap in found if gap.can_be_invited]
    if request.method == "POST":
        named = set(request.POST.getlist("owner"))
        _invite(request, [gap for gap in inviting if gap.owner_id in named])
        return redirect(request.path)
    context = {
        "gaps": found,
        "inviting": inviting,
        "people": sum(gap.people for gap in found),
        "free": seats_of(request.member.account).free,
    }
    return render(request, "members/owner_gaps.html", context)


def _invite(request: ConsoleRequest, owners: list[OwnerGap]) -> None:
    """The address comes from Salesforce, never from what the browser sent."""
    addresses = [NewInvitation(owner.email, owner.name[:150]) for owner in owners]
    outcome = invite(account=request.member.account, invited_by=request.member.user, addresses=addresses)
    if outcome.sent:
        number = len(outcome.sent)
        text = ngettext(
            "%(number)d person was invited. The mail goes out now, or as soon as the day's limit allows.",
            "%(number)d people were invited. The mails go out now, or as soon as the day's limit allows.",
            number,
        )
        messages.success(request, text % {"number": number})
    for skipped in outcome.skipped:
        messages.error(request, f"{skipped.email}: {skipped.reason}")
