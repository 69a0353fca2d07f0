"""What is done by the clock for runs and the copy; what workers do with a run is pipeline.tasks."""

from celery import shared_task

from accounts.models import SalesAccount
from sync import retention, watch
from sync.engine import partitions


@shared_task
def watch_runs() -> None:
    """Every half minute: tell whoever must act of what the rows show."""
    watch.watch_runs()


@shared_task
def forget_what_is_old() -> None:
    """Every night: let go in every account what nobody asks for any more."""
    partitions.drop_partitions_of_nobody()
    for account_id in SalesAccount.objects.values_list("pk", flat=True):
        forget_what_is_old_of.delay(account_id)


@shared_task
def forget_what_is_old_of(account_id: int) -> None:
    """Apart for each account: what fails in one keeps nobody else's people."""
    for account in SalesAccount.objects.filter(pk=account_id):
        retention.forget_what_is_old(account)
