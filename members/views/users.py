"""User Management: members and invitations in one table."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.models import Member, SalesAccount, Team
from accounts.permissions import Permission, Role
from accounts.services import RefusedError
from connections.models import MarketoConnection
from invitations.seats import seats_of
from members import services
from members.forms import PeopleFilterForm, RemoveForm
from members.user_list import Sorting, people_pages, rows_of
from members.views.bulk_actions import TICKED
from salesforce_orgs.services import connected_salesforce_by
from sign_in.links import linked_to

# Heading, and the column of members.user_list.SORT_KEYS by which it sorts, if any.
HEADINGS = [
    (gettext_lazy("Name"), "name"),
    (gettext_lazy("Role"), "role"),
    (gettext_lazy("Teams"), ""),
    (gettext_lazy("State"), ""),
    (gettext_lazy("Last sign-in"), "seen"),
    (gettext_lazy("Joined or invited"), "since"),
    (gettext_lazy("Actions"), ""),
]


@permission_required(Permission.MANAGE_USERS)
@require_safe
def users(request: ConsoleRequest) -> HttpResponse:
    """The table, narrowed, sorted and paged by the address."""
    account = request.member.account
    teams = Team.objects.for_account(account)
    form = PeopleFilterForm(request.GET, teams=teams)
    sorting = Sorting.read(request.GET.get("sort", ""))
    wanted = form.cleaned_data if form.is_valid() else {}
    page = people_pages(account, wanted, sorting).get_page(request.GET.get("page"))
    filters = [(name, request.GET[name]) for name in form.fields if request.GET.get(name)]
    context = {
        "form": form,
        "page": page,
        "rows": rows_of(account, [row_key for _sort_key, row_key in page]) if form.is_valid() else [],
        "headings": _headings(sorting, filters),
        "hidden": [("sort", sorting)],
        "query": urlencode([*filters, ("sort", str(sorting))]),
        "here": request.GET.urlencode(),
        "ticked": request.session.pop(TICKED, []),
        "roles": Role.choices,
        "teams": teams.filter(is_everyone=False),
    }
    return render(request, "members/users.html", context | _account_facts(account))


@permission_required(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: ConsoleRequest, pk: int) -> HttpResponse:
    """Take a member out of the account: what follows and who receives what they owned, or why they must stay."""
    account = request.member.account
    member = get_object_or_404(Member.objects.for_account(account).for_display(), pk=pk)
    receivers = Member.objects.admins_of(account).exclude(pk=member.pk).for_display()
    form = RemoveForm(request.POST or None, receivers=receivers, initial={"receiver": request.member.pk})
    reason = services.reason_to_keep(member)
    if not reason and form.is_valid():
        receiver = form.cleaned_data["receiver"]
        try:
            services.remove_member(member=member, removed_by=request.member.user, receiver=receiver)
        except RefusedError as refused:
            reason = str(refused)
        else:
            messages.success(request, _("%(name)s was removed from the Sales account.") % {"name": member.user})
            return redirect("members:users")
    context = {
        "person": member.user,
        "reason": reason,
        "form": form,
        "sent": account.invitations.open().filter(invited_by=member.user),
        "salesforce": connected_salesforce_by(member),
        "is_linked": linked_to(member.user) is not None,
    }
    status = (409 if reason else 400) if form.is_bound else 200
    return render(request, "members/remove.html", context, status=status)


@permission_required(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def second_factors(request: ConsoleRequest, pk: int) -> HttpResponse:
    """For a member who has lost their second factors: what follows when they are taken away; POST does it."""
    member = get_object_or_404(Member.objects.for_account(request.member.account).for_display(), pk=pk)
    if request.method != "POST":
        return render(request, "members/second_factors.html", {"person": member.user})
    try:
        services.reset_factors_of(member=member, reset_by=request.member.user)
    except RefusedError as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%(name)s gets a mail that says how to sign in anew.") % {"name": member.user})
    return redirect("members:users")


def _headings(sorting: Sorting, filters: list[tuple[str, str]]) -> list[dict[str, object]]:
    """Label, link and direction of each column; a second click on a column turns its order round."""
    headings = []
    for label, column in HEADINGS:
        is_current = column == sorting.column
        order = sorting.reversed if is_current else Sorting(column, is_descending=False)
        direction = ("descending" if sorting.is_descending else "ascending") if is_current else ""
        link = f"?{urlencode([*filters, ('sort', str(order))])}" if column else ""
        is_optional = column in ("seen", "since")
        headings.append({"label": label, "link": link, "direction": direction, "is_optional": is_optional})
    return headings


def _account_facts(account: SalesAccount) -> dict[str, object]:
    connection = MarketoConnection.objects.for_account(account).first()
    return {
        "original_user_id": account.original_user_id,
        "marketo_owner_id": connection.owner_id if connection else None,
        "seats": seats_of(account),
    }
