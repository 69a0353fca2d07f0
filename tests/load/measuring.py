"""The measurements of the bench; imported once Django is set up."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command

from accounts.models import SalesAccount
from common.stack import with_room
from sandbox.testing import ROOT, SandboxProcess
from sync.decisions import start_previewed_run, undo_run
from sync.models import Extract, RunKind, SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.factories import admin_of
from tests.load.bare import bare_seconds
from tests.load.setting import browser_of, connected_account, fetch_files, page_requests
from tests.sync.processes import WORKER_OPTIONS

PAGE_REQUESTS = 60
CHANGES = 10_000
UNDONE = 100_000
# One for everything short with beat, one for loads and merges, as in production.
QUEUES = ("celery,sweep,mail", "bulk")
Workers = list[subprocess.Popen[bytes]]


def measure(sandbox: SandboxProcess, folder: Path) -> dict[str, float]:
    """Everything, in the order it is printed."""
    run, peak = first_run(sandbox, folder)
    account = run.account
    busy, waited = durations(run)
    heap, limit = bare_seconds(fetch_files(run))
    with workers(folder) as processes:
        people = list(range(1, min(CHANGES, run.seen) + 1))
        sandbox.post("/_sandbox/people", {"action": "change", "ids": people, "fields": {"title": "Chair"}})
        follow, follow_peak = finished(
            start_sync(account=account, started_by=None, kind=RunKind.INCREMENTAL), processes
        )
        again, again_peak = finished(start_sync(account=account, started_by=None), processes)
        taking_back, back_peak = measure_taking_back(sandbox, account, min(UNDONE, run.seen), processes)
    return {
        "people": run.seen,
        "people_synced": run.synced,
        "sync_seconds": round(busy, 2),
        "merge_seconds": round(merge_seconds(run), 2),
        "sync_people_per_s": round(run.seen / busy),
        "limit_people_per_s": round(run.seen / limit),
        "ratio_to_limit": round(busy / limit, 2),
        "ratio_to_heap": round(busy / heap, 2),
        "export_wait_s": round(waited, 1),
        "worker_peak_rss_mb": round(max(peak, follow_peak, again_peak, back_peak)),
        "follow_seconds_10k_changes": round(seconds(follow), 1),
        "follow_merge_seconds": round(merge_seconds(follow), 2),
        "follow_changed_rows": follow.changed,
        "second_sync_seconds": round(durations(again)[0], 2),
        "second_sync_changed_rows": again.changed,
        **taking_back,
        "people_page_p95_ms": round(page_p95_ms(account)),
    }


def first_run(sandbox: SandboxProcess, folder: Path) -> tuple[SyncRun, float]:
    """Everybody is read into an empty copy; the run, and the peak."""
    call_command("migrate", verbosity=0)
    account = connected_account(sandbox)
    with workers(folder) as processes:
        return finished(start_sync(account=account, started_by=None), processes)


def measure_taking_back(
    sandbox: SandboxProcess, account: SalesAccount, changes: int, processes: Workers
) -> tuple[dict[str, float], float]:
    """A dry run that finds so many changes, the run that does what it has shown, and taking that back; the peak."""
    ids, by = list(range(1, changes + 1)), admin_of(account)
    sandbox.post("/_sandbox/people", {"action": "change", "ids": ids, "fields": {"title": "Chief"}})
    run, dry_peak = finished(start_sync(account=account, started_by=None, is_dry_run=True), processes)
    dry_seconds = merge_seconds(run)
    start_previewed_run(run=run, started_by=by)
    run.refresh_from_db()
    run, peak = finished(run, processes)
    undo, undo_peak = finished(undo_run(run=run, undone_by=by), processes)
    figures = {
        "dry_run_seconds": round(dry_seconds, 2),
        "dry_run_to_merge": round(dry_seconds / merge_seconds(run), 2),
        "undone_rows": undo.changed,
        "undo_seconds": round(seconds(undo), 1),
    }
    return figures, max(dry_peak, peak, undo_peak)


def finished(run: SyncRun, processes: Workers) -> tuple[SyncRun, float]:
    """The run after its end, and the largest resident set in MB that a process of the workers had until then."""
    peak = 0.0
    while not run.is_finished:
        time.sleep(0.2)
        peak = max(peak, *map(peak_rss_mb, processes))
        run.refresh_from_db()
    if run.status not in (RunStatus.SUCCEEDED, RunStatus.PREVIEWED):
        sys.exit(f"The run failed: {run.failure} {run.failure_params}")
    return run, peak


def seconds(run: SyncRun) -> float:
    """From the first step to the end, with all waiting."""
    assert run.duration
    return run.duration.total_seconds()


def merge_seconds(run: SyncRun) -> float:
    assert run.merge_started_at
    assert run.finished_at
    return (run.finished_at - run.merge_started_at).total_seconds()


@contextmanager
def workers(folder: Path) -> Iterator[Workers]:
    processes = [start_worker(folder, queue) for queue in QUEUES]
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def start_worker(folder: Path, queue: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "celery", "-A", "msi_admin", "worker", *WORKER_OPTIONS, "-Q", queue]
    beat = ["-B", "-s", str(folder / "beat")] if "sweep" in queue else []
    name = queue.partition(",")[0]
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen([*command, "-n", f"{name}@%h", *beat], cwd=ROOT, stdout=log, stderr=log)


def peak_rss_mb(process: subprocess.Popen[bytes]) -> float:
    """The largest resident set that any process of a worker has had so far (Linux)."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    peaks = [0]
    for pid in [str(process.pid), *children]:
        status = Path(f"/proc/{pid}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        peaks += [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return max(peaks) / 1024


def durations(run: SyncRun) -> tuple[float, float]:
    """Seconds in which something was loaded or merged, and all others."""
    spans = sorted(Extract.objects.of_run(run).values_list("load_started_at", "loaded_at"))
    spans.append((run.merge_started_at, run.finished_at))
    busy, end = 0.0, spans[0][0]
    for start, stop in spans:
        busy += max(0.0, (stop - max(start, end)).total_seconds())
        end = max(end, stop)
    return busy, seconds(run) - busy


def page_p95_ms(account: SalesAccount) -> float:
    """Opening the list of people, deep pages and searches among them, as a web process answers."""
    browser = browser_of(account)
    times = []
    for request in page_requests(browser, PAGE_REQUESTS):
        started = time.perf_counter()
        assert with_room(request)().status_code == 200
        times.append((time.perf_counter() - started) * 1000)
    return statistics.quantiles(times, n=20)[-1]
