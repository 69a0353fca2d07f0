"""What a worker does: bring runs on step by step, and bring every account up to date by the clock."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import SalesAccount
from clients.http import ApiError
from common.locks import hurried_transaction, is_held_by_others
from common.throttling import HeldError
from connections.models import ConnectionStatus, MarketoConnection, SalesforceConnection
from connections.services.call_recorder import record_lost_failure, record_problem
from connections.turns import turn_of_long_work
from pipeline.engine import extract as extract_engine
from pipeline.engine import incremental
from pipeline.engine.cleanup import clean_up
from pipeline.engine.client_factory import calls_counted_on
from pipeline.engine.idle import end_idle, has_found_nothing
from pipeline.engine.plan import plan
from pipeline.engine.visibility import settle
from sync import queue
from sync.engine import hold
from sync.engine.heartbeat import Heartbeat
from sync.engine.merge import merge
from sync.engine.problems import LONGEST_WAIT, MAX_TRIES, MustWait, RunFailed, Wait, decide_retry, wait_for_database
from sync.engine.telling import tell_of_failure
from sync.engine.undo import undo
from sync.leases import LeasedJob, LeaseLost
from sync.measures import count_end
from sync.models import Extract, RunKind, Source, SyncRun
from sync.policies import Schedule
from sync.schedule import Past, due_kind
from sync.services import SyncRefused, hold_again, start_sync, stop_run
from sync.statuses import WAITING_FOR_A_DECISION, RunStatus

CONNECTIONS: dict[str, type[MarketoConnection | SalesforceConnection]] = {
    "marketo": MarketoConnection,
    "salesforce": SalesforceConnection,
}
# Each account's turn comes every five minutes.
TURNS = 10
# An undo has nothing to read.
PLANS = {RunKind.FULL: plan, RunKind.INCREMENTAL: incremental.plan_changes, RunKind.UNDO: undo}
logger = structlog.get_logger(__name__)


def start_due_syncs(turn: int | None = None) -> None:
    """
    Bring every account that has been synced up to date, by its schedule: its changes, or everybody. With a `turn`, one
    part of the accounts in each of TURNS: hundreds that begin at once would wait for each other.
    """
    SyncRun.objects.outdated().delete()
    accounts = SalesAccount.objects.filter(sync_cursors__stream=Source.SALESFORCE_CHANGES)
    if turn is not None:
        accounts = accounts.annotate(turn=F("pk") % TURNS).filter(turn=turn % TURNS)
    for account in accounts:
        kind = due_kind(Schedule.of(account), Past.of(account), timezone.now())
        if kind:
            with suppress(SyncRefused), _unless_held():
                start_sync(account=account, started_by=None, kind=kind)


def end_disconnected_runs() -> None:
    """End the runs that have lost a connection, also those that wait for something else until tomorrow."""
    for run in SyncRun.objects.disconnected().select_related("account"):
        failure = _lost_connection(run.account)
        # A worker that is just taking a step meets the same problem by itself.
        with suppress(LeaseLost), _unless_held():
            if failure:
                _fail(run, run, failure)


@contextmanager
def _unless_held() -> Iterator[None]:
    """
    What is done by the clock for all accounts, one after the other, waits for none of them: whoever holds a row of it
    may be waiting for a provider. The next turn comes.
    """
    try:
        with hurried_transaction(milliseconds=200):
            yield
    except OperationalError as error:
        if not is_held_by_others(error):
            raise
        logger.info("left_for_the_next_turn")


def _lost_connection(account: SalesAccount) -> RunFailed | None:
    for service, model in (("Marketo", MarketoConnection), ("Salesforce", SalesforceConnection)):
        provider = model.objects.for_account(account).first()
        if provider is None:
            return RunFailed("disconnected", service=service)
        if provider.status != ConnectionStatus.CONNECTED:
            return RunFailed(provider.problem)
    return None


def advance_run(run_id: int) -> None:
    """Take the run's next step if it is due; harmless at any other time."""
    run = SyncRun.objects.select_related("account").claim(run_id)
    if run:
        _take_step(run, run, _run_step(run))


def run_next_bulk_job() -> None:
    """
    Take one long step: a merge that is due, or the next file of the account that was served longest ago.

    Harmless when there is none, or when another worker is quicker.
    """
    for account_id, take_it in _long_steps():
        with suppress(HeldError), _alone(account_id):
            take_it()
            return


def _long_steps() -> Iterator[tuple[int, Callable[[], None]]]:
    for pk, account_id in SyncRun.objects.bulk().due().order_by("due_at").values_list("pk", "account"):
        yield account_id, partial(_take_merge, pk)
    for pk, run_id, account_id in Extract.objects.bulk().due().values_list("pk", "run", "run__account"):
        yield account_id, partial(_take_file, pk, run_id)


def _take_merge(run_id: int) -> None:
    advance_run(run_id)
    queue.enqueue_next(run_id)


def _take_file(extract_id: int, run_id: int) -> None:
    SyncRun.objects.filter(pk=run_id).update(served_at=Now())
    advance_extract(extract_id)
    queue.enqueue_next(run_id)


def _alone(account_id: int) -> AbstractContextManager[None]:
    """Where others are connected too, no account has two loaders: its provider may hang, and keep both from them."""
    return turn_of_long_work(account_id) if MarketoConnection.objects.count() > 1 else nullcontext()


def advance_extract(extract_id: int) -> None:
    """Take the extract's next step if it is due; harmless at any other time."""
    extract = Extract.objects.select_related("run__account").claim(extract_id)
    if extract:
        _take_step(extract, extract.run, lambda: extract_engine.take_step(extract))


def _run_step(run: SyncRun) -> Callable[[], None]:
    steps = {
        RunStatus.PLANNING: PLANS[RunKind(run.kind)],
        RunStatus.EXTRACTING: _finish_extracting,
        RunStatus.MERGING: _merge,
        **dict.fromkeys(WAITING_FOR_A_DECISION, hold.expire),
    }
    step = steps.get(RunStatus(run.status), clean_up)
    return lambda: step(run)


def _merge(run: SyncRun) -> None:
    """Before the transaction, for it asks Salesforce: whether records that were not shown are none."""
    settle(run)
    merge(run)


def _finish_extracting(run: SyncRun) -> None:
    with transaction.atomic():
        # An extract that ends right now touches the run's row first: it is seen here, or makes the run due again.
        run.has_leftovers = SyncRun.objects.select_for_update().only("has_leftovers").get(pk=run.pk).has_leftovers
        missing = Extract.objects.of_run(run).missing()
        if has_found_nothing(run):
            end_idle(run)
        elif missing.exists():
            run.end_step(due_at=None)
            incremental.call_next(missing)
        else:
            run.end_step(due_at=timezone.now(), status=RunStatus.MERGING)


def _take_step(row: LeasedJob, run: SyncRun, step: Callable[[], None]) -> None:
    try:
        if row.tries > MAX_TRIES:
            _fail(row, run, RunFailed("crashed", tries=MAX_TRIES))
        else:
            _try_step(row, run, step)
    except LeaseLost:
        logger.info("lease_lost", run=run.pk, step=str(row))


def _try_step(row: LeasedJob, run: SyncRun, step: Callable[[], None]) -> None:
    had_ended = run.is_finished
    try:
        # Calls may take longer than a lease; long steps add their progress with a heartbeat of their own.
        with Heartbeat(row), calls_counted_on(row):
            step()
        if run.is_finished and not had_ended:
            count_end(run, RunStatus(run.status))
    except RunFailed as failure:
        _fail(row, run, failure)
    except MustWait as pause:
        _wait(row, run, pause.wait)
    except ApiError as error:
        logger.warning("provider_error", run=run.pk, step=str(row), error=str(error))
        _answer_error(row, run, error)
    except OperationalError as error:
        logger.warning("database_error", run=run.pk, step=str(row), error=str(error))
        # What a lost connection leaves behind can store nothing.
        connection.close_if_unusable_or_obsolete()
        _wait(row, run, wait_for_database(error, row.tries))


def _answer_error(row: LeasedJob, run: SyncRun, error: ApiError) -> None:
    record_lost_failure(run.account_id, error)
    what_now = decide_retry(error, row.tries, row.waited)
    if isinstance(what_now, Wait):
        _wait(row, run, what_now)
        return
    provider = CONNECTIONS[error.service].objects.for_account(run.account).first()
    if provider:
        record_problem(provider, error)
    _fail(row, run, what_now)


def _wait(row: LeasedJob, run: SyncRun, wait: Wait) -> None:
    if row.waited > LONGEST_WAIT:
        _fail(row, run, RunFailed("waited_too_long", days=LONGEST_WAIT.days, reason=wait.reason))
    else:
        row.wait(wait.reason, wait.until, tries=wait.tries)


def _fail(row: LeasedJob, run: SyncRun, failure: RunFailed) -> None:
    """End the run; raises LeaseLost when the worker no longer speaks for the row."""
    why = {"failure": failure.code, "failure_params": failure.params}
    with transaction.atomic():
        # The run's row before the extract's, as everywhere.
        SyncRun.objects.select_for_update().get(pk=run.pk)
        row.write(lease_until=None)
        # What a held run has read is kept, where it could not read anew whom it waits for.
        if run.held and failure.code != "read_again":
            hold_again(run, **why)
        elif stop_run(run, RunStatus.FAILED, **why):
            tell_of_failure(run, failure)
    logger.warning("sync_failed", run=run.pk, failure=failure.code, **failure.params)
