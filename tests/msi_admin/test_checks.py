"""A database of before the first release is refused with a sentence."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

pytestmark = pytest.mark.django_db


def test_a_database_from_before_1_0_0_is_refused() -> None:
    MigrationRecorder(connection).record_applied("accounts", "0001_initial")
    with pytest.raises(SystemCheckError, match=r"made by a version before 1\.0\.0.*\n.*make demo-reset"):
        call_command("migrate", verbosity=0, skip_checks=False)


def test_a_database_of_a_release_is_not() -> None:
    call_command("migrate", verbosity=0, skip_checks=False)
