"""What is left of an account's runs when it leaves: no step that begins, no job at Marketo, no stage table."""

from django.db import transaction

from accounts.models import SalesAccount
from pipeline.engine.cleanup import cancel_exports
from sync.engine.stage import all_tables
from sync.models import SyncRun
from sync.services import cancel_unasked


def stop_everything(account: SalesAccount) -> None:
    """End the runs of an account whatever they are doing, and take away what they have read; safe to be repeated."""
    with transaction.atomic():
        for run in SyncRun.objects.for_account(account).unfinished():
            cancel_unasked(run)
    for run in SyncRun.objects.for_account(account).filter(has_leftovers=True).select_related("account"):
        cancel_exports(run)
        # A worker that is in the middle of a step finds its lease lost, and lets go of the tables.
        for table in all_tables(run):
            table.drop()
