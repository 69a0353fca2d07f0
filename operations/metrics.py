"""
Figures of syncs for Prometheus, read from rows and Redis when they are asked for: every process would tell the
same. No figure has a label for the account: they would be hundreds for each, and tell the monitoring who the
customers are. Figures say how many accounts are in trouble and how bad the worst is; Sync operations names them.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Max, Min, Sum
from django.db.models.functions import Greatest, Now
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily

from accounts.models import Occurrence, SalesAccount
from common.events import all_events
from freshness.services import freshness_of, month_of, share_within
from operations.fleet import Fleet, Standing
from operations.workers import workers_by_queue
from pipeline.allowances import shares_used
from pipeline.watch import LOW_PERCENT
from sync.models import Extract, SyncRun
from sync.querysets import LEASE
from sync.queue import messages_in, oldest_message, seconds_since_sweep
from sync.statuses import RunStatus

MINUTE, HOUR = 60, 3600
AGES = (5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 4 * HOUR, 24 * HOUR)
PERCENTS = (50, 95, 99)


def figures_of_rows() -> Iterator[Metric]:
    """What PostgreSQL knows of syncs: so many queries, however many accounts and runs there are."""
    yield from _of_runs()
    yield from _of_copies()
    yield from _of_freshness()
    yield _needs()


def figures_of_redis() -> Iterator[Metric]:
    """What is asked of Redis, too."""
    age = seconds_since_sweep()
    yield gauge("msi_sync_last_sweep_seconds", "Since the scheduler's last sweep.", math.inf if age is None else age)
    yield from _of_queues()
    yield from _of_allowances()


def gauge(name: str, text: str, value: float) -> Metric:
    """A figure without labels."""
    return GaugeMetricFamily(name, text, value=value)


def gauges(name: str, text: str, labels: Sequence[str], values: Iterable[tuple[Sequence[str], float]]) -> Metric:
    """A figure for each combination of labels."""
    metric = GaugeMetricFamily(name, text, labels=labels)
    for of, value in values:
        metric.add_metric(of, value)
    return metric


def _of_runs() -> Iterator[Metric]:
    counts = dict(SyncRun.objects.values_list("status").annotate(Count("pk")))
    states = [([status], counts.get(status, 0)) for status in RunStatus.values]
    yield gauges("msi_sync_runs", "Runs by state, as long as they are kept.", ["state"], states)
    yield gauge("msi_sync_waiting_runs", "Unfinished runs that wait for something outside.", _waiting())
    yield gauge("msi_sync_rows_per_second", "Rows that unfinished runs load, since each began to.", _rate())
    yield gauge("msi_sync_silent_seconds", "Since the last sign of life of the longest silent worker.", _silence())
    yield gauge("msi_sync_oldest_due_seconds", "Since the longest due step should have begun.", _oldest_due())


def _oldest_due() -> float:
    """0 while everything due has been taken up."""
    return _longest(steps.due().aggregate(time=Min("due_at"))["time"] for steps in (SyncRun.objects, Extract.objects))


def _longest(times: Iterable[datetime | None]) -> float:
    """Seconds since the earliest; 0 where there is none."""
    now = timezone.now()
    return max(((now - time).total_seconds() for time in times if time), default=0.0)


def _waiting() -> int:
    return SyncRun.objects.unfinished().with_waiting().filter(is_waiting=True).count()


def _rate() -> float:
    loading = Extract.objects.filter(run__in=SyncRun.objects.unfinished(), load_started_at__isnull=False)
    rows = Sum(Greatest("rows_loaded", "rows_shown"))
    runs = loading.values("run").annotate(rows=rows, began=Min("load_started_at"), now=Max(Now()))
    return float(sum(run["rows"] / max(1.0, (run["now"] - run["began"]).total_seconds()) for run in runs))


def _silence() -> float:
    """0 while nobody works; no worker is missed while a person holds the run."""
    worked_on = (SyncRun.objects.filter(paused_at=None), Extract.objects.filter(run__paused_at=None))
    return _longest(
        steps.filter(due_at__isnull=False).aggregate(time=Min(F("lease_until") - LEASE))["time"] for steps in worked_on
    )


def _of_copies() -> Iterator[Metric]:
    lines = Fleet(list(SalesAccount.objects.all())).lines
    states = [([standing.value], sum(line.standing == standing for line in lines)) for standing in Standing]
    yield gauges("msi_accounts", "Sales accounts by where they stand.", ["state"], states)
    now = timezone.now()
    ages = [(now - line.complete_until).total_seconds() for line in lines if line.complete_until]
    yield _ages(ages)
    # Nobody expects anything of a schedule that is off.
    expected = (line.complete_until for line in lines if line.rhythm and line.is_connected)
    yield gauge("msi_copy_oldest_seconds", "Age of the oldest copy that runs should keep young.", _longest(expected))


def _ages(ages: Sequence[float]) -> Metric:
    buckets = [(str(float(most)), float(sum(age <= most for age in ages))) for most in AGES]
    return GaugeHistogramMetricFamily(
        "msi_copy_age_seconds",
        "Copies by age: since when a change may be missing.",
        buckets=[*buckets, ("+Inf", len(ages))],
        gsum_value=sum(ages),
    )


def _of_freshness() -> Iterator[Metric]:
    delays = share_within(timezone.now() - timedelta(days=1))
    values = [([str(percent)], delay.total_seconds()) for percent in PERCENTS if (delay := delays.within(percent))]
    text = "Within which so many of a hundred changes of the last day arrived in the copies."
    yield gauges("msi_freshness_delay_seconds", text, ["percent"], values)
    promises = freshness_of(
        list(SalesAccount.objects.filter(sync_cursors__isnull=False).distinct()), month_of(timezone.now())
    )
    missed = sum(one.is_missed for one in promises)
    kept = [(["kept"], len(promises) - missed), (["missed"], missed)]
    yield gauges("msi_freshness_promises", "Accounts by how this month's promise is kept.", ["state"], kept)


def _of_queues() -> Iterator[Metric]:
    names = [queue.name for queue in settings.CELERY_TASK_QUEUES]
    waiting = [([name], messages_in(name)) for name in names]
    yield gauges("msi_queue_messages", "Messages that wait in a queue.", ["queue"], waiting)
    ages = [([name], age.total_seconds() if (age := oldest_message(name)) else 0.0) for name in names]
    yield gauges("msi_queue_oldest_message_seconds", "Age of the message that waits longest.", ["queue"], ages)
    workers = [([name], number) for name, number in workers_by_queue().items()]
    yield gauges("msi_queue_workers", "Workers of a queue that answer.", ["queue"], workers)


def _of_allowances() -> Iterator[Metric]:
    used = shares_used()
    worst = [([kind.value], max(shares, default=0.0)) for kind, shares in used.items()]
    text = "Of the day's allowance of the account that has used the largest part; 1 is all of it."
    yield gauges("msi_allowance_used_ratio", text, ["allowance"], worst)
    low = [([kind.value], sum(share * 100 >= LOW_PERCENT for share in shares)) for kind, shares in used.items()]
    text = f"Accounts that have used {LOW_PERCENT} percent of the day's allowance or more."
    yield gauges("msi_allowance_low_accounts", text, ["allowance"], low)


def _needs() -> Metric:
    going_on = dict(Occurrence.objects.going_on().values_list("event").annotate(Count("pk")))
    urgency = {True: "urgent", False: "not_urgent"}
    counts = [([event.key, urgency[event.is_urgent]], going_on.get(event.key, 0)) for event in all_events()]
    return gauges("msi_needs", "What goes on and needs somebody, by event.", ["event", "urgency"], counts)
