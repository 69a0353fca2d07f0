"""A new connection is looked at as soon as its transaction is over; nothing else happens here."""

from typing import Any

from django.dispatch import receiver

from common.after_commit import after_commit
from connections.models import SalesforceConnection
from connections.services.call_recorder import Connection
from connections.signals import connected
from rights.tasks import check_marketo_visibility, check_salesforce_visibility


@receiver(connected)
def look_at_new_connection(connection: Connection, **_: Any) -> None:
    is_salesforce = isinstance(connection, SalesforceConnection)
    look = check_salesforce_visibility if is_salesforce else check_marketo_visibility
    after_commit(look.delay, connection.pk)
