"""Settings > Admin Settings > Data Sync > Schedule: when runs begin by themselves."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import permission_required
from accounts.middleware import ConsoleRequest
from accounts.permissions import Permission
from common.zones import zone_named
from sync.forms import ScheduleForm
from sync.models import SyncRun
from sync.policies import Schedule
from sync.schedule import Past, is_off, next_full, set_schedule


@permission_required(Permission.CONTROL_RUNS)
@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: ConsoleRequest) -> HttpResponse:
    """The schedule of the account, and when the next full run comes by it; a post changes it."""
    account = request.member.account
    form = ScheduleForm(request.POST or None, instance=Schedule.of(account), initial=_zone_of(request))
    if form.is_valid():
        set_schedule(account=account, changed_by=request.user, **form.cleaned_data)
        messages.success(request, _("Saved. Runs follow this schedule from now on."))
        return redirect("sync:schedule")
    kept, now = Schedule.of(account), timezone.now()
    zone = _zone_of(request).get("time_zone", kept.time_zone)
    has_run = SyncRun.objects.for_account(account).full().exists()
    context = {
        "form": form,
        "schedule": kept,
        "zone": zone_named(zone),
        "zone_name": zone,
        "is_off": is_off(kept, now),
        "next_full": next_full(kept, Past.of(account), now) if has_run else None,
    }
    return render(request, "sync/schedule.html", context, status=400 if form.is_bound else 200)


def _zone_of(request: ConsoleRequest) -> dict[str, str]:
    """Until somebody has chosen, the zone of whoever is about to."""
    is_new = not Schedule.objects.for_account(request.member.account).exists()
    current = timezone.get_current_timezone()
    return {"time_zone": current.key} if is_new and isinstance(current, ZoneInfo) else {}
