"""Settings > Admin Settings > Marketo > User Access."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from common.paging import is_key
from problems.messages import ConnectionProblem
from problems.problem import Problem
from rights.user_access import access_state, grant_marketo_access, marketo_workspaces, revoke_marketo_access


@permission_required(Permission.CONNECT_MARKETO)
@require_http_methods(["GET", "HEAD", "POST"])
def user_access(request: ConsoleRequest) -> HttpResponse:
    """The tab User Access: who may use the connection; POST grants it to the chosen members."""
    if request.method != "POST":
        return _access_page(request)
    members = [pk for pk in request.POST.getlist("member") if is_key(pk)]
    try:
        granted = grant_marketo_access(
            account=request.member.account,
            by=request.member.user,
            member_ids=members,
            workspace_id=request.POST.get("workspace", ""),
        )
    except ConnectionProblem as refused:
        return _access_page(request, refused.problem)
    message = ngettext("%(count)s person can use Marketo now.", "%(count)s people can use Marketo now.", granted)
    messages.success(request, message % {"count": granted})
    return redirect("connections:marketo_user_access")


@permission_required(Permission.CONNECT_MARKETO)
@require_POST
def remove_access(request: ConsoleRequest, pk: int) -> HttpResponse:
    revoke_marketo_access(account=request.member.account, by=request.member.user, access_id=pk)
    return redirect("connections:marketo_user_access")


def _access_page(request: ConsoleRequest, problem: Problem | None = None) -> HttpResponse:
    state = access_state(request.member.account)
    workspaces = []
    if state.connection:
        try:
            workspaces = marketo_workspaces(state.connection)
        except ConnectionProblem as refused:
            problem = problem or refused.problem
    context = {"state": state, "workspaces": workspaces, "problem": problem}
    return render(request, "rights/marketo_user_access.html", context)
