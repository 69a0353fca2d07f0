"""What a person may order: starting, pausing, resuming and cancelling runs."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import AuditEvent, SalesAccount, User
from accounts.services import RefusedError, record
from clients.marketo.types import StaticList
from connections.models import ConnectionStatus, MarketoConnection, SalesforceConnection
from salesforce_orgs.offers import hold_offer
from sync import moves, queue
from sync.audit_actions import SyncAction
from sync.engine.hold import HELD_FOR
from sync.engine.telling import tell_of_hold
from sync.measures import count_end
from sync.models import Extract, RunKind, SyncRun
from sync.statuses import ExtractStatus, RunStatus

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
    is_dry_run: bool = False,
) -> SyncRun:
    """
    Start a run, which changes nobody yet if it `is_dry_run`. `forecast` is what the person was told before, by the
    names of pipeline.engine.preview.Forecast. A full run with `only` reads the members of that list, and whoever is not
    on it leaves the copy; a run that follows changes or that no person starts keeps to what the last full run read.

    Raises SyncRefused while another like it is unfinished, or a connection is missing or broken.
    """
    problem = connection_problem(account)
    if problem:
        raise SyncRefused(problem)
    if kind == RunKind.INCREMENTAL and not SyncRun.objects.for_account(account).only("pk").last_success():
        raise SyncRefused(_("Nobody has been synced yet, so there is nothing to follow. Start a full sync first."))
    if kind == RunKind.INCREMENTAL and moves.needs_full_run(account):
        raise SyncRefused(_("The Sales account has moved to another Salesforce org. Start a full sync first."))
    if kind == RunKind.INCREMENTAL or started_by is None:
        only = chosen_list(account)
    scope = {"list_id": only.list_id, "list_name": only.name} if only else {}
    run = SyncRun(
        account=account, kind=kind, started_by=started_by, forecast=forecast or {}, is_dry_run=is_dry_run, **scope
    )
    try:
        _begin(run)
    except IntegrityError:
        unfinished = SyncRun.objects.for_account(account).unfinished().first()
        raise SyncRefused(_("A sync of this account is already on its way."), unfinished) from None
    logger.info("sync_started", run=run.pk, account=account.slug)
    return run


@transaction.atomic
def _begin(run: SyncRun) -> None:
    # A move to another org stops what it sees: it has committed before, or sees this run.
    hold_offer(run.account)
    if run.kind == RunKind.FULL:
        make_way(run.account)
    run.due_at = timezone.now()
    run.save()
    if run.kind == RunKind.FULL:
        action = SyncAction.STARTED_DRY_RUN if run.is_dry_run else SyncAction.STARTED
        record(account=run.account, actor=run.started_by, action=action, target=run, run=run.pk)
    queue.wake_on_commit(run)


def chosen_list(account: SalesAccount) -> StaticList | None:
    """The static list whose members alone are in the copy; None while everybody may be."""
    last = SyncRun.objects.for_account(account).full().only("list_id", "list_name").last_success()
    return StaticList(last.list_id, last.list_name) if last and last.list_id is not None else None


def make_way(account: SalesAccount) -> None:
    """
    A full run reads all that a run which follows changes would. One that had waited is not cancelled: later ones have
    gone past what it has read.
    """
    followed = SyncRun.objects.for_account(account).unfinished().filter(kind=RunKind.INCREMENTAL, is_resumed=False)
    for run in followed:
        cancel_unasked(run)


def connection_problem(account: SalesAccount) -> str:
    """A sentence that says which connection a run would miss, empty when both are there."""
    marketo = MarketoConnection.objects.for_account(account).first()
    salesforce = SalesforceConnection.objects.for_account(account).first()
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
    """
    Stop a run, whatever its workers are doing; nothing is changed. False when it had ended by itself.

    One that goes on after it was held is held as before, without the approval: later runs have gone past what it has
    read, and only Discard gives that up.
    """
    with transaction.atomic():
        if not (hold_again(run) if run.held else cancel_unasked(run)):
            return False
        record(account=run.account, actor=cancelled_by, action=SyncAction.CANCELLED, target=run, run=run.pk)
        queue.wake_on_commit(run)
    logger.info("sync_cancelled", run=run.pk)
    return True


def cancel_unasked(run: SyncRun) -> bool:
    """The same without anybody who wants it: something else takes the run's place. False when it had ended."""
    return stop_run(run, RunStatus.CANCELLED)


def hold_again(run: SyncRun, **values: Any) -> bool:
    """
    Let a held run that goes on wait for a decision as before, with what it has read and unapproved. False when it had
    ended.
    """
    waiting = {"due_at": timezone.now() + HELD_FOR, "approved_at": None, "approved_by": None}
    is_held = stop_run(run, RunStatus.HELD, **waiting | values)
    if is_held:
        tell_of_hold(run, run.held)
    return is_held


def stop_run(run: SyncRun, status: RunStatus, **values: Any) -> bool:
    """Give a run that a worker may be taking on the status of one that has ended or waits. False when it had ended."""
    now = timezone.now()
    stopped = {"status": status, "finished_at": now, "due_at": now, "paused_at": None}
    if not SyncRun.objects.unfinished().filter(pk=run.pk).take_from_workers(**stopped | values):
        return False
    stop_extracts(run)
    transaction.on_commit(partial(count_end, run, status))
    return True


def pause_run(*, run: SyncRun, paused_by: User) -> bool:
    """Let no further step of a run begin; one that is being taken ends first. False when there is nothing to pause."""
    running = SyncRun.objects.unfinished().filter(pk=run.pk, paused_at=None)
    with transaction.atomic():
        if not running.update(paused_at=timezone.now()):
            return False
        record(account=run.account, actor=paused_by, action=SyncAction.PAUSED, target=run, run=run.pk)
    logger.info("sync_paused", run=run.pk)
    return True


def resume_run(*, run: SyncRun, resumed_by: User) -> bool:
    """Let a paused run go on where it stopped; False when it was not paused."""
    paused = SyncRun.objects.unfinished().filter(pk=run.pk, paused_at__isnull=False)
    with transaction.atomic():
        if not paused.update(paused_for=F("paused_for") + (Now() - F("paused_at")), paused_at=None, waiting_since=None):
            return False
        # Nobody waited while the run was held.
        Extract.objects.of_run(run).update(waiting_since=None)
        record(account=run.account, actor=resumed_by, action=SyncAction.RESUMED, target=run, run=run.pk)
        queue.wake_on_commit(run)
    logger.info("sync_resumed", run=run.pk)
    return True


def requests_about(run: SyncRun) -> list[str]:
    """The ids, in the log, of the requests by which people have started or decided about a run; the oldest first."""
    events = AuditEvent.objects.for_account(run.account).filter(details__run=run.pk, created_at__gte=run.created_at)
    ids = events.exclude(request_id="").order_by("pk").values_list("request_id", flat=True)
    return list(dict.fromkeys(ids))


def try_now(*, run: SyncRun, tried_by: User) -> bool:
    """Let whatever of a run waits take its next step at once; False when nothing waits."""
    this = SyncRun.objects.unfinished().filter(pk=run.pk, paused_at=None)
    steps = (this, Extract.objects.of_run(run).filter(run__in=this))
    with transaction.atomic():
        waiting = [rows.filter(lease_until=None, due_at__isnull=False).exclude(waiting_reason="") for rows in steps]
        if not sum(rows.update(due_at=timezone.now()) for rows in waiting):
            return False
        record(account=run.account, actor=tried_by, action=SyncAction.TRIED_NOW, target=run, run=run.pk)
        queue.wake_on_commit(run)
    logger.info("sync_tried_now", run=run.pk)
    return True


def stop_extracts(run: SyncRun) -> None:
    """What a run that has ended still wanted to read is wanted no more."""
    Extract.objects.of_run(run).exclude(status=ExtractStatus.LOADED).take_from_workers(due_at=None)
