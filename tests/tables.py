"""Emptying the tables after a test that commits."""

from functools import cache
from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

# Made with the database, and read by nobody.
KEPT = {"django_content_type", "auth_permission"}
# Whose table Django does not manage.
BESIDE = {"history_change"}
# Of accounts that are no longer there after a test (sync.engine.partitions).
OWN_PARTITIONS = """
SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'sync_person'::regclass AND relname <> 'sync_person_shared'
"""


def empty_quickly() -> None:
    """
    Let tests that commit empty only the tables that hold something. Django's own way, TRUNCATE of all tables and a new
    list of permissions, takes longer than most of the tests.
    """
    test_case: Any = TransactionTestCase
    test_case._fixture_teardown = lambda _: _empty_tables()


def number_from_a_thousand() -> None:
    """Let ids be as large as after some weeks of use: a page that writes 1,234 where 1234 is meant is found out."""
    with connection.cursor() as cursor:
        for sequence in connection.introspection.sequence_list():
            cursor.execute(f'ALTER SEQUENCE "{sequence["name"]}" RESTART WITH 1001')


def _empty_tables() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_which_hold_something())
        statements = [f'DELETE FROM "{table}"' for (table,) in cursor.fetchall()]  # noqa: S608
        cursor.execute(OWN_PARTITIONS)
        statements += [f'DROP TABLE "{partition}"' for (partition,) in cursor.fetchall()]
        if statements:
            # Neither foreign keys nor the trigger that guards the audit trail are asked.
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("; ".join(statements))


@cache
def _which_hold_something() -> str:
    tables: Any = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")"  # noqa: S608
        for table in sorted(set(tables) - KEPT | BESIDE)
    )
