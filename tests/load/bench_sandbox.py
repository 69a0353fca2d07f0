"""How fast the sandbox starts, exports and answers, and how much memory it takes.

``python -m tests.load.bench_sandbox --people N`` prints ``name: value`` lines:

- seconds until the sandbox is ready;
- Marketo: rows a second from the first enqueued export to the last byte of the last file (everybody, 16 columns, as
  many jobs at a time as Marketo allows);
- Salesforce: rows a second from the start of a bulk query to the last byte of its last page (all leads, 8 columns);
- Salesforce: seconds to query the leads that changed in the ten minutes before the epoch;
- the largest resident memory of the sandbox and of any of its workers.
"""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from sandbox.csv_columns import COLUMNS
from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo
from sandbox.tests.salesforce_browser import Api, connect

EPOCH = datetime(2026, 6, 1, tzinfo=UTC)
SPREAD = timedelta(days=300)
WINDOW = timedelta(days=30)
SWITCHES = {
    "rate_limit": 1_000_000,
    "daily_calls": 1_000_000,
    "export_seconds": 0,
    "export_megabytes": 1_000_000,
    "bulk_seconds": 0,
}
LEADS = "SELECT Id, Name, Email, OwnerId, Owner.Name, IsConverted, ConvertedContactId, SystemModstamp FROM Lead"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load.bench_sandbox", description=__doc__)
    parser.add_argument("--people", type=int, default=1_500_000)
    people = parser.parse_args().people
    started = time.perf_counter()
    with SandboxProcess.start(company="tidy", people=people, epoch=EPOCH.date()) as sandbox:
        print(f"sandbox_start_s: {time.perf_counter() - started:.2f}")
        sandbox.post("/_sandbox/switches", SWITCHES)
        print(f"sandbox_export_rows_per_s: {people / _export_seconds(sandbox, people):.0f}")
        api = Api(sandbox, connect(sandbox)["access_token"])
        print(f"sandbox_bulk_query_rows_per_s: {_bulk_query_rows_per_second(sandbox, api):.0f}")
        print(f"sandbox_changed_since_s: {_changed_since_seconds(api):.3f}")
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


def _bulk_query_rows_per_second(sandbox: SandboxProcess, api: Api) -> float:
    expected = sandbox.get("/_sandbox/state")["salesforce"]["Lead"]
    started = time.perf_counter()
    job = api.call("POST", "/jobs/query", json={"operation": "query", "query": LEADS}).json()["id"]
    while api.get(f"/jobs/query/{job}").json()["state"] != "JobComplete":
        time.sleep(0.05)
    rows, locator = 0, ""
    while locator != "null":
        page = api.get(
            f"/jobs/query/{job}/results", params={"locator": locator}, headers={"Accept-Encoding": "identity"}
        )
        rows, locator = rows + int(page.headers["Sforce-NumberOfRecords"]), page.headers["Sforce-Locator"]
    if rows != expected:
        raise RuntimeError(f"The results hold {rows} rows, not {expected}.")
    return rows / (time.perf_counter() - started)


def _changed_since_seconds(api: Api) -> float:
    since = EPOCH - timedelta(minutes=10)
    started = time.perf_counter()
    api.query(f"SELECT Id FROM Lead WHERE SystemModstamp >= {since:%Y-%m-%dT%H:%M:%SZ}")  # noqa: S608 (our own time)
    return time.perf_counter() - started


def _peak_megabytes(pid: int) -> float:
    """The kernel's high-water mark; Linux only, as is the rest of the bench."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
