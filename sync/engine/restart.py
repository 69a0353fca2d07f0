"""Beginning again after a crash of the database: it empties the stage tables, which are not logged."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from sync.engine.problems import RunFailed
from sync.engine.stage import all_tables, stage_tables
from sync.models import Extract, RejectedRow, RunKind, SyncRun
from sync.statuses import ExtractStatus, RunStatus

MOST_RESTARTS = 3


def start_over(run: SyncRun) -> None:
    """Read once more what the run had read; raises RunFailed when that has been in vain so often, or LeaseLost."""
    if run.is_resumed:
        raise RunFailed("read_again")
    if run.restarts >= MOST_RESTARTS:
        raise RunFailed("stage_lost")
    read_again = _collect_again if run.kind == RunKind.INCREMENTAL else _load_again
    with transaction.atomic():
        read_again(run)


def _collect_again(run: SyncRun) -> None:
    values = {"restarts": run.restarts + 1, "merge_started_at": None, "has_leftovers": False}
    run.marketo_calls, run.salesforce_calls = run.calls().values()
    run.end_step(due_at=timezone.now(), status=RunStatus.PLANNING, **values)
    Extract.objects.of_run(run).delete()
    for table in all_tables(run):
        table.drop()


def _load_again(run: SyncRun) -> None:
    """The remote jobs keep their files: nothing is taken from the day's allowance."""
    run.end_step(due_at=None, status=RunStatus.EXTRACTING, restarts=run.restarts + 1, merge_started_at=None)
    RejectedRow.objects.of_run(run).delete()
    nothing = {"locator": "", "rows_loaded": 0, "rows_shown": 0, "rows_rejected": 0, "loaded_at": None}
    loaded = Extract.objects.of_run(run).filter(status=ExtractStatus.LOADED)
    loaded.update(status=ExtractStatus.READY, due_at=Now(), **nothing)
    for table in stage_tables(run):
        table.empty()
