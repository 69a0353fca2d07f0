"""From a planned extract to a finished remote job, in short steps; loading its result is pipeline.engine.load."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NoReturn

import structlog
from django.db import transaction
from django.db.models import Avg, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from clients.http import AccessDenied, ApiError, UnexpectedAnswer
from clients.marketo.client import MarketoClient
from clients.marketo.errors import SERVICE as MARKETO
from clients.marketo.errors import ExportAlreadyQueued, ExportFileMissing
from clients.marketo.types import Export, ExportStatus
from clients.salesforce.client import QueryJobState, SalesforceClient
from pipeline.engine import incremental
from pipeline.engine.budget import MarketoBudget
from pipeline.engine.cleanup import cancel_export
from pipeline.engine.client_factory import budget_of, list_of, marketo_and_budget, salesforce_of
from pipeline.engine.load import go_without, load_export, load_results
from pipeline.engine.plan import drop_refused_fields
from sync.engine.cursors import STREAMS
from sync.engine.problems import BadFile, RunFailed, answer_text
from sync.engine.stage import SALESFORCE_COLUMNS, SALESFORCE_OBJECTS, StageTable
from sync.models import Extract, RunKind, Source, SyncRun
from sync.statuses import ExtractStatus

# Marketo lets ten jobs wait or run for all of a customer's tools together; two are worked on at a time.
OUR_SHARE_OF_THE_QUEUE = 4
# An export that ends calls the next one; this is for the case that none does.
QUEUE_SECONDS = 30
# (age of a query job of Salesforce, seconds until the next look).
POLLING = ((10, 2), (60, 5), (600, 15))
SLOWEST_POLLING = 60
# Marketo renews what it tells of an export once a minute (Adobe, "Bulk Extract"); where exports end sooner, looks come
# sooner too: so long after it was asked for.
MARKETO_RHYTHM = timedelta(seconds=60)
EARLY_LOOKS = tuple(timedelta(seconds=seconds) for seconds in (2, 6, 15, 30))
JOB_DEADLINE = timedelta(hours=6)
# What the providers answer about a job that they no longer have.
VANISHED = {"1013", "NOT_FOUND", "404"}
logger = structlog.get_logger(__name__)


def take_step(extract: Extract) -> None:
    """Bring an extract one step on; raises RunFailed, LeaseLost or an error of clients.http."""
    try:
        _step(extract)(extract)
    except (BadFile, ExportFileMissing) as error:
        _read_again(extract, str(error))
    except ApiError as error:
        _answer(extract, error)


def _answer(extract: Extract, error: ApiError) -> None:
    """Go on after an error that the run can do something about; raises any other."""
    if extract.source == Source.SALESFORCE_ROLES and isinstance(error, AccessDenied):
        go_without(extract, error)
    elif error.code in VANISHED:
        logger.warning("job_vanished", run=extract.run_id, step=str(extract), error=str(error))
        _recreate(extract, answer_text(error))
    else:
        drop_refused_fields(extract.run, error)
        extract.end_step(due_at=timezone.now())


def _step(extract: Extract) -> Callable[[Extract], None]:
    if extract.run.kind == RunKind.INCREMENTAL or extract.is_recheck or extract.source in STREAMS:
        return incremental.READERS[extract.source]
    steps = MARKETO_STEPS if extract.reads_people else SALESFORCE_STEPS
    return steps[extract.status]


def _create_export(extract: Extract) -> None:
    if not _has_room(extract):
        extract.end_step(due_at=timezone.now() + timedelta(seconds=QUEUE_SECONDS))
        return
    client, budget = marketo_and_budget(extract.run.account)
    budget.check_export(_likely_bytes(extract), _bytes_under_way(extract.run))
    with budget.call():
        export = _define_export(extract, client)
    extract.end_step(due_at=timezone.now(), status=ExtractStatus.REQUESTED, remote_id=export.export_id)


def _define_export(extract: Extract, client: MarketoClient) -> Export:
    run = extract.run
    if run.list_id is not None:
        with list_of(run):
            return client.create_list_export(run.fields, run.list_id)
    assert extract.window_from  # noqa: S101 (set where no list is)
    assert extract.window_to  # noqa: S101
    return client.create_export(run.fields, extract.window_from, extract.window_to)


def _has_room(extract: Extract) -> bool:
    return _under_way(extract.run).count() < OUR_SHARE_OF_THE_QUEUE


def _under_way(run: SyncRun) -> QuerySet[Extract]:
    started = (ExtractStatus.REQUESTED, ExtractStatus.RUNNING)
    return Extract.objects.of_run(run).filter(source=Source.MARKETO_PEOPLE, status__in=started)


def _likely_bytes(extract: Extract) -> int:
    """As many as the last run found there, otherwise as many as this run's other windows had on average."""
    if extract.bytes_expected is not None:
        return extract.bytes_expected
    return round(Extract.objects.of_run(extract.run).aggregate(mean=Avg("bytes"))["mean"] or 0)


def _bytes_under_way(run: SyncRun) -> int:
    """What Marketo will take from the day's allowance for exports that it has not finished."""
    return sum(map(_likely_bytes, _under_way(run)))


def _enqueue_export(extract: Extract) -> None:
    # Already queued: an earlier worker did it and died before it could say so.
    client, budget = marketo_and_budget(extract.run.account)
    with budget.call(), suppress(ExportAlreadyQueued):
        client.enqueue_export(extract.remote_id)
    _watch(extract, EARLY_LOOKS[0] if budget.early_looks_pay() else MARKETO_RHYTHM)


def _poll_export(extract: Extract) -> None:
    client, budget = marketo_and_budget(extract.run.account)
    with budget.call():
        export = client.export_status(extract.remote_id)
    _learn_early_look(extract, budget, is_done=export.status == ExportStatus.COMPLETED)
    if export.status in {ExportStatus.FAILED, ExportStatus.CANCELLED}:
        _recreate(extract, export.error or export.status)
    elif export.status == ExportStatus.COMPLETED:
        if export.rows is None:
            # Without this number an empty file could not be told from a lost one.
            raise UnexpectedAnswer(MARKETO, "unexpected_shape", repr(export))
        promised = {"rows_expected": export.rows, "bytes": export.size, "checksum": export.checksum or ""}
        extract.end_step(due_at=timezone.now(), status=ExtractStatus.READY, **promised)
        budget.add_export(export.size or 0)
        _call_next(extract)
    else:
        _look_later(extract)


def _call_next(extract: Extract) -> None:
    """Call as many as there is room for: when several end at the same moment, each of them sees the same first one."""
    planned = Extract.objects.of_run(extract.run).filter(source=extract.source, status=ExtractStatus.PLANNED)
    room = max(0, OUR_SHARE_OF_THE_QUEUE - _under_way(extract.run).count())
    # Not those that wait until tomorrow.
    able = planned.filter(due_at__isnull=False, waiting_reason="")
    called = list(able.values_list("pk", flat=True)[:room])
    Extract.objects.filter(pk__in=called).update(due_at=Now())


def _create_query_job(extract: Extract) -> None:
    names = ", ".join(SALESFORCE_COLUMNS[extract.source])
    soql = f"SELECT {names} FROM {SALESFORCE_OBJECTS[extract.source]}"  # noqa: S608 (our own names)
    client = salesforce_of(extract.run.account)
    extract.remote_id = client.create_query_job(soql, include_deleted=True)
    with transaction.atomic():
        # Pages of an earlier job that was lost on the way.
        StageTable(extract.run, extract.source).empty()
        extract.write(locator="", rows_loaded=0)
    _watch(extract)


def _poll_query_job(extract: Extract) -> None:
    client = salesforce_of(extract.run.account)
    job = client.query_job(extract.remote_id)
    if job.state in {QueryJobState.FAILED, QueryJobState.ABORTED}:
        _recreate(extract, job.error or job.state)
    elif job.state != QueryJobState.JOB_COMPLETE:
        _look_later(extract)
    elif not job.rows and _count(client, extract.source):
        _recreate(extract, "The job ended without a row, although Salesforce counts some.")
    else:
        extract.end_step(due_at=timezone.now(), status=ExtractStatus.READY, rows_expected=job.rows)


def _count(client: SalesforceClient, source: str) -> int:
    return client.count(f"SELECT COUNT() FROM {SALESFORCE_OBJECTS[source]}")  # noqa: S608 (our own names)


def _watch(extract: Extract, pause: timedelta = EARLY_LOOKS[0]) -> None:
    now = timezone.now()
    status = ExtractStatus.RUNNING
    extract.end_step(due_at=now + pause, status=status, requested_at=now, remote_id=extract.remote_id)


def _learn_early_look(extract: Extract, budget: MarketoBudget, *, is_done: bool) -> None:
    age = timezone.now() - extract.requested_at if extract.requested_at else MARKETO_RHYTHM
    if age < MARKETO_RHYTHM and (is_done or age >= EARLY_LOOKS[-1]):
        budget.learn_early_look(pays=is_done)


def _look_later(extract: Extract) -> None:
    assert extract.requested_at  # noqa: S101 (set together with the status RUNNING)
    now = timezone.now()
    if now - extract.requested_at > JOB_DEADLINE:
        if extract.reads_people:
            cancel_export(extract.run, extract.remote_id)
        _recreate(extract, "The remote job did not end in time.")
    else:
        extract.end_step(due_at=_next_look(extract, extract.requested_at, now))


def _next_look(extract: Extract, requested_at: datetime, now: datetime) -> datetime:
    if extract.reads_people:
        early = EARLY_LOOKS if budget_of(extract.run.account).early_looks_pay() else ()
        by_the_minute = MARKETO_RHYTHM * ((now - requested_at) // MARKETO_RHYTHM + 1)
        return requested_at + next((look for look in early if look > now - requested_at), by_the_minute)
    age = (now - requested_at).total_seconds()
    return now + timedelta(seconds=next((pause for limit, pause in POLLING if age < limit), SLOWEST_POLLING))


def _read_again(extract: Extract, problem: str) -> None:
    """A bad file may be a bad download: the second bad one in a row is the job's fault."""
    if extract.tries < 2:
        extract.write(due_at=timezone.now(), lease_until=None, status=ExtractStatus.READY, last_problem=problem[:300])
    else:
        _recreate(extract, problem)


def _recreate(extract: Extract, problem: str) -> None:
    if extract.is_recreated:
        # Still due: whoever dies before the run has ended leaves that to the next worker.
        extract.write(status=ExtractStatus.FAILED, last_problem=problem[:300])
        _give_up(extract)
    extract.end_step(
        due_at=timezone.now(),
        status=ExtractStatus.PLANNED,
        is_recreated=True,
        rows_shown=0,
        remote_id="",
        last_problem=problem[:300],
    )


def _give_up(extract: Extract) -> NoReturn:
    raise RunFailed("extract_failed", extract=extract.pk, source=extract.source, detail=extract.last_problem)


Steps = dict[str, Callable[[Extract], None]]
MARKETO_STEPS: Steps = {
    ExtractStatus.PLANNED: _create_export,
    ExtractStatus.REQUESTED: _enqueue_export,
    ExtractStatus.RUNNING: _poll_export,
    ExtractStatus.READY: load_export,
    # A worker that loaded it is gone, and its transaction with it.
    ExtractStatus.LOADING: load_export,
    ExtractStatus.FAILED: _give_up,
}
SALESFORCE_STEPS: Steps = {
    ExtractStatus.PLANNED: _create_query_job,
    ExtractStatus.RUNNING: _poll_query_job,
    ExtractStatus.READY: load_results,
    ExtractStatus.LOADING: load_results,
    ExtractStatus.FAILED: _give_up,
}
