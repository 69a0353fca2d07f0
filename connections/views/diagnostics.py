"""Settings > Integrations > Diagnostics."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.middleware import ConsoleRequest
from connections import services
from connections.views import salesforce_role_required


@salesforce_role_required
@require_safe
def diagnostics(request: ConsoleRequest) -> HttpResponse:
    """Both connections, what failed on them, and the calls of the last days."""
    account = request.member.account
    context = {
        "connections": [
            ("Salesforce", services.salesforce_health(account)),
            ("Marketo", services.marketo_health(account)),
        ],
        "groups": services.failures_by_actor(account),
        "charts": services.usage_charts(account),
    }
    return render(request, "connections/diagnostics.html", context)


@salesforce_role_required
@require_POST
def check_now(request: ConsoleRequest) -> HttpResponse:
    """The button Check now: makes a call over each connection."""
    if services.check_account(request.member.account):
        messages.success(request, _("The connections were checked. Below is what the calls showed."))
    else:
        messages.info(request, _("There is nothing to check: the Sales account is connected to nobody yet."))
    return redirect("connections:diagnostics")
