"""Fields that a run of changes was not shown: they are read for nobody until everybody is read."""

from accounts.occurrences import begin
from sync.engine.fields import missing_fields
from sync.events import FIELDS_GONE
from sync.models import RunKind, SyncRun


def leave_unread(run: SyncRun) -> None:
    """
    Take what a run of changes lacked out of the fields of the last full run, by which the next ones go, and tell of it.

    Read again for whoever changes next, it would be new in some people and old in others; nobody could say in whom.
    To be called inside the transaction that ends the run.
    """
    if run.kind == RunKind.INCREMENTAL:
        full = SyncRun.objects.for_account(run.account).full().only("fields").last_success()
        if full:
            _narrow(full, run)
    else:
        # It was held, and changes have been followed meanwhile.
        later = SyncRun.objects.for_account(run.account).filter(kind=RunKind.INCREMENTAL, pk__gt=run.pk).last_success()
        if later:
            _narrow(run, later)


def _narrow(full: SyncRun, changes: SyncRun) -> None:
    read = [name for name in full.fields if name in changes.fields]
    gone = {field.column for field in missing_fields(read)} - {field.column for field in missing_fields(full.fields)}
    if not gone:
        return
    full.fields = read
    SyncRun.objects.filter(pk=full.pk).update(fields=read)
    begin(
        FIELDS_GONE,
        account=changes.account,
        subject=str(changes.pk),
        link=changes.get_absolute_url(),
        fields=sorted(gone),
    )
