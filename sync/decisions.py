"""What a person may decide about a run that has stopped: held, or dry on purpose."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import SalesAccount, User
from accounts.occurrences import end
from accounts.services import record
from history.models import Change
from salesforce_orgs.offers import hold_offer
from sync import queue
from sync.audit_actions import SyncAction
from sync.engine import hold
from sync.events import RUN_HELD, Decision
from sync.models import RunKind, SyncRun
from sync.moves import has_old_ids, was_before_move
from sync.policies import HoldLimit
from sync.services import SyncRefused, connection_problem, make_way
from sync.statuses import WAITING_FOR_A_DECISION, RunStatus

logger = structlog.get_logger(__name__)


def set_hold_limit(*, account: SalesAccount, people: int, percent: int, changed_by: User) -> None:
    """Let the account's runs remove or blank so many people, or if more so many percent of the copy, without asking."""
    with transaction.atomic():
        HoldLimit.objects.update_or_create(account=account, defaults={"people": people, "percent": percent})
        record(account=account, actor=changed_by, action=SyncAction.LIMIT_CHANGED, people=people, percent=percent)


def approve_run(*, run: SyncRun, approved_by: User) -> None:
    """
    Let a held run go on: the people concerned are read again, and whoever has changed since is decided anew.

    Raises SyncRefused when it is no longer held, a connection is missing, or another run is on its way.
    """
    approved = {"approved_at": timezone.now(), "approved_by": approved_by}
    _read_again(run, approved_by, SyncAction.APPROVED, **approved)


def check_run_again(*, run: SyncRun, checked_by: User) -> None:
    """Read the people again about whom a held run waits: it goes on if they are few by now. Raises as approve_run."""
    _read_again(run, checked_by, SyncAction.CHECKED_AGAIN)


def start_previewed_run(*, run: SyncRun, started_by: User) -> None:
    """
    Let a dry run do what it has shown, with what it has read; raises SyncRefused. Those alone are read again whom runs
    of changes have read by another choice since.
    """
    started = {"is_dry_run": False, "started_by": started_by}
    with _going_on(run, RunStatus.PREVIEWED, RunStatus.MERGING, **started):
        if hold.read_followed_again(run):
            _check_connections(run)
            SyncRun.objects.filter(pk=run.pk).update(status=RunStatus.EXTRACTING)
        record(account=run.account, actor=started_by, action=SyncAction.STARTED, target=run, run=run.pk)
    logger.info("sync_started", run=run.pk, account=run.account.slug)


def discard_run(*, run: SyncRun, discarded_by: User) -> bool:
    """End a stopped run with nothing changed; False when it is stopped no more."""
    stopped = SyncRun.objects.filter(pk=run.pk, status__in=WAITING_FOR_A_DECISION)
    with transaction.atomic():
        if not stopped.take_from_workers(status=RunStatus.DISCARDED, due_at=timezone.now()):
            return False
        record(account=run.account, actor=discarded_by, action=SyncAction.DISCARDED, target=run, run=run.pk)
        end(RUN_HELD, account=run.account, subject=str(run.pk), how=Decision.DISCARDED)
        queue.wake_on_commit(run)
    logger.info("sync_discarded", run=run.pk)
    return True


def can_be_undone(run: SyncRun) -> bool:
    """
    Whether the journal knows what the run changed: it does not of a first load, nor of what is too long ago. What
    would bring ids of another org back is not taken back either.
    """
    is_done = run.status == RunStatus.SUCCEEDED and not has_old_ids(run)
    return is_done and Change.objects.for_account(run.account).of_run(run.pk).exists()


def undo_run(*, run: SyncRun, undone_by: User) -> SyncRun:
    """
    Start a run that puts everybody back as they were before `run`, where no later run has changed them.

    Raises SyncRefused when the journal knows of nothing to take back, or another run is on its way.
    """
    undo = SyncRun(account=run.account, kind=RunKind.UNDO, undoes=run, started_by=undone_by, due_at=timezone.now())
    with _alone(run.account):
        if not can_be_undone(run):
            sentence = _("There is nothing to undo: the run changed nobody, or it was the first load.")
            raise SyncRefused(sentence, run)
        undo.save()
        record(account=run.account, actor=undone_by, action=SyncAction.UNDONE, target=run, run=run.pk)
        queue.wake_on_commit(undo)
    logger.info("sync_undo_started", run=undo.pk, undoes=run.pk)
    return undo


def _read_again(run: SyncRun, by: User, action: SyncAction, **approved: Any) -> None:
    is_undo = run.kind == RunKind.UNDO
    if not is_undo:
        _check_connections(run)
    with _going_on(run, RunStatus.HELD, RunStatus.PLANNING if is_undo else RunStatus.EXTRACTING, **approved):
        if not is_undo:
            hold.read_again(run)
        record(account=run.account, actor=by, action=action, target=run, run=run.pk)
        if approved:
            end(RUN_HELD, account=run.account, subject=str(run.pk), how=Decision.APPROVED)
    logger.info("sync_read_again", run=run.pk, is_approved=bool(approved))


def _check_connections(run: SyncRun) -> None:
    """Raises SyncRefused where the run could not read."""
    if problem := connection_problem(run.account):
        raise SyncRefused(problem)


@contextmanager
def _going_on(run: SyncRun, status: RunStatus, following: RunStatus, **values: Any) -> Iterator[None]:
    """One transaction in which a stopped run is taken up again; raises SyncRefused when it cannot be."""
    fresh: dict[str, Any] = {
        "paused_for": F("paused_for") + (Now() - F("finished_at")),
        "finished_at": None,
        "merge_started_at": None,
        "paused_at": None,
        "is_resumed": True,
        "failure": "",
        "failure_params": {},
    }
    # As it was looked at: one that was read again, and held again, may be about other people.
    stopped = SyncRun.objects.filter(pk=run.pk, status=status, finished_at=run.finished_at)
    with _alone(run.account):
        is_stopped = stopped.select_for_update().values_list("pk").first() is not None
        # Only now: a move that is not seen here sees the run, and stops it.
        if is_stopped and was_before_move(run):
            raise SyncRefused(_("The run has read the old Salesforce org. Discard it, and start a full sync."), run)
        if not stopped.take_from_workers(status=following, due_at=timezone.now(), **fresh, **values):
            raise SyncRefused(_("Somebody has decided about this run already."), run)
        yield
        queue.wake_on_commit(run)


@contextmanager
def _alone(account: SalesAccount) -> Iterator[None]:
    """One transaction without another run or a move of the account on its way; raises SyncRefused."""
    try:
        with transaction.atomic():
            # A move need not be followed by a run that would be in the way: the account may have left Marketo.
            hold_offer(account)
            make_way(account)
            yield
    except IntegrityError:
        unfinished = SyncRun.objects.for_account(account).unfinished().first()
        raise SyncRefused(_("A sync of this account is already on its way."), unfinished) from None
