"""The nightly look at the package in every connected org."""

from celery import shared_task

from accounts.models import SalesAccount
from connections.messages import ConnectionProblem
from connections.models import SalesforceConnection
from salesforce_package import services


@shared_task
def check_packages() -> None:
    """Queue a look at the package in every connected org."""
    for account_id in SalesforceConnection.objects.filter(member=None).values_list("account_id", flat=True):
        check_package.delay(account_id)


@shared_task
def check_package(account_id: int) -> None:
    account = SalesAccount.objects.get(pk=account_id)
    try:
        services.check_package(account)
    except ConnectionProblem:
        return  # the connection itself keeps the problem and shows it
