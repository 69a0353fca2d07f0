"""What can be seen of runs and copies from their rows, for those who must act: it begins here, or is over."""

from datetime import datetime, timedelta

from django.db.models import Min
from django.urls import reverse
from django.utils import timezone

from accounts.models import SalesAccount
from accounts.occurrences import begin, end_all_but
from sync.engine.cursors import read_at
from sync.events import COPY_OLD, RUN_HELD, RUN_WAITS
from sync.models import Cursor, Extract, SyncRun
from sync.schedule import connected_among, rhythms_of
from sync.statuses import RunStatus
from sync.waiting import longest_wait, waiting_steps

WAITED_FOR = timedelta(minutes=30)
# Besides the time between two runs.
LATE = timedelta(minutes=25)
Subjects = set[tuple[int, str]]


def watch_runs() -> None:
    """Tell of runs that wait for long and of copies that grow old, and end what is over."""
    end_all_but(RUN_HELD, _held_runs)
    end_all_but(RUN_WAITS, _waiting_runs)
    end_all_but(COPY_OLD, _old_copies)


def _held_runs() -> Subjects:
    held = SyncRun.objects.filter(status=RunStatus.HELD).values_list("account", "pk")
    return {(account_id, str(pk)) for account_id, pk in held}


def _waiting_runs() -> Subjects:
    long_ago = timezone.now() - WAITED_FOR
    runs = SyncRun.objects.unfinished().filter(paused_at=None).select_related("account", "started_by")
    found: Subjects = set()
    for run, steps in waiting_steps(runs):
        longest = longest_wait(steps)
        if longest and any((step.waiting_since or long_ago) <= long_ago for step in steps):
            found.add((run.account_id, str(run.pk)))
            _tell_of_waiting(run, longest)
    return found


def _tell_of_waiting(run: SyncRun, step: SyncRun | Extract) -> None:
    begin(
        RUN_WAITS,
        account=run.account,
        subject=str(run.pk),
        link=run.get_absolute_url(),
        concerned=run.started_by,
        run=str(run.pk),
        minutes=WAITED_FOR // timedelta(minutes=1),
        reason=step.waiting_reason,
        until=(step.due_at or timezone.now()).isoformat(),
    )


def _old_copies() -> Subjects:
    accounts = Cursor.objects.values_list("account").annotate(oldest=Min("since"))
    ages: dict[int, datetime] = dict(accounts.filter(oldest__lt=timezone.now() - LATE))
    rhythms, connected = rhythms_of(ages.keys()), connected_among(ages.keys())
    old = {key: since for key, since in ages.items() if key in connected and is_late(since, rhythms[key])}
    for account in SalesAccount.objects.filter(pk__in=old):
        minutes = (timezone.now() - read_at(old[account.pk])) // timedelta(minutes=1)
        begin(COPY_OLD, account=account, link=f"{reverse('operations:runs')}?account={account.slug}", minutes=minutes)
    return {(pk, "") for pk in old}


def is_late(since: datetime, rhythm: timedelta | None) -> bool:
    """Has a copy in which all is that happened before `since` missed its runs? None of a schedule that is off."""
    return rhythm is not None and since < timezone.now() - LATE - rhythm
