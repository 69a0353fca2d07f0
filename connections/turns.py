"""
Tenants do not wait for each other's providers: in the workers that all share, an account has one call at a time, beside
one in the notifier for its members' own connections, and the regular looks are spread over the hour.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import structlog
from django.db.models import F, QuerySet
from django.utils import timezone

from clients.http import hurried
from common.throttling import HeldError, turn

MINUTES = 60

logger = structlog.get_logger(__name__)


def turn_of(account_id: int) -> AbstractContextManager[None]:
    """Raises HeldError while another worker makes a call for the account."""
    return turn(f"provider-calls-{account_id}")


def turn_of_own(account_id: int) -> AbstractContextManager[None]:
    """Of looks at members' own connections, of which there may be hundreds: other work does not wait for them."""
    return turn(f"own-connections-{account_id}")


def turn_of_long_work(account_id: int) -> AbstractContextManager[None]:
    """
    Of loads and merges, where others are connected too. The rows do not tell who is at it: the run of a loader that
    hangs may have been cancelled, and the next one begun.
    """
    return turn(f"long-work-{account_id}")


def turn_of_instance(instance_id: int) -> AbstractContextManager[None]:
    """Of a Marketo instance that no account has yet."""
    return turn(f"instance-calls-{instance_id}")


def turn_of_revoking(origin: str) -> AbstractContextManager[None]:
    """Of tokens that an org is to forget: any number of people may leave at once, and the org may hang."""
    return turn(f"revoking-{origin}")


def look(
    account_id: int,
    take_it: Callable[[], object],
    its_turn: Callable[[int], AbstractContextManager[None]] = turn_of,
) -> bool:
    """
    Take a regular look, within short limits; none while the account is being called anyway: those calls show by
    themselves how the connection is, and the next look comes in time. Answers whether it was taken: where the next
    one is far, try again.
    """
    try:
        with its_turn(account_id), hurried():
            take_it()
    except HeldError:
        logger.info("look_left_out", account=account_id)
        return False
    return True


def in_their_minute(rows: QuerySet[Any], account: str = "account") -> QuerySet[Any]:
    """Of rows of many accounts, those whose minute of the hour it is; `account` is their key of it."""
    with_minute: QuerySet[Any] = rows.annotate(minute=F(account) % MINUTES)
    return with_minute.filter(minute=timezone.now().minute)
