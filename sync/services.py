"""The way into this room: starting and cancelling runs, and bringing them on step by step."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial

import structlog
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SalesAccount, User
from accounts.services import RefusedError, record
from clients.http import ApiError
from clients.marketo.types import StaticList
from connections.models import ConnectionStatus, MarketoConnection, SalesforceConnection
from connections.services.clients import record_problem
from sync import tasks
from sync.engine import extract as extract_engine
from sync.engine import follow
from sync.engine.cleanup import clean_up
from sync.engine.clients import budget_of, calls_counted_on, marketo_of
from sync.engine.heartbeat import Heartbeat
from sync.engine.merge import merge
from sync.engine.plan import plan
from sync.engine.problems import LONGEST_WAIT, MAX_TRIES, MustWait, RunFailed, Wait, verdict
from sync.models import Extract, ExtractStatus, LeaseLost, RunKind, RunStatus, Source, Step, SyncRun

CONNECTIONS: dict[str, type[MarketoConnection | SalesforceConnection]] = {
    "marketo": MarketoConnection,
    "salesforce": SalesforceConnection,
}
# Everybody is read anew so often, for the changes that neither system reports: a renamed owner, for example.
RECONCILIATION = timedelta(days=7)
# A full run that failed, or that a person cancelled, is not begun again at once.
AFTER_FAILURE = timedelta(hours=6)
# After these only a full run helps.
NOT_TO_BE_FOLLOWED = {"too_many_changes", "list_gone"}
logger = structlog.get_logger(__name__)


class SyncRefused(RefusedError):
    """A run cannot be started; the text is a sentence for the person, `run` the one that is in the way, if any."""

    def __init__(self, sentence: str, run: SyncRun | None = None) -> None:
        super().__init__(sentence)
        self.run = run


def start_sync(
    *,
    account: SalesAccount,
    started_by: User | None,
    kind: RunKind = RunKind.FULL,
    forecast: Mapping[str, int] | None = None,
    only: StaticList | None = None,
) -> SyncRun:
    """
    Start a run. `forecast` is what the person was told before, by the names of sync.engine.preview.Forecast. A full run
    with `only` reads the members of that list, and whoever is not on it leaves the copy; a run that follows changes or
    that no person starts keeps to what the last full run read.

    Raises SyncRefused while another like it is unfinished, or a connection is missing or broken.
    """
    problem = connection_problem(account)
    if problem:
        raise SyncRefused(problem)
    if kind == RunKind.FOLLOW and not SyncRun.objects.of_account(account).last_success():
        raise SyncRefused(_("Nobody has been synced yet, so there is nothing to follow. Start a full sync first."))
    if kind == RunKind.FOLLOW or started_by is None:
        only = chosen_list(account)
    scope = {"list_id": only.list_id, "list_name": only.name} if only else {}
    run = SyncRun(account=account, kind=kind, started_by=started_by, forecast=forecast or {}, **scope)
    try:
        _begin(run)
    except IntegrityError:
        unfinished = SyncRun.objects.of_account(account).unfinished().first()
        raise SyncRefused(_("A sync of this account is already on its way."), unfinished) from None
    logger.info("sync_started", run=run.pk, account=account.slug)
    return run


@transaction.atomic
def _begin(run: SyncRun) -> None:
    if run.kind == RunKind.FULL:
        _make_way(run.account)
    run.due_at = timezone.now()
    run.save()
    if run.kind == RunKind.FULL:
        record(account=run.account, actor=run.started_by, action="sync.started", target=str(run), run=run.pk)
    _wake_up_on_commit(run)


def chosen_list(account: SalesAccount) -> StaticList | None:
    """The static list whose members alone are in the copy; None while everybody may be."""
    last = SyncRun.objects.of_account(account).full().last_success()
    return StaticList(last.list_id, last.list_name) if last and last.list_id is not None else None


def find_lists(account: SalesAccount, name: str) -> list[StaticList]:
    """The static lists of that name in Marketo; raises RunFailed, MustWait or an error of clients.http."""
    with budget_of(account).call():
        return marketo_of(account).static_lists(name)


def _make_way(account: SalesAccount) -> None:
    """A full run reads all that a run which follows changes would."""
    for run in SyncRun.objects.of_account(account).unfinished().filter(kind=RunKind.FOLLOW):
        _cancel(run)


def follow_accounts() -> None:
    """Bring every account that has been synced up to date: its changes, or everybody when that is due."""
    SyncRun.objects.outdated().delete()
    for account in SalesAccount.objects.filter(sync_cursors__stream=Source.SALESFORCE_CHANGES):
        kind = _due_kind(account)
        if kind:
            with suppress(SyncRefused):
                start_sync(account=account, started_by=None, kind=kind)


def _due_kind(account: SalesAccount) -> RunKind | None:
    runs, now = SyncRun.objects.of_account(account), timezone.now()
    failure, last_full, last_good = runs.latest("pk").failure, runs.full().latest("pk"), runs.full().last_success()
    may_read_all = last_full == last_good or last_full.created_at < now - AFTER_FAILURE
    is_outdated = last_good is None or last_good.created_at < now - RECONCILIATION
    if may_read_all and (is_outdated or failure == "too_many_changes"):
        return RunKind.FULL
    # To follow would only fail again, and cost calls.
    return None if failure in NOT_TO_BE_FOLLOWED else RunKind.FOLLOW


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
    with transaction.atomic():
        if not _cancel(run):
            return False
        record(account=run.account, actor=cancelled_by, action="sync.cancelled", target=str(run), run=run.pk)
        _wake_up_on_commit(run)
    logger.info("sync_cancelled", run=run.pk)
    return True


def _cancel(run: SyncRun) -> bool:
    now, this = timezone.now(), SyncRun.objects.unfinished().filter(pk=run.pk)
    if not this.take_from_workers(status=RunStatus.CANCELLED, finished_at=now, due_at=now, paused_at=None):
        return False
    _stop_extracts(run)
    return True


def pause_run(*, run: SyncRun, paused_by: User) -> bool:
    """Let no further step of a run begin; one that is being taken ends first. False when there is nothing to pause."""
    running = SyncRun.objects.unfinished().filter(pk=run.pk, paused_at=None)
    with transaction.atomic():
        if not running.update(paused_at=timezone.now()):
            return False
        record(account=run.account, actor=paused_by, action="sync.paused", target=str(run), run=run.pk)
    logger.info("sync_paused", run=run.pk)
    return True


def resume_run(*, run: SyncRun, resumed_by: User) -> bool:
    """Let a paused run go on where it stopped; False when it was not paused."""
    paused = SyncRun.objects.unfinished().filter(pk=run.pk, paused_at__isnull=False)
    with transaction.atomic():
        if not paused.update(paused_at=None, waiting_since=None):
            return False
        # Nobody waited while the run was held.
        Extract.objects.of_run(run).update(waiting_since=None)
        record(account=run.account, actor=resumed_by, action="sync.resumed", target=str(run), run=run.pk)
        _wake_up_on_commit(run)
    logger.info("sync_resumed", run=run.pk)
    return True


def _wake_up_on_commit(run: SyncRun) -> None:
    # Without a broker just now the run still exists, and the next sweep finds it.
    transaction.on_commit(partial(tasks.advance_run.delay, run.pk), robust=True)


def end_disconnected_runs() -> None:
    """End the runs that have lost a connection, also those that wait for something else until tomorrow."""
    for run in SyncRun.objects.disconnected().select_related("account"):
        failure = _lost_connection(run.account)
        # A worker that is just taking a step meets the same problem by itself.
        with suppress(LeaseLost):
            if failure:
                _fail(run, run, failure)


def _lost_connection(account: SalesAccount) -> RunFailed | None:
    for service, model in (("Marketo", MarketoConnection), ("Salesforce", SalesforceConnection)):
        connection = model.objects.of_account(account).first()
        if connection is None:
            return RunFailed("disconnected", service=service)
        if connection.status != ConnectionStatus.CONNECTED:
            return RunFailed(connection.problem)
    return None


def advance_run(run_id: int) -> None:
    """Take the run's next step if it is due; harmless at any other time."""
    run = SyncRun.objects.select_related("account").claim(run_id)
    if run:
        _take_step(run, run, _run_step(run))
        tasks.enqueue(SyncRun.objects.filter(pk=run_id), Extract.objects.of_run(run))


def advance_heaviest() -> None:
    """
    Take one long step: a merge that is due, or the next file of the account that was served longest ago.

    Harmless when there is none, or when another worker is quicker.
    """
    merging = SyncRun.objects.heavy().due().order_by("due_at").first()
    extract = None if merging else Extract.objects.heavy().due().first()
    if merging:
        advance_run(merging.pk)
    elif extract:
        SyncRun.objects.filter(pk=extract.run_id).update(served_at=Now())
        advance_extract(extract.pk)


def advance_extract(extract_id: int) -> None:
    """Take the extract's next step if it is due; harmless at any other time."""
    extract = Extract.objects.select_related("run__account").claim(extract_id)
    if extract:
        _take_step(extract, extract.run, lambda: extract_engine.take_step(extract))
        tasks.enqueue(SyncRun.objects.filter(pk=extract.run_id), Extract.objects.filter(pk=extract_id))


def _run_step(run: SyncRun) -> Callable[[], None]:
    plan_it = follow.plan_changes if run.kind == RunKind.FOLLOW else plan
    steps = {RunStatus.PLANNING: plan_it, RunStatus.EXTRACTING: _finish_extracting, RunStatus.MERGING: merge}
    step = steps.get(RunStatus(run.status), clean_up)
    return lambda: step(run)


def _finish_extracting(run: SyncRun) -> None:
    with transaction.atomic():
        # An extract that ends right now touches the run's row first: it is seen here, or makes the run due again.
        SyncRun.objects.select_for_update().get(pk=run.pk)
        missing = Extract.objects.of_run(run).exclude(status=ExtractStatus.LOADED)
        if missing.exists():
            run.end_step(due_at=None)
            follow.call_next(missing)
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
        # Calls may take longer than a lease; long steps add their progress with a heartbeat of their own.
        with Heartbeat(row), calls_counted_on(row):
            step()
    except RunFailed as failure:
        _fail(row, run, failure)
    except MustWait as pause:
        _wait(row, run, pause.wait)
    except ApiError as error:
        logger.warning("neighbour_error", run=run.pk, step=str(row), error=str(error))
        _answer_error(row, run, error)


def _answer_error(row: Step, run: SyncRun, error: ApiError) -> None:
    what_now = verdict(error, row.tries, row.waited)
    if isinstance(what_now, Wait):
        _wait(row, run, what_now)
        return
    connection = CONNECTIONS[error.service].objects.of_account(run.account).first()
    if connection:
        record_problem(connection, error)
    _fail(row, run, what_now)


def _wait(row: Step, run: SyncRun, wait: Wait) -> None:
    if row.waited > LONGEST_WAIT:
        _fail(row, run, RunFailed("waited_too_long", days=LONGEST_WAIT.days, reason=wait.reason))
    else:
        row.wait(wait.reason, wait.until, tries=wait.tries)


def _fail(row: Step, run: SyncRun, failure: RunFailed) -> None:
    """End the run; raises LeaseLost when the worker no longer speaks for the row."""
    now = timezone.now()
    ending = {"status": RunStatus.FAILED, "failure": failure.code, "failure_params": failure.params, "paused_at": None}
    with transaction.atomic():
        # The run's row before the extract's, as everywhere.
        SyncRun.objects.select_for_update().get(pk=run.pk)
        row.write(lease_until=None)
        if SyncRun.objects.unfinished().filter(pk=run.pk).take_from_workers(finished_at=now, due_at=now, **ending):
            _stop_extracts(run)
    logger.warning("sync_failed", run=run.pk, failure=failure.code, **failure.params)


def _stop_extracts(run: SyncRun) -> None:
    Extract.objects.of_run(run).exclude(status=ExtractStatus.LOADED).take_from_workers(due_at=None)
