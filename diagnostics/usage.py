"""How many API calls were used, day by day, for the charts of Diagnostics."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.models import SalesAccount
from connections.models import ApiUsage, Service
from connections.services.call_log import DAY_ZONES

CHART_DAYS = 14
_ALMOST_ALL = 0.8


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
    """API calls to one provider, from the first day that is known of the last 14."""

    service: Service
    days: list[UsageDay]


def usage_charts(account: SalesAccount) -> list[UsageChart]:
    """A chart for each provider whose calls are known."""
    charts = [_chart(account, service) for service in Service]
    return [chart for chart in charts if any(day.calls is not None for day in chart.days)]


def _chart(account: SalesAccount, service: Service) -> UsageChart:
    today = datetime.now(DAY_ZONES[service]).date()
    days = [today - timedelta(days=back) for back in reversed(range(CHART_DAYS))]
    rows = {row.day: row for row in ApiUsage.objects.for_account(account).filter(service=service, day__in=days)}
    first = min(rows, default=today)
    busiest = max((row.calls for row in rows.values()), default=0)
    return UsageChart(service, [_usage_day(day, rows.get(day), busiest) for day in days if day >= first])


def _usage_day(day: date, row: ApiUsage | None, busiest: int) -> UsageDay:
    if row is None:
        return UsageDay(day, calls=None, limit=None, top=busiest)
    return UsageDay(day, row.calls, row.limit, top=row.limit or busiest)
