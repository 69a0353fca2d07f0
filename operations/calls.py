"""How many calls syncs make to the providers hour by hour, against what is allowed for a day."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import SalesAccount
from common.hours import hour_of, last_hours
from connections.models import Service
from sync.models import Extract, SyncRun

COLUMNS = {Service.MARKETO: "marketo_calls", Service.SALESFORCE: "salesforce_calls"}


def calls_by_hour(accounts: Sequence[SalesAccount], number: int) -> dict[Service, list[int]]:
    """
    Calls of runs and their extracts in the last hours, the oldest first: each counts where its step ended, or was last
    seen at work.
    """
    hours = last_hours(number)
    steps: list[tuple[QuerySet[Any], tuple[str, ...]]] = [
        (SyncRun.objects.filter(account__in=accounts), ("finished_at", "heartbeat_at")),
        (Extract.objects.filter(run__account__in=accounts), ("loaded_at", "run__finished_at", "heartbeat_at")),
    ]
    found = [_by_hour(rows, moments, hours[0]) for rows, moments in steps]
    return {
        service: [sum(of.get(hour, {}).get(column) or 0 for of in found) for hour in hours]
        for service, column in COLUMNS.items()
    }


def _by_hour(rows: QuerySet[Any], moments: Sequence[str], since: datetime) -> Mapping[datetime, dict[str, int]]:
    sums = {column: Sum(column) for column in COLUMNS.values()}
    counted = rows.order_by().annotate(moment=Coalesce(*moments)).filter(moment__gte=since)
    by_hour = counted.annotate(hour=hour_of("moment")).values("hour").annotate(**sums)
    return {row["hour"]: row for row in by_hour}
