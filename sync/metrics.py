"""Figures of this room for Prometheus, computed when they are asked for: every process would tell the same."""

import math
from collections.abc import Iterator
from contextlib import suppress

from django.db import DatabaseError
from django.db.models import Count, F, Max, Min, Sum
from django.db.models.functions import Greatest, Now
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from sync.models import Extract, SyncRun
from sync.querysets import LEASE
from sync.queue import seconds_since_sweep
from sync.statuses import RunStatus


class SyncCollector(Collector):
    """Six figures in seven queries, however many runs there are."""

    def describe(self) -> list[Metric]:
        # Without this the registry would ask for the figures at the start of every process.
        return []

    def collect(self) -> Iterator[Metric]:
        # The process's own figures are wanted most while the database is away.
        with suppress(DatabaseError):
            yield from self._figures()

    def _figures(self) -> Iterator[Metric]:
        yield _runs()
        yield _gauge("msi_sync_waiting_runs", "Unfinished runs that wait for something outside.", _waiting())
        yield _gauge("msi_sync_rows_per_second", "Rows that unfinished runs load, since each began to.", _rate())
        yield _gauge("msi_sync_silent_seconds", "Since the last sign of life of the longest silent worker.", _silence())
        yield _gauge("msi_sync_oldest_due_seconds", "Since the longest due step should have begun.", _oldest_due())
        age = seconds_since_sweep()
        yield _gauge(
            "msi_sync_last_sweep_seconds", "Since the scheduler's last sweep.", math.inf if age is None else age
        )


def _oldest_due() -> float:
    """0 while everything due has been taken up."""
    oldest = [steps.due().aggregate(oldest=Min("due_at"))["oldest"] for steps in (SyncRun.objects, Extract.objects)]
    return max(((timezone.now() - time).total_seconds() for time in oldest if time), default=0.0)


def _runs() -> Metric:
    counts = dict(SyncRun.objects.values_list("status").annotate(Count("pk")))
    metric = GaugeMetricFamily("msi_sync_runs", "Runs by state, as long as they are kept.", labels=["state"])
    for status in RunStatus.values:
        metric.add_metric([status], counts.get(status, 0))
    return metric


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _waiting() -> int:
    return SyncRun.objects.unfinished().with_waiting().filter(is_waiting=True).count()


def _rate() -> float:
    loading = Extract.objects.filter(run__in=SyncRun.objects.unfinished(), load_started_at__isnull=False)
    rows = Sum(Greatest("rows_loaded", "rows_shown"))
    runs = loading.values("run").annotate(rows=rows, began=Min("load_started_at"), now=Max(Now()))
    return float(sum(run["rows"] / max(1.0, (run["now"] - run["began"]).total_seconds()) for run in runs))


def _silence() -> float:
    """0 while nobody works; no worker is missed while a person holds the run."""
    oldest = [
        steps.filter(due_at__isnull=False).aggregate(oldest=Min(F("lease_until") - LEASE))["oldest"]
        for steps in (SyncRun.objects.filter(paused_at=None), Extract.objects.filter(run__paused_at=None))
    ]
    return max(((timezone.now() - time).total_seconds() for time in oldest if time), default=0.0)
