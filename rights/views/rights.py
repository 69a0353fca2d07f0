"""The rights that this console uses in Marketo and in Salesforce: all of them, and which of them it has."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from connections.models import Service
from problems.messages import ConnectionProblem
from problems.problem import MARKETO_ADMIN, SALESFORCE_ADMIN, Problem
from rights.services import check_rights, last_check, rows_of


@permission_required(Permission.CONNECT_MARKETO)
@require_http_methods(["GET", "HEAD", "POST"])
def marketo_rights(request: ConsoleRequest) -> HttpResponse:
    """The tab Rights; POST asks Marketo."""
    return _rights(request, Service.MARKETO, "connections:marketo_rights")


@permission_required(Permission.CONNECT_SALESFORCE)
@require_http_methods(["GET", "HEAD", "POST"])
def salesforce_rights(request: ConsoleRequest) -> HttpResponse:
    """The page behind Check rights; POST asks Salesforce."""
    return _rights(request, Service.SALESFORCE, "connections:salesforce_rights")


def _rights(request: ConsoleRequest, service: Service, page: str) -> HttpResponse:
    problem: Problem | None = None
    if request.method == "POST":
        try:
            check_rights(request.member.account, service)
        except ConnectionProblem as refused:
            problem = refused.problem
        else:
            return redirect(page)
    check = last_check(request.member.account, service)
    context = {
        "check": check,
        "rows": rows_of(service, check),
        "problem": problem,
        "who": MARKETO_ADMIN if service == Service.MARKETO else SALESFORCE_ADMIN,
        "page": page,
        "egress_addresses": settings.EGRESS_ADDRESSES,
    }
    return render(request, f"rights/{service}_rights.html", context)
