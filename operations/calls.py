"""How many calls syncs make to the providers hour by hour, against what is allowed for a day."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import SalesAccount
from common.hours import hour_of, last_hours
from connections.models import Service
from sync.models import Extract, SyncRun

KEPT_SECONDS = 60
COLUMNS = {Service.MARKETO: "marketo_calls", Service.SALESFORCE: "salesforce_calls"}


def calls_by_hour(accounts: Sequence[SalesAccount], number: int) -> dict[Service, list[int]]:
    """
    Calls of runs and their extracts in the last hours, the oldest first: each counts where its step ended, or was last
    seen at work. As they were a minute ago at most: an open page asks four times as often.
    """
    hours = last_hours(number)
    whose = sha256(repr(sorted(account.pk for account in accounts)).encode()).hexdigest()
    key = f"operations:calls:{hours[0]:%Y%m%d%H}:{number}:{whose}"
    found: dict[Service, list[int]] = cache.get_or_set(key, partial(_count, accounts, hours), KEPT_SECONDS) or {}
    return found


def _count(accounts: Sequence[SalesAccount], hours: Sequence[datetime]) -> dict[Service, list[int]]:
    # Nothing of a run that ended before can be of these hours.
    recent = SyncRun.objects.filter(Q(finished_at=None) | Q(finished_at__gte=hours[0]), account__in=accounts)
    steps: list[tuple[QuerySet[Any], tuple[str, ...]]] = [
        (recent, ("finished_at", "heartbeat_at")),
        (Extract.objects.filter(run__in=recent.order_by()), ("loaded_at", "run__finished_at", "heartbeat_at")),
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
