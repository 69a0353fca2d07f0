"""The nightly look at the package in every connected org."""

from functools import partial
from typing import Any

from celery import Task, shared_task

from accounts.models import SalesAccount
from connections.models import SalesforceConnection
from connections.turns import in_their_minute, look
from problems.codes import NOT_ASKED
from problems.messages import ConnectionProblem
from salesforce_package import proof, retention, services


@shared_task
def check_packages() -> None:
    """Every minute of an hour of the night: queue a look at the package in the connected orgs whose minute it is."""
    connections = in_their_minute(SalesforceConnection.objects.filter(member=None))
    for account_id in connections.values_list("account_id", flat=True):
        check_package.delay(account_id)


@shared_task(bind=True, max_retries=30, default_retry_delay=60)
def check_package(self: Task[Any, Any], account_id: int) -> None:
    """
    In the same minute the hourly looks want the account's turn: who loses it tries again, the next night is far. So
    does whoever meets another look, which may be one at the org that the account has just left.
    """
    for account in SalesAccount.objects.filter(pk=account_id):
        if not _is_checked(account):
            raise self.retry()


def _is_checked(account: SalesAccount) -> bool:
    try:
        return look(account.pk, partial(services.check_package, account))
    except ConnectionProblem as problem:
        # The connection itself keeps any other problem and shows it.
        return problem.code not in NOT_ASKED


@shared_task
def clean_up_test_activities() -> None:
    """Every ten minutes: queue what test activities left in Salesforce that could not be deleted at once."""
    for pk in proof.left_behind().values_list("pk", flat=True):
        clean_up_test_activity.delay(pk)


@shared_task
def clean_up_test_activity(proof_id: int) -> None:
    for left in proof.left_behind().filter(pk=proof_id):
        look(left.account_id, partial(proof.clean_up, left))


@shared_task
def forget_what_is_old() -> None:
    """Every night: what broke long ago, old test activities, and the names of those who have left."""
    for account in SalesAccount.objects.all():
        retention.forget_what_is_old(account)
