"""Sync operations: what needs somebody, every account, the last day, and whether somebody works."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import polled
from accounts.middleware import ConsoleRequest
from accounts.models import SalesAccount
from common.cache import REDIS_IS_AWAY
from common.htmx import render_part
from connections.models import Service
from diagnostics.needs import needs_of, together
from freshness.services import hourly_p95
from operations.calls import calls_by_hour
from operations.fleet import Fleet, Hour, Standing, runs_by_hour
from operations.workers import work_of_now
from pipeline.allowances import allowances_of, allowed_calls
from sync.access import watched_accounts

FILTERS = ("account", "state")
MOST_ALLOWANCES = 10


@require_safe
@polled
def overview(request: ConsoleRequest) -> HttpResponse:
    """The overview; an htmx request gets the part that renews itself."""
    accounts = watched_accounts(request)
    chosen = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    shown = [account for account in accounts if account.slug == chosen.get("account", account.slug)]
    is_ops, hours = request.user.is_ops_staff, runs_by_hour(shown)
    needs = needs_of(shown, request.user, request.member or None, with_operators=is_ops and not chosen)
    work = work_of_now() if is_ops else None
    context = {
        "groups": Fleet(shown).groups(chosen.get("state", "")),
        "needs": together(needs),
        "troubles": len(needs) + bool(work and work.missing),
        "charts": [*_charts(hours), _latency(shown, hours), *_calls(shown, hours)],
        "allowances": _allowances(shown),
        "work": work,
        "filters": _filters(accounts, chosen),
        "query": f"?{urlencode(chosen)}" if chosen else "",
        "read_at": timezone.now(),
        "is_ops": is_ops,
    }
    return render_part(request, "operations/overview.html", "live", context)


def _filters(accounts: Sequence[SalesAccount], chosen: dict[str, str]) -> list[tuple[object, ...]]:
    """Name, label, choices and the present choice of each list to choose from; one account is no choice."""
    choices = [(one.slug, one) for one in accounts] if len(accounts) > 1 else []
    filters = [("account", _("Sales account"), choices), ("state", _("State"), Standing.choices)]
    return [(name, label, options, chosen.get(name)) for name, label, options in filters if options]


def _allowances(accounts: Sequence[SalesAccount]) -> dict[str, object]:
    """Those of which the largest part is used, and how many there are; nothing while Redis is away, which counts."""
    try:
        found = allowances_of(accounts)
    except REDIS_IS_AWAY:
        return {}
    fullest = sorted(found, key=lambda one: one[1].percent, reverse=True)
    return {"fullest": fullest[:MOST_ALLOWANCES], "total": len(found), "is_one": len(accounts) == 1}


def _charts(hours: Sequence[Hour]) -> list[dict[str, object]]:
    """Title, points, sentence and present value of each chart."""
    drawn = [
        (_("People read an hour"), [hour.people for hour in hours]),
        (_("Runs an hour"), [hour.runs for hour in hours]),
        (_("Failed runs an hour"), [hour.failed for hour in hours]),
    ]
    return [_chart(title, hours, values) for title, values in drawn]


def _latency(accounts: Sequence[SalesAccount], hours: Sequence[Hour]) -> dict[str, object]:
    minutes = hourly_p95(accounts, [hour.begins for hour in hours])
    most = _("At most %(most)s minutes in the last 24 hours.") % {"most": localize(max(minutes))}
    return _chart(_("Minutes until 95 of 100 changes arrive"), hours, minutes) | {
        "sentence": most if any(minutes) else _("No changes in the last 24 hours."),
        "now": minutes[-1] or "–",
    }


def _calls(accounts: Sequence[SalesAccount], hours: Sequence[Hour]) -> list[dict[str, object]]:
    made, allowed = calls_by_hour(accounts, len(hours)), allowed_calls(accounts)
    titles = {
        Service.MARKETO: _("Marketo calls an hour, of %(allowed)s a day"),
        Service.SALESFORCE: _("Salesforce calls an hour, of %(allowed)s a day"),
    }
    return [_calls_chart(titles[one], hours, made[one], allowed[one]) for one in titles if allowed[one]]


def _calls_chart(title: str, hours: Sequence[Hour], values: Sequence[int], allowed: int) -> dict[str, object]:
    sentence = _("Syncs made %(total)s in 24 hours, at most %(most)s in an hour; %(allowed)s a day are allowed.")
    figures = {"total": localize(sum(values)), "most": localize(max(values)), "allowed": localize(allowed)}
    return _chart(title % figures, hours, values) | {"sentence": sentence % figures}


def _chart(title: str, hours: Sequence[Hour], values: Sequence[float]) -> dict[str, object]:
    labels = [date_format(localtime(hour.begins), "TIME_FORMAT") for hour in hours]
    figures = {"total": localize(sum(values)), "most": localize(max(values))}
    sentence = _("%(total)s in the last 24 hours, at most %(most)s in an hour.") % figures
    return {"title": title, "points": list(zip(labels, values, strict=True)), "sentence": sentence, "now": values[-1]}
