"""
The regular looks at what the users of connections are shown.

Beat and messages that wait in a queue know these tasks by names from before this room: they stay.
"""

from functools import partial

from celery import shared_task

from connections.models import MarketoConnection, SalesforceConnection
from connections.turns import in_their_minute, look
from rights.visibility import pks_to_check, renew_visibility


@shared_task(name="connections.tasks.check_visibility")
def check_visibility() -> None:
    """
    Every minute: queue a look at what the users of connections are shown, where nobody has looked for a week, in the
    accounts whose minute of the hour it is.
    """
    for pk in pks_to_check(in_their_minute(SalesforceConnection.objects.filter(member=None))):
        check_salesforce_visibility.delay(pk)
    for pk in pks_to_check(in_their_minute(MarketoConnection.objects.all())):
        check_marketo_visibility.delay(pk)


@shared_task(name="connections.tasks.check_salesforce_visibility")
def check_salesforce_visibility(connection_id: int) -> None:
    for connection in SalesforceConnection.objects.filter(pk=connection_id):
        look(connection.account_id, partial(renew_visibility, connection))


@shared_task(name="connections.tasks.check_marketo_visibility")
def check_marketo_visibility(connection_id: int) -> None:
    for connection in MarketoConnection.objects.filter(pk=connection_id):
        look(connection.account_id, partial(renew_visibility, connection))
