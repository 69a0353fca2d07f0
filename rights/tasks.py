"""
The looks at what the users of connections are shown: right after connecting, and regularly.

Beat and messages that wait in a queue know these tasks by names from before this room: they stay.
"""

from functools import partial
from typing import Any

from celery import Task, shared_task

from accounts.models import SalesAccount
from connections.models import MarketoConnection, SalesforceConnection, Service
from connections.turns import in_their_minute, look
from problems.codes import NOT_ASKED
from problems.messages import ConnectionProblem
from rights.services import check_rights
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


@shared_task(bind=True, max_retries=10, default_retry_delay=10)
def check_new_connection(self: Task[Any, Any], account_id: int, service: str) -> None:
    """
    Whether all rights are there, and with them what the user is shown. Another look may be at it, such as that at the
    package.
    """
    for account in SalesAccount.objects.filter(pk=account_id):
        if not _are_rights_checked(account, Service(service)):
            raise self.retry()


def _are_rights_checked(account: SalesAccount, service: Service) -> bool:
    try:
        return look(account.pk, partial(check_rights, account, service))
    except ConnectionProblem as problem:
        # The connection itself keeps any other problem and shows it.
        return problem.code not in NOT_ASKED
