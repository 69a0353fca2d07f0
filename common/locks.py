"""How long is waited for what somebody else holds in the database."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from django.db import OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import LockNotAvailable

WEB_SECONDS = 3
PATIENT_SECONDS = 60


def wait_briefly(connection: BaseDatabaseWrapper, **_: object) -> None:
    """
    For connections of the web. Who holds a row may wait for Salesforce, or invite ten thousand people; who waits for it
    has a thread of everybody's meanwhile, also a visitor, of whom nobody knows whose threads they take.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = %s", [f"{WEB_SECONDS}s"])


@contextmanager
def hurried_transaction(*, milliseconds: int) -> Iterator[None]:
    """A transaction that waits for others no longer, each time. Raises OperationalError then (is_held_by_others)."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = %s", [milliseconds])
        yield


def patient_transaction() -> AbstractContextManager[None]:
    """One that waits for a minute, also in the web: for what tells of something that is done already."""
    return hurried_transaction(milliseconds=PATIENT_SECONDS * 1_000)


def is_held_by_others(error: BaseException) -> bool:
    """Did a statement fail because somebody else held what it wanted?"""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, LockNotAvailable)
