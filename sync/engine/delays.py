"""
How long changes took until the copy had them: each comes with the time at which its provider says that it happened.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.utils import timezone

from sync.models import Extract, RunKind, Source, SyncRun

# Times are kept as exactly as this, in seconds.
GRAIN = 15
# The delays that are told apart, in seconds: half minutes as far as a promise may reach, then ever larger steps.
BOUNDS: list[int] = [*range(30, 1230, 30), 1500, 1800, 2700, 3600, 5400, 7200, 14_400, 28_800, 86_400, 172_800, 604_800]
ADD = """
INSERT INTO history_changedelay (account_id, hour, seconds, changes) VALUES (%s, %s, %s, %s)
ON CONFLICT (account_id, hour, seconds) DO UPDATE SET changes = history_changedelay.changes + EXCLUDED.changes
"""


def stamps(extract: Extract, moments: Iterable[datetime | None]) -> dict[str, int]:
    """How many changes happened when, with those of the pages before; a stream that begins again begins with none."""
    counts = Counter(extract.change_times if extract.rows_loaded else {})
    counts.update(str(int(at.timestamp()) // GRAIN) for at in moments if at)
    return dict(counts)


def note_delays(run: SyncRun) -> None:
    """Count what has just arrived, inside the transaction that changes the copy."""
    if run.kind != RunKind.INCREMENTAL:
        return
    now, counts = timezone.now(), Counter[int]()
    before = SyncRun.objects.for_account(run.account).exclude(pk=run.pk).last_success()
    read = Extract.objects.of_run(run).exclude(change_times={}).values_list("source", "change_times")
    for source, times in read:
        since = _read_before(source, before)
        for stamp, changes in times.items():
            at = int(stamp) * GRAIN
            if at >= since:
                counts[bound_of(now.timestamp() - at)] += changes
    hour = now.replace(minute=0, second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.executemany(ADD, [(run.account_id, hour, seconds, changes) for seconds, changes in counts.items()])


def _read_before(source: str, before: SyncRun | None) -> float:
    """Until when an earlier run may have read it: Salesforce is read with an overlap, Marketo only after a full run."""
    is_repeated = source == Source.SALESFORCE_CHANGES or (before and before.kind != RunKind.INCREMENTAL)
    return before.started_at.timestamp() if is_repeated and before and before.started_at else 0.0


def bound_of(seconds: float) -> int:
    """Within how many seconds a delay is counted."""
    return BOUNDS[min(bisect_left(BOUNDS, seconds), len(BOUNDS) - 1)]
