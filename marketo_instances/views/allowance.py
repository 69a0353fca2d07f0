"""Settings > Admin Settings > Marketo > Allowance."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from connections.models import ApiUsage, MarketoInstance, Service
from connections.services.call_log import DAY_ZONES
from marketo_instances.allowances import set_allowance
from marketo_instances.connecting import instance_of
from marketo_instances.forms import AllowanceForm
from problems.messages import ConnectionProblem


@permission_required(Permission.CONNECT_MARKETO)
@require_http_methods(["GET", "HEAD", "POST"])
def allowance(request: ConsoleRequest) -> HttpResponse:
    """The day's calls and exports that the contract allows, and this console's share; a post changes them."""
    try:
        instance = instance_of(request.member.account)
    except ConnectionProblem as refused:
        return render(request, "marketo_instances/marketo_allowance.html", {"problem": refused.problem})
    # A form that does not hold leaves its values in the instance: the page shows those that count.
    form = AllowanceForm(request.POST or None, instance=MarketoInstance.objects.get(pk=instance.pk))
    if form.is_valid():
        set_allowance(instance=instance, by=request.member.user, **form.cleaned_data)
        messages.success(request, _("Saved. It applies from the next call."))
        return redirect("connections:marketo_allowance")
    today = datetime.now(DAY_ZONES[Service.MARKETO]).date()
    used = ApiUsage.objects.for_account(request.member.account).filter(service=Service.MARKETO, day=today).first()
    context = {"form": form, "share": instance.share, "used": used}
    return render(request, "marketo_instances/marketo_allowance.html", context, status=400 if form.is_bound else 200)
