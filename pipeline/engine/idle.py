"""The end of a run that follows changes and has found none: by far the most runs, so it costs next to nothing."""

from django.utils import timezone

from sync.engine.cursors import STREAMS, move_cursors
from sync.engine.gone_fields import note_gone_fields
from sync.engine.telling import tell_of_success
from sync.models import Extract, RunKind, SyncRun
from sync.statuses import ExtractStatus, RunStatus

NOTHING = [0, "0"]


def has_found_nothing(run: SyncRun) -> bool:
    """Every stream was read to its end, and nothing had to be kept. To be asked with the run's row held."""
    if run.kind != RunKind.INCREMENTAL or run.has_leftovers:
        return False
    return not Extract.objects.of_run(run).missing().filter(source__in=STREAMS).exists()


def end_idle(run: SyncRun) -> None:
    """End the run without a stage table and a merge, as one whose tables are all empty; raises LeaseLost."""
    now, before = timezone.now(), SyncRun.objects.for_account(run.account).only("people").last_success()
    people = before.people if before else 0
    Extract.objects.of_run(run).missing().update(status=ExtractStatus.LOADED, due_at=None, loaded_at=now)
    move_cursors(run)
    note_gone_fields(run)
    run.end_step(
        due_at=None,
        status=RunStatus.SUCCEEDED,
        merge_started_at=now,
        finished_at=now,
        people=people,
        receipt={"source": NOTHING, "copy": NOTHING},
    )
    tell_of_success(run, people)
