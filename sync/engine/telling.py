"""What a run that has ended tells those who must act."""

from collections.abc import Mapping
from typing import Any

from accounts.models import Occurrence
from accounts.occurrences import begin, end
from connections.events import BROKEN
from sync.eligibility import Reason
from sync.engine.gone_fields import tell_of_fields
from sync.engine.problems import RunFailed
from sync.events import ANSWER, FULL_SYNC_DONE, RUN_FAILED, RUN_HELD
from sync.models import HeldPerson, RunKind, SyncRun


def tell_of_failure(run: SyncRun, failure: RunFailed) -> None:
    """Unless what ended it is told already: a connection that has stopped working."""
    broken = Occurrence.objects.for_account(run.account).going_on().filter(event__in=[e.key for e in BROKEN.values()])
    if broken.exists():
        return
    begin(
        RUN_FAILED,
        account=run.account,
        subject=run.kind,
        link=run.get_absolute_url(),
        concerned=run.started_by,
        run=str(run.pk),
        kind=run.kind,
        failure=failure.code,
        params={name: value for name, value in failure.params.items() if name != ANSWER},
    )


def tell_of_hold(run: SyncRun, reasons: Mapping[str, Any]) -> None:
    """It waits for a decision about the people who are noted, for `reasons` as sync.engine.hold gives them."""
    begin(
        RUN_HELD,
        account=run.account,
        subject=str(run.pk),
        link=run.get_absolute_url(),
        concerned=run.started_by,
        run=str(run.pk),
        people=HeldPerson.objects.of_run(run).exclude(reason=Reason.READ_SINCE).count(),
        removed=reasons["removed"],
    )


def tell_of_success(run: SyncRun, people: int, removed: int = 0) -> None:
    """Failures of its kind are over; who has read everybody ends them all, and knows which fields are gone."""
    is_full = run.kind == RunKind.FULL
    end(RUN_FAILED, account=run.account, subject=None if is_full else run.kind)
    if is_full:
        begin(
            FULL_SYNC_DONE,
            account=run.account,
            link=run.get_absolute_url(),
            run=str(run.pk),
            people=people,
            removed=removed,
        )
        tell_of_fields(run)
