"""Following changes: runs that read only whoever has changed."""

from accounts.models import SalesAccount
from sync.models import Person, RunKind, SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.sync.driving import finish


def sync_changes(account: SalesAccount) -> SyncRun:
    """A run that follows what has changed, and succeeds."""
    run = finish(start_sync(account=account, started_by=None, kind=RunKind.INCREMENTAL))
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    return run


def ids(account: SalesAccount, kind: str, count: int) -> list[int]:
    """Marketo ids of the first people of the copy who are leads, or contacts."""
    people = Person.objects.for_account(account).live().filter(salesforce_type=kind).order_by("marketo_id")
    return list(people.values_list("marketo_id", flat=True)[:count])
