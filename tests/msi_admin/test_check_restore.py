"""A restored database is proved: schema, audit trail, and every secret with the keys that are set."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from accounts.audit_actions import AccountAction
from accounts.audit_chain import entries_may_go
from accounts.models import AuditEvent, SalesAccount
from accounts.services import record
from tests.factories import make_marketo_connection, make_people

pytestmark = pytest.mark.django_db


def check() -> list[str]:
    out = StringIO()
    call_command("check_restore", stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture
def restored(account: SalesAccount) -> SalesAccount:
    make_marketo_connection(account)
    make_people(account, 3)
    for name in ("a", "b", "c"):
        record(account=account, actor=None, action=AccountAction.TEAM_CREATED, target=name)
    return account


def test_a_whole_one_is_whole(restored: SalesAccount) -> None:
    lines = check()
    assert {"accounts: 1", "people: 3", "connections: 1", "audit_entries: 3", "migrations_missing: 0"} <= set(lines)
    assert lines[-1] == "The restore is whole."


def test_keys_that_do_not_belong_to_it_are_found(restored: SalesAccount, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match=r"MarketoConnection\.client_secret"):
        check()


def test_a_trail_with_a_gap_is_found(restored: SalesAccount) -> None:
    with entries_may_go():
        AuditEvent.objects.filter(target="b").delete()
    with pytest.raises(CommandError, match="audit_entries_broken"):
        check()


def test_a_schema_of_an_older_version_is_found(restored: SalesAccount) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="sync").latest("pk").delete()
    with pytest.raises(CommandError, match="migrations_missing"):
        check()
