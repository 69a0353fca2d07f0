"""How many API calls were used, day by day, for the charts of Diagnostics."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from accounts.models import SalesAccount
from connections.models import ApiUsage, Service
from connections.services.call_log import DAY_ZONES
from diagnostics.messages import USAGE

CHART_DAYS = 14


@dataclass(frozen=True)
class UsageDay:
    """A day of the chart; `calls` is None when nothing is known."""

    day: date
    calls: int | None
    limit: int | None


@dataclass(frozen=True)
class UsageChart:
    """API calls to one provider, from the first day that is known of the last 14."""

    service: Service
    days: list[UsageDay]

    @property
    def points(self) -> list[tuple[str, int]]:
        """For the drawing; a day that nothing is known of has no bar."""
        return [(date_format(day.day, "SHORT_DATE_FORMAT"), day.calls or 0) for day in self.days]

    @property
    def now(self) -> str:
        """The latest number that is known, of its limit."""
        known = next(day for day in reversed(self.days) if day.calls is not None)
        calls = number_format(known.calls or 0)
        return (
            _("%(calls)s of %(limit)s") % {"calls": calls, "limit": number_format(known.limit)}
            if known.limit
            else calls
        )

    @property
    def sentence(self) -> StrOrPromise:
        """What is drawn."""
        return USAGE[self.service]


def usage_charts(account: SalesAccount) -> list[UsageChart]:
    """A chart for each provider whose calls are known."""
    charts = [_chart(account, service) for service in Service]
    return [chart for chart in charts if any(day.calls is not None for day in chart.days)]


def _chart(account: SalesAccount, service: Service) -> UsageChart:
    today = datetime.now(DAY_ZONES[service]).date()
    days = [today - timedelta(days=back) for back in reversed(range(CHART_DAYS))]
    rows = {row.day: row for row in ApiUsage.objects.for_account(account).filter(service=service, day__in=days)}
    first = min(rows, default=today)
    return UsageChart(service, [_usage_day(day, rows.get(day)) for day in days if day >= first])


def _usage_day(day: date, row: ApiUsage | None) -> UsageDay:
    return UsageDay(day, row.calls, row.limit) if row else UsageDay(day, calls=None, limit=None)
