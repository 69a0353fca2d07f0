"""A page waits for what somebody else holds in the database for seconds, not for as long as a provider may hang."""

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import LockNotAvailable

LONGEST_SECONDS = 5


def wait_briefly(connection: BaseDatabaseWrapper, **_: object) -> None:
    """
    For connections of the web. Who holds a row may wait for Salesforce, or invite ten thousand people; who waits for it
    has a thread of everybody's meanwhile, also a visitor, of whom nobody knows whose threads they take.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = %s", [f"{LONGEST_SECONDS}s"])


def is_held_by_others(error: BaseException) -> bool:
    """Has a statement waited for so long?"""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, LockNotAvailable)
