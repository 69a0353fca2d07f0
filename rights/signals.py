"""A new connection is looked at as soon as its transaction is over; nothing else happens here."""

from typing import Any

from django.dispatch import receiver

from common.after_commit import after_commit
from connections.models import SalesforceConnection, Service
from connections.services.call_recorder import Connection
from connections.signals import connected
from rights.tasks import check_new_connection


@receiver(connected)
def look_at_new_connection(connection: Connection, **_: Any) -> None:
    service = Service.SALESFORCE if isinstance(connection, SalesforceConnection) else Service.MARKETO
    after_commit(check_new_connection.delay, connection.account_id, service.value)
