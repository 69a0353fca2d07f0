"""How fast the sandbox starts and exports, and how much memory it takes.

``python -m tests.load.bench_sandbox --people N`` prints ``name: value`` lines: seconds until the sandbox is ready, rows
a second from the first enqueued export to the last byte of the last file (everybody, 16 columns, as many jobs at a time
as Marketo allows), and the largest resident memory of the sandbox and of any of its export workers.
"""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from sandbox.columns import COLUMNS
from tests.sandbox.marketo_api import Marketo
from tests.sandbox_process import SandboxProcess

EPOCH = datetime(2026, 6, 1, tzinfo=UTC)
SPREAD = timedelta(days=300)
WINDOW = timedelta(days=30)
SWITCHES = {"rate_limit": 1_000_000, "daily_calls": 1_000_000, "export_seconds": 0, "export_megabytes": 1_000_000}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load.bench_sandbox", description=__doc__)
    parser.add_argument("--people", type=int, default=1_500_000)
    people = parser.parse_args().people
    started = time.perf_counter()
    with SandboxProcess.start(people=people, epoch=EPOCH.date()) as sandbox:
        print(f"sandbox_start_s: {time.perf_counter() - started:.2f}")
        sandbox.post("/_sandbox/switches", SWITCHES)
        print(f"sandbox_export_rows_per_s: {people / _export_seconds(sandbox, people):.0f}")
        process = psutil.Process(sandbox.process.pid)
        print(f"sandbox_peak_rss_mb: {_peak_megabytes(process.pid):.0f}")
        workers = [_peak_megabytes(child.pid) for child in process.children(recursive=True)]
        print(f"sandbox_worker_peak_rss_mb: {max(workers, default=0):.0f}")


def _export_seconds(sandbox: SandboxProcess, people: int) -> float:
    marketo = Marketo(sandbox.url)
    jobs = [
        marketo.create(fields=list(COLUMNS), filter={"createdAt": window})["result"][0]["exportId"]
        for window in _windows()
    ]
    started = time.perf_counter()
    for job in jobs:
        marketo.enqueue(job)
    rows = 0
    for job in jobs:
        rows += marketo.wait(job, {"Completed"})["numberOfRecords"]
        _read(marketo, job)
    if rows != people:
        raise RuntimeError(f"The exports hold {rows} rows, not {people}.")
    return time.perf_counter() - started


def _windows() -> Iterator[dict[str, str]]:
    start = EPOCH - SPREAD
    while start < EPOCH:
        end = start + WINDOW - timedelta(seconds=1)
        yield {"startAt": f"{start:%Y-%m-%dT%H:%M:%SZ}", "endAt": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
        start += WINDOW


def _read(marketo: Marketo, job: str) -> None:
    with marketo.send("GET", f"/bulk/v1/leads/export/{job}/file.json", stream=True) as answer:
        for _ in answer.iter_content(1 << 20):
            pass


def _peak_megabytes(pid: int) -> float:
    """The kernel's high-water mark; Linux only, as is the rest of the bench."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
