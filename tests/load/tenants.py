"""The measurements of the bench of many tenants; imported once Django is set up."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import psutil
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import SalesAccount
from common.redis_client import redis_client
from connections.models import MarketoConnection, MarketoInstance, SalesforceConnection
from msi_admin import celery_app
from pipeline import tasks
from sandbox.testing import ROOT, SandboxProcess
from sync import queue
from sync.models import Extract, RunKind, Source, SyncRun
from sync.querysets import SyncRunQuerySet
from sync.services import SyncRefused, start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.factories import (
    make_account,
    make_extract,
    make_instance,
    make_marketo_connection,
    make_run,
    make_salesforce_connection,
)
from tests.load.setting import connected_account
from tests.sync.processes import WORKER_OPTIONS
from tests.waiting import wait_until

# How many workers each queue has.
NUMBERS = {"sweep": 1, "mail": 1, "celery": 2, "bulk": 2}
# Seconds, after which a part of the measurement has failed.
LONGEST = 1800
PLENTY = 10**9
ALLOWANCE = {"daily_calls": PLENTY, "daily_export_megabytes": PLENTY}
Lines = Iterator[tuple[str, float]]


def measure(sandbox: SandboxProcess, folder: Path, number: int) -> Lines:
    """Everything, in the order it is printed."""
    call_command("migrate", verbosity=0)
    yield "sweep_1000_ms", _sweep_ms(1_000)
    MarketoConnection.objects.all().delete()
    SalesforceConnection.objects.all().delete()
    SalesAccount.objects.all().delete()
    _let_everybody_in(sandbox)
    accounts = _accounts(sandbox, number)
    yield "accounts", number
    with ExitStack() as stack:
        family = stack.enter_context(_processes(folder, ("sweep", "mail", "celery")))
        runs = [start_sync(account=account, started_by=None) for account in accounts]
        yield from _watch(family, "exports", lambda: _has_files(runs))
        # All files are ready by now, so that only the loaders decide whose turn it is.
        family += stack.enter_context(_processes(folder, ("bulk",)))
        yield from _watch(family, "loads", lambda: _have_ended(runs))
        yield "loads_succeeded", _succeeded(runs)
        yield from _fairness(runs)
        # Once with the question where to read on from, then as every five minutes.
        yield from _follow(family, accounts, "second")
        before = _catalogue_rows()
        yield from _follow(family, accounts, "idle")
        yield "idle_catalogue_rows_per_run", round((_catalogue_rows() - before) / number, 1)


def _sweep_ms(number: int) -> float:
    """The quickest of nine: what it costs when nothing else runs, with as many messages as a sweep ever sends."""
    for place in range(number):
        account = make_account(f"Company {place}")
        make_marketo_connection(account)
        make_salesforce_connection(account)
        run = make_run(account, RunStatus.EXTRACTING, due_at=timezone.now())
        for _ in range(4):
            make_extract(run, due_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    times = []
    for _ in range(9):
        redis_client().delete(*NUMBERS)
        started = time.perf_counter()
        tasks.sweep()
        times.append((time.perf_counter() - started) * 1_000)
    redis_client().delete(*NUMBERS)
    return round(min(times), 1)


def _let_everybody_in(sandbox: SandboxProcess) -> None:
    sandbox.post(
        "/_sandbox/switches",
        {
            "export_seconds": 0,
            "bulk_seconds": 0,
            "rate_limit": PLENTY,
            "concurrency_limit": PLENTY,
            "daily_calls": PLENTY,
            "export_megabytes": PLENTY,
        },
    )


def _accounts(sandbox: SandboxProcess, number: int) -> list[SalesAccount]:
    """The first is connected, and the others have copies of its connections."""
    first = connected_account(sandbox)
    MarketoInstance.objects.filter(account=first).update(**ALLOWANCE)
    accounts = [first]
    rows = MarketoConnection.objects.get(), SalesforceConnection.objects.get()
    for place in range(1, number):
        account = make_account(f"Company {place}")
        for row in rows:
            row.pk, row.account = None, account
            row.save()
        make_instance(f"{place:03}-AAA-{place:03}", account=account, **ALLOWANCE)
        accounts.append(account)
    return accounts


@contextmanager
def _processes(folder: Path, queues: Sequence[str]) -> Iterator[list[psutil.Process]]:
    """The workers of some queues, once they listen; beat is in the sweeper."""
    names = [(name, place) for name in queues for place in range(NUMBERS[name])]
    before = _listening()
    started = [_start(folder, name, place) for name, place in names]
    try:
        wait_until(lambda: _listening() >= before + len(names), seconds=120)
        yield [psutil.Process(process.pid) for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=60)


def _listening() -> int:
    return len(celery_app.control.ping(timeout=2.0) or [])


def _start(folder: Path, name: str, place: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.load.tenant_worker", "worker", *WORKER_OPTIONS, "-Q", name]
    beat = ["-B", "-s", str(folder / "beat")] if name == "sweep" else []
    with (folder / f"{name}{place}.log").open("wb") as log:
        return subprocess.Popen([*command, "-n", f"{name}{place}@%h", *beat], cwd=ROOT, stdout=log, stderr=log)


def _follow(family: list[psutil.Process], accounts: list[SalesAccount], name: str) -> Lines:
    """Every account follows changes, of which there are none, as every five minutes."""
    # Beat may have begun one by itself.
    wait_until(lambda: not SyncRun.objects.unfinished().exists(), seconds=LONGEST)
    runs = [_following(account) for account in accounts]
    cpu = _cpu_seconds(family)
    yield from _watch(family, name, lambda: _have_ended(runs))
    yield f"{name}_succeeded", _succeeded(runs)
    yield f"{name}_worker_cpu_s_per_run", round((_cpu_seconds(family) - cpu) / len(runs), 3)
    yield f"{name}_changes", sum(_of(runs).values_list("seen", flat=True))


def _following(account: SalesAccount) -> SyncRun:
    """A run that was just begun, by us or by beat."""
    with suppress(SyncRefused):
        return start_sync(account=account, started_by=None, kind=RunKind.INCREMENTAL)
    begun: SyncRun = SyncRun.objects.for_account(account).latest("pk")
    return begun


def _watch(family: list[psutil.Process], name: str, is_over: Callable[[], bool]) -> Lines:
    """Until it is over: how long it takes, what it costs, and how full the queues are."""
    began, cpu, peaks, silence = time.perf_counter(), _cpu_seconds(family), dict.fromkeys(NUMBERS, 0), 0.0
    while not is_over():
        assert time.perf_counter() - began < LONGEST, f"{name} is not over after {LONGEST} seconds"
        time.sleep(0.2)
        peaks = {queue_name: max(peak, redis_client().llen(queue_name)) for queue_name, peak in peaks.items()}
        silence = max(silence, queue.seconds_since_sweep() or 0.0)
    yield f"{name}_seconds", round(time.perf_counter() - began, 1)
    yield f"{name}_worker_cpu_s", round(_cpu_seconds(family) - cpu, 1)
    # A sweep that waits for five seconds expires.
    yield f"{name}_longest_without_sweep_s", round(silence, 1)
    for queue_name, peak in peaks.items():
        yield f"{name}_queue_{queue_name}_peak", peak


def _has_files(runs: list[SyncRun]) -> bool:
    """Nothing of the runs is left to do but loads."""
    steps = Extract.objects.filter(run__in=runs, due_at__isnull=False)
    return not _of(runs).filter(status=RunStatus.PLANNING).exists() and not steps.short().exists()


def _of(runs: list[SyncRun]) -> SyncRunQuerySet:
    return SyncRun.objects.filter(pk__in=[run.pk for run in runs])


def _have_ended(runs: list[SyncRun]) -> bool:
    return not _of(runs).unfinished().exists()


def _succeeded(runs: list[SyncRun]) -> int:
    return _of(runs).filter(status=RunStatus.SUCCEEDED).count()


def _cpu_seconds(family: list[psutil.Process]) -> float:
    members = [member for process in family for member in (process, *process.children(recursive=True))]
    return sum(sum(member.cpu_times()[:2]) for member in members)


def _fairness(runs: list[SyncRun]) -> Lines:
    """By how many files equal tenants differ at each quarter of the time."""
    loaded = list(
        Extract.objects.filter(run__in=runs, status=ExtractStatus.LOADED, source=Source.MARKETO_PEOPLE)
        .exclude(loaded_at=None)
        .values_list("run", "loaded_at")
    )
    times = [moment for _run, moment in loaded]
    first, last = min(times), max(times)
    for quarter in (1, 2, 3):
        yield f"files_apart_at_quarter_{quarter}", _apart(runs, loaded, first + (last - first) * quarter / 4)


def _apart(runs: list[SyncRun], loaded: list[tuple[int, datetime]], moment: datetime) -> int:
    counts = {run.pk: 0 for run in runs}
    for run_id, loaded_at in loaded:
        counts[run_id] += loaded_at <= moment
    return max(counts.values()) - min(counts.values())


def _catalogue_rows() -> int:
    """Rows written and deleted in PostgreSQL's own tables so far."""
    # Each session tells what it has done a second later.
    time.sleep(2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT sum(n_tup_ins + n_tup_del) FROM pg_stat_sys_tables WHERE relname = 'pg_attribute'")
        return int(cursor.fetchone()[0])
