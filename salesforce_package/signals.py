"""The package in an org that was just connected is looked at as soon as the transaction is over."""

from typing import Any

from django.dispatch import receiver

from common.after_commit import after_commit
from connections.models import SalesforceConnection
from connections.signals import connected
from salesforce_package.tasks import check_package


@receiver(connected, sender=SalesforceConnection)
def look_at_package(connection: SalesforceConnection, **_: Any) -> None:
    """Nobody has to press Check now before the checklist says what to do next."""
    after_commit(check_package.delay, connection.account_id)
