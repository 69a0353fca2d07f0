"""What failed and how many calls were used, day by day: written as calls are made, read by the page Diagnostics."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts.models import SalesAccount, User
from clients.http import ApiError
from connections.diagnoses import failure_code
from connections.models import ApiFailure, ApiUsage, Service
from connections.problems import problem_code

CHART_DAYS = 14

# Marketo counts its days in US Central time (Adobe documentation, "Marketo Integration Best Practices").
_DAY_ZONES = {Service.SALESFORCE: UTC, Service.MARKETO: ZoneInfo("America/Chicago")}
_CODE = re.compile(r"[\w.:-]{1,60}", re.ASCII)
_CUSTOM_NAME = re.compile(r"\b[A-Za-z]\w*__[cr]\b", re.ASCII)
# Ids of records, jobs and users; the latter may be e-mail addresses.
_ID = re.compile(r"(?<=/)(?:[^/]*[%@][^/]*|(?=[^/]*\d)[^/]{12,})")
_ALMOST_ALL = 0.8


def record_failure(account_id: int, operation: str, error: ApiError, *, user: User | None = None) -> None:
    """Count a failed call. Of the neighbour's message only names of custom fields and objects are kept."""
    code = failure_code(error)
    key = {
        "account_id": account_id,
        "service": error.service,
        "code": code if _CODE.fullmatch(code) else "unexpected",
        "operation": without_ids(operation),
    }
    last = {
        "problem": problem_code(error),
        "names": ", ".join(sorted(set(_CUSTOM_NAME.findall(error.detail))))[:300],
        "user": user,
        "last_seen_at": timezone.now(),
    }
    failure, is_new = ApiFailure.objects.get_or_create(**key, defaults=last)
    if not is_new:
        ApiFailure.objects.filter(pk=failure.pk).update(**last, count=F("count") + 1, solved_at=None)


def without_ids(operation: str) -> str:
    """The path of a call as it is kept."""
    return _ID.sub("…", operation)[:200]


def solve_failures(account: SalesAccount, service: Service, which: Q) -> None:
    """Calls that were shown to succeed no longer stand open; `which` selects them among the service's failures."""
    rows = ApiFailure.objects.of_account(account).filter(which, service=service, solved_at=None)
    rows.update(solved_at=timezone.now())


def record_usage(account_id: int, service: Service, calls: int, limit: int | None) -> None:
    """Keep the highest number of calls of the neighbour's day."""
    day = datetime.now(_DAY_ZONES[service]).date()
    usage, is_new = ApiUsage.objects.get_or_create(
        account_id=account_id, service=service, day=day, defaults={"calls": calls, "limit": limit}
    )
    if not is_new:
        ApiUsage.objects.filter(pk=usage.pk).update(calls=Greatest(F("calls"), calls), limit=limit)


@dataclass(frozen=True)
class UsageDay:
    """A day of the chart; `calls` is None when nothing is known, `top` is the end of the scale."""

    day: date
    calls: int | None
    limit: int | None
    top: int

    @property
    def high(self) -> int:
        """From where on the limit is near."""
        return round(self.top * _ALMOST_ALL)


@dataclass(frozen=True)
class UsageChart:
    """API calls to one neighbour, from the first day that is known of the last 14."""

    service: Service
    days: list[UsageDay]


def usage_charts(account: SalesAccount) -> list[UsageChart]:
    """A chart for each neighbour whose calls are known."""
    charts = [_chart(account, service) for service in Service]
    return [chart for chart in charts if any(day.calls is not None for day in chart.days)]


def _chart(account: SalesAccount, service: Service) -> UsageChart:
    today = datetime.now(_DAY_ZONES[service]).date()
    days = [today - timedelta(days=back) for back in reversed(range(CHART_DAYS))]
    rows = {row.day: row for row in ApiUsage.objects.of_account(account).filter(service=service, day__in=days)}
    first = min(rows, default=today)
    busiest = max((row.calls for row in rows.values()), default=0)
    return UsageChart(service, [_usage_day(day, rows.get(day), busiest) for day in days if day >= first])


def _usage_day(day: date, row: ApiUsage | None, busiest: int) -> UsageDay:
    if row is None:
        return UsageDay(day, calls=None, limit=None, top=busiest)
    return UsageDay(day, row.calls, row.limit, top=row.limit or busiest)
