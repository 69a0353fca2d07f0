"""The regular looks at both providers, so that a broken connection is seen before somebody needs it."""

from contextlib import suppress
from functools import partial
from typing import Any

from celery import Task, shared_task
from celery.exceptions import MaxRetriesExceededError

from accounts.models import SalesAccount
from clients.http import hurried
from common.throttling import HeldError
from connections import retention, watch
from connections.models import OrphanedToken, SalesforceConnection
from connections.services import revocation
from connections.services.health import check_all_by_the_clock, check_by_the_clock
from connections.turns import in_their_minute, look, turn_of_own, turn_of_revoking

OWN_TRIES, OWN_PAUSE_SECONDS = 30, 20


@shared_task
def check_connections() -> None:
    """
    Every minute: queue a look at the connections of the accounts whose minute of the hour it is, and at those of
    members, each of which has a minute of its own: an account may have hundreds.
    """
    for pk in in_their_minute(SalesAccount.objects.all(), "pk").values_list("pk", flat=True):
        check_account_connections.delay(pk)
    of_members = SalesforceConnection.objects.exclude(member=None)
    for pk in in_their_minute(of_members, "pk").values_list("pk", flat=True):
        check_own_connection.delay(pk)


@shared_task
def watch_connections() -> None:
    """Every half minute: tell whoever must act of what the rows show."""
    watch.watch_connections()


@shared_task
def check_account_connections(account_id: int) -> None:
    for account in SalesAccount.objects.filter(pk=account_id):
        look(account_id, partial(check_all_by_the_clock, account))


@shared_task(bind=True, max_retries=OWN_TRIES, default_retry_delay=OWN_PAUSE_SECONDS)
def check_own_connection(self: Task[Any, Any], connection_id: int) -> None:
    """
    Outside the account's turn, which the work of all its members needs, and one of the account at a time. Who finds
    another at it tries again for ten minutes; after that the next hour's look comes.
    """
    for connection in SalesforceConnection.objects.filter(pk=connection_id):
        if not look(connection.account_id, partial(check_by_the_clock, connection), turn_of_own):
            with suppress(MaxRetriesExceededError):
                raise self.retry()


@shared_task(bind=True, max_retries=OWN_TRIES, default_retry_delay=OWN_PAUSE_SECONDS)
def revoke_token(self: Task[Any, Any], orphan_id: int) -> None:
    """
    Have Salesforce forget a token that nobody here uses any more, one of an org at a time. Who finds another at it
    tries again for ten minutes; after that the hourly look finds it.
    """
    for orphan in OrphanedToken.objects.filter(pk=orphan_id):
        try:
            with turn_of_revoking(orphan.login_origin), hurried():
                revocation.revoke(orphan)
        except HeldError:
            with suppress(MaxRetriesExceededError):
                raise self.retry() from None


@shared_task
def forget_what_is_old() -> None:
    """Every night: failures and usage of long ago."""
    retention.forget_what_is_old()
