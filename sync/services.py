"""The way into this room: starting and cancelling runs, and bringing them on step by step."""

from collections.abc import Callable
from functools import partial

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SalesAccount, User
from accounts.services import RefusedError, record
from connections.http import ApiError
from connections.models import ConnectionStatus, MarketoConnection, SalesforceConnection
from connections.services import record_problem
from sync import tasks
from sync.engine import extract as extract_engine
from sync.engine.cleanup import clean_up
from sync.engine.merge import merge
from sync.engine.plan import plan
from sync.engine.problems import MAX_TRIES, RunFailed, Wait, verdict
from sync.models import Extract, ExtractStatus, LeaseLost, RunKind, RunStatus, Step, SyncRun

CONNECTIONS: dict[str, type[MarketoConnection | SalesforceConnection]] = {
    "marketo": MarketoConnection,
    "salesforce": SalesforceConnection,
}
logger = structlog.get_logger(__name__)


class SyncRefused(RefusedError):
    """A run cannot be started; the text is a sentence for the person, `run` the one that is in the way, if any."""

    def __init__(self, sentence: str, run: SyncRun | None = None) -> None:
        super().__init__(sentence)
        self.run = run


def start_sync(*, account: SalesAccount, started_by: User | None, kind: RunKind = RunKind.FULL) -> SyncRun:
    """Start a run; raises SyncRefused while another is unfinished or a connection is missing or broken."""
    problem = connection_problem(account)
    if problem:
        raise SyncRefused(problem)
    try:
        with transaction.atomic():
            run = SyncRun.objects.create(account=account, kind=kind, started_by=started_by, due_at=timezone.now())
            record(account=account, actor=started_by, action="sync.started", target=str(run), run=run.pk)
            _wake_up_on_commit(run)
    except IntegrityError:
        unfinished = SyncRun.objects.of_account(account).unfinished().first()
        raise SyncRefused(_("A sync of this account is already on its way."), unfinished) from None
    logger.info("sync_started", run=run.pk, account=account.slug)
    return run


def connection_problem(account: SalesAccount) -> str:
    """A sentence that says which connection a run would miss, empty when both are there."""
    marketo = MarketoConnection.objects.of_account(account).first()
    salesforce = SalesforceConnection.objects.of_account(account).first()
    for connection, name in ((salesforce, "Salesforce"), (marketo, "Marketo")):
        if connection is None:
            return _("The Sales account is not connected to %(name)s. An Admin of it must connect it first.") % {
                "name": name
            }
        if connection.status != ConnectionStatus.CONNECTED:
            return _("The connection to %(name)s is broken. An Admin of the Sales account must connect it again.") % {
                "name": name
            }
    return ""


def cancel_run(*, run: SyncRun, cancelled_by: User) -> bool:
    """Stop a run, whatever its workers are doing; nothing is changed. False when it had ended by itself."""
    now = timezone.now()
    with transaction.atomic():
        this = SyncRun.objects.unfinished().filter(pk=run.pk)
        if not this.take_from_workers(status=RunStatus.CANCELLED, finished_at=now, due_at=now):
            return False
        _stop_extracts(run)
        record(account=run.account, actor=cancelled_by, action="sync.cancelled", target=str(run), run=run.pk)
        _wake_up_on_commit(run)
    logger.info("sync_cancelled", run=run.pk)
    return True


def _wake_up_on_commit(run: SyncRun) -> None:
    # Without a broker just now the run still exists, and the next sweep finds it.
    transaction.on_commit(partial(tasks.advance_run.delay, run.pk), robust=True)


def advance_run(run_id: int) -> None:
    """Take the run's next step if it is due; harmless at any other time."""
    run = SyncRun.objects.select_related("account").claim(run_id)
    if run:
        _take_step(run, run, _run_step(run))
        tasks.enqueue(SyncRun.objects.filter(pk=run_id), Extract.objects.of_run(run))


def advance_extract(extract_id: int) -> None:
    """Take the extract's next step if it is due; harmless at any other time."""
    extract = Extract.objects.select_related("run__account").claim(extract_id)
    if extract:
        _take_step(extract, extract.run, lambda: extract_engine.take_step(extract))
        tasks.enqueue(SyncRun.objects.filter(pk=extract.run_id), Extract.objects.filter(pk=extract_id))


def _run_step(run: SyncRun) -> Callable[[], None]:
    steps = {RunStatus.PLANNING: plan, RunStatus.EXTRACTING: _finish_extracting, RunStatus.MERGING: merge}
    step = steps.get(RunStatus(run.status), clean_up)
    return lambda: step(run)


def _finish_extracting(run: SyncRun) -> None:
    with transaction.atomic():
        # An extract that ends right now touches the run's row first: it is seen here, or makes the run due again.
        SyncRun.objects.select_for_update().get(pk=run.pk)
        if Extract.objects.of_run(run).exclude(status=ExtractStatus.LOADED).exists():
            run.end_step(due_at=None)
        else:
            run.end_step(due_at=timezone.now(), status=RunStatus.MERGING)


def _take_step(row: Step, run: SyncRun, step: Callable[[], None]) -> None:
    try:
        if row.tries > MAX_TRIES:
            _fail(row, run, RunFailed("crashed", tries=MAX_TRIES))
        else:
            _try_step(row, run, step)
    except LeaseLost:
        logger.info("lease_lost", run=run.pk, step=str(row))


def _try_step(row: Step, run: SyncRun, step: Callable[[], None]) -> None:
    try:
        step()
    except RunFailed as failure:
        _fail(row, run, failure)
    except ApiError as error:
        logger.warning("neighbour_error", run=run.pk, step=str(row), error=str(error))
        _answer_error(row, run, error)


def _answer_error(row: Step, run: SyncRun, error: ApiError) -> None:
    what_now = verdict(error, row.tries)
    if isinstance(what_now, Wait):
        row.wait(what_now.reason, what_now.until)
        return
    connection = CONNECTIONS[error.service].objects.of_account(run.account).first()
    if connection:
        record_problem(connection, error)
    _fail(row, run, what_now)


def _fail(row: Step, run: SyncRun, failure: RunFailed) -> None:
    """End the run; raises LeaseLost when the worker no longer speaks for the row."""
    now = timezone.now()
    ending = {"status": RunStatus.FAILED, "failure": failure.code, "failure_params": failure.params}
    with transaction.atomic():
        # The run's row before the extract's, as everywhere.
        SyncRun.objects.select_for_update().get(pk=run.pk)
        row.write(lease_until=None)
        if SyncRun.objects.unfinished().filter(pk=run.pk).take_from_workers(finished_at=now, due_at=now, **ending):
            _stop_extracts(run)
    logger.warning("sync_failed", run=run.pk, failure=failure.code, **failure.params)


def _stop_extracts(run: SyncRun) -> None:
    Extract.objects.of_run(run).exclude(status=ExtractStatus.LOADED).take_from_workers(due_at=None)
