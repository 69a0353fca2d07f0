"""The regular looks at both neighbours, so that a broken connection is seen before somebody needs it."""

from celery import shared_task

from accounts.models import SalesAccount
from connections import services
from connections.models import MarketoConnection, SalesforceConnection
from connections.problems import ConnectionProblem


@shared_task
def check_connections() -> None:
    """Queue a look at every connection, and have Salesforce forget what it has not forgotten yet."""
    revoke_orphaned_tokens.delay()
    for pk in SalesforceConnection.objects.values_list("pk", flat=True):
        check_salesforce_connection.delay(pk)
    for pk in MarketoConnection.objects.values_list("pk", flat=True):
        check_marketo_connection.delay(pk)


@shared_task
def check_salesforce_connection(connection_id: int) -> None:
    for connection in SalesforceConnection.objects.filter(pk=connection_id):
        services.check_connection(connection)


@shared_task
def check_marketo_connection(connection_id: int) -> None:
    for connection in MarketoConnection.objects.filter(pk=connection_id):
        services.check_connection(connection)


@shared_task
def revoke_orphaned_tokens() -> None:
    services.revoke_orphans()


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
