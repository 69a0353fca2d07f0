"""How long runs take and how they end, for monitoring: counted by the process that ends them."""

from datetime import timedelta
from itertools import product

from prometheus_client import Histogram

from sync.models import RunKind, SyncRun
from sync.statuses import UNFINISHED, RunStatus

MINUTE, HOUR = 60, 3600
RUNS = Histogram(
    "msi_sync_run_duration_seconds",
    "Runs by kind and end, without the time for which a person held them; held and dry runs end by stopping.",
    ["kind", "outcome"],
    buckets=(1, 5, 15, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, 24 * HOUR),
)
# Told as 0 from the start, so that the first that fails is a rise.
for _kind, _status in product(RunKind, RunStatus):
    if _status not in UNFINISHED:
        RUNS.labels(_kind.value, _status.value)


def count_end(run: SyncRun, outcome: RunStatus) -> None:
    """A run has just ended so; to be called once that is committed."""
    RUNS.labels(run.kind, outcome.value).observe((run.working_time or timedelta()).total_seconds())
