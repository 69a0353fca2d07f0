"""Checks of Django's that `migrate`, and the demo, make before they touch a database."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

# The first migrations of before 1.0.0; they were written anew with each version.
BEFORE_RELEASE = ("accounts", "0001_initial")


@register(Tags.database)
def check_database_is_of_a_release(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """A database that a version before 1.0.0 has made cannot be upgraded, and would be broken half-way."""
    return [
        Error(
            "This database was made by a version before 1.0.0, and no later one can upgrade it. Nothing was changed.",
            hint="Of the demo, forget it with `make demo-reset`. Otherwise name an empty database in DATABASE_URL, "
            "connect and invite again, and keep the old one for its audit trail.",
            id="msi_admin.E001",
        )
        for alias in databases or []
        if BEFORE_RELEASE in MigrationRecorder(connections[alias]).applied_migrations()
    ]
