"""The regular looks at both providers, so that a broken connection is seen before somebody needs it."""

from celery import shared_task

from connections.models import MarketoConnection, SalesforceConnection
from connections.services.health import check_connection
from connections.services.revocation import revoke_orphans


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
        check_connection(connection)


@shared_task
def check_marketo_connection(connection_id: int) -> None:
    for connection in MarketoConnection.objects.filter(pk=connection_id):
        check_connection(connection)


@shared_task
def revoke_orphaned_tokens() -> None:
    revoke_orphans()
