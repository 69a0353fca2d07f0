"""What nobody asks for any more is not kept: people who have left the copy, rows that could not be read, old runs."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import SalesAccount
from history import erasure
from history.models import ChangeDelay
from sync.models import Person, RejectedRow, RunKind, SyncRun
from sync.statuses import RunStatus

# In a transaction: long enough to be quick, short enough that nobody waits for it.
PEOPLE_AT_ONCE = 1_000
# A month of delays, and what is left of the one before for whoever exports it late.
DELAYS_KEPT_DAYS = 62

logger = structlog.get_logger(__name__)


def forget_what_is_old(account: SalesAccount) -> None:
    """Let everything of an account go whose time is over (docs/privacy.md)."""
    people = _forget_removed_people(account)
    oldest = _days_ago(settings.REMOVED_PEOPLE_DAYS)
    rows = RejectedRow.objects.filter(extract__run__account=account, extract__run__finished_at__lt=oldest).delete()[0]
    runs = _forget_runs(account)
    ChangeDelay.objects.filter(account=account, hour__lt=_days_ago(DELAYS_KEPT_DAYS)).delete()
    logger.info("retention", account=account.slug, people=people, rejected_rows=rows, runs=runs)


def _days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def _forget_removed_people(account: SalesAccount) -> int:
    forgotten = 0
    while batch := _forget_some(account):
        forgotten += batch
    return forgotten


@transaction.atomic
def _forget_some(account: SalesAccount) -> int:
    """Those who left first, and what the journal holds of them; nobody while a run may just be bringing them back."""
    if _is_being_written(account):
        return 0
    gone = Person.objects.for_account(account).filter(removed_at__lt=_days_ago(settings.REMOVED_PEOPLE_DAYS))
    ids = list(gone.order_by("removed_at").values_list("marketo_id", flat=True)[:PEOPLE_AT_ONCE])
    if ids:
        Person.objects.for_account(account).filter(marketo_id__in=ids).delete()
        erasure.forget_people(account, ids)
    return len(ids)


def _is_being_written(account: SalesAccount) -> bool:
    """Holds the account's run where it stands until the transaction ends: none of them begins to merge meanwhile."""
    runs = list(SyncRun.objects.for_account(account).unfinished().select_for_update())
    return any(run.status == RunStatus.MERGING or run.kind == RunKind.UNDO for run in runs)


def _forget_runs(account: SalesAccount) -> int:
    """Those by which others go on stay, however old: an account that is synced no longer still says what it was."""
    runs = SyncRun.objects.for_account(account)
    full = runs.full()
    last = [
        runs.order_by("-pk").first(),
        full.order_by("-pk").first(),
        runs.last_success(),
        full.last_success(),
        full.filter(list_id=None).last_success(),
    ]
    old = runs.filter(finished_at__lt=_days_ago(settings.RECORD_DAYS), has_leftovers=False)
    return old.exclude(pk__in=[run.pk for run in last if run]).delete()[0]
