"""Fields that a run of changes was not shown: they are followed for nobody until everybody is read."""

from accounts.occurrences import begin
from sync.engine.fields import read_names
from sync.events import FIELDS_GONE
from sync.models import RunKind, SyncRun


def note_gone_fields(run: SyncRun) -> None:
    """
    Note with the last full run what a run of changes lacked, and tell of it: the next ones leave it as it is.

    Read again for whoever changes next, it would be new in some people and old in others; nobody could say in whom.
    To be called inside the transaction that ends the run.
    """
    if run.kind != RunKind.INCREMENTAL:
        return
    full = SyncRun.objects.for_account(run.account).full().only("fields", "gone_fields").last_success()
    gone = [name for name in full.followed_fields if name not in run.fields] if full else []
    if full and gone:
        SyncRun.objects.filter(pk=full.pk).update(gone_fields=full.gone_fields + gone)
        begin(
            FIELDS_GONE,
            account=run.account,
            subject=str(run.pk),
            link=run.get_absolute_url(),
            fields=sorted(read_names(gone)),
        )
