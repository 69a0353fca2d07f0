"""What a run leaves behind when it ends without a merge: stage tables, and jobs that still wait in Marketo's queue."""

from datetime import timedelta

import structlog
from django.db import OperationalError
from django.utils import timezone

from clients.http import ApiError
from common.locks import hurried_transaction
from pipeline.engine.client_factory import marketo_of
from sync.engine.problems import RunFailed
from sync.engine.stage import all_tables
from sync.models import Extract, Source, SyncRun
from sync.statuses import ExtractStatus

# A worker notices within a heartbeat that its run has ended.
RETRY = timedelta(seconds=1)

logger = structlog.get_logger(__name__)


def clean_up(run: SyncRun) -> None:
    """Remove a finished run's leftovers, a little later if a worker still holds a table; raises LeaseLost."""
    if run.has_leftovers:
        cancel_exports(run)
    try:
        _drop_tables(run)
    except OperationalError:
        run.wait("", timezone.now() + RETRY, tries=0)


def _drop_tables(run: SyncRun) -> None:
    with hurried_transaction(milliseconds=500):
        for table in all_tables(run):
            table.drop()
        run.end_step(due_at=None, has_leftovers=False)


def cancel_exports(run: SyncRun) -> None:
    """Take what still waits in Marketo's queue out of it."""
    under_way = (ExtractStatus.REQUESTED, ExtractStatus.RUNNING)
    for extract in Extract.objects.of_run(run).filter(source=Source.MARKETO_PEOPLE, status__in=under_way):
        cancel_export(run, extract.remote_id)


def cancel_export(run: SyncRun, export_id: str) -> None:
    """A kindness to other tools of the customer, who share the queue; nothing depends on it."""
    try:
        marketo_of(run.account).cancel_export(export_id)
    except (ApiError, RunFailed) as error:
        logger.info("export_not_cancelled", run=run.pk, error=str(error))
