"""A new connection is looked at as soon as its transaction is over; nothing else happens here."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from connections.models import SalesforceConnection
from connections.services.call_recorder import Connection
from connections.signals import connected
from rights.tasks import check_marketo_visibility, check_salesforce_visibility


@receiver(connected)
def look_at_new_connection(connection: Connection, **_: Any) -> None:
    is_salesforce = isinstance(connection, SalesforceConnection)
    look = check_salesforce_visibility if is_salesforce else check_marketo_visibility
    transaction.on_commit(partial(look.delay, connection.pk), robust=True)
