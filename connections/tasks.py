"""The regular looks at both providers, so that a broken connection is seen before somebody needs it."""

from celery import shared_task

from connections import retention
from connections.models import MarketoConnection, SalesforceConnection
from connections.services.health import check_connection
from connections.services.revocation import revoke_orphans
from connections.services.visibility import pks_to_check, renew_visibility


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
def check_visibility() -> None:
    """Every hour: queue a look at what the users of connections are shown, where nobody has looked for a week."""
    for pk in pks_to_check(SalesforceConnection.objects.filter(member=None)):
        check_salesforce_visibility.delay(pk)
    for pk in pks_to_check(MarketoConnection.objects.all()):
        check_marketo_visibility.delay(pk)


@shared_task
def check_salesforce_visibility(connection_id: int) -> None:
    for connection in SalesforceConnection.objects.filter(pk=connection_id):
        renew_visibility(connection)


@shared_task
def check_marketo_visibility(connection_id: int) -> None:
    for connection in MarketoConnection.objects.filter(pk=connection_id):
        renew_visibility(connection)


@shared_task
def revoke_orphaned_tokens() -> None:
    revoke_orphans()


@shared_task
def forget_what_is_old() -> None:
    """Every night: failures and usage of long ago."""
    retention.forget_what_is_old()
