"""Proves that a restored database is whole and can be used with the keys that are configured."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max

from accounts.audit_chain import broken_entries, chain_ends, missing_ends
from accounts.models import AuditEvent, SalesAccount, User
from accounts.second_factors import unreadable_second_factors
from common.encryption import encrypted_fields, unreadable
from connections.models import MarketoConnection, SalesforceConnection
from sync.models import Person


class Command(BaseCommand):
    help = (
        "Check a restored database: the schema, the chain of the audit trail, and every stored secret with the keys of "
        "FIELD_ENCRYPTION_KEYS. Changes nothing; ends with exit code 1 when something is missing."
    )

    def handle(self, **_options: Any) -> None:
        faults = {"migrations_missing": _missing(), "audit_entries_broken": len(broken_entries())}
        faults |= {"audit_ends_missing": len(missing_ends()), "unreadable second factors": unreadable_second_factors()}
        faults |= {f"unreadable {field}": unreadable(field) for field in encrypted_fields()}
        for name, value in (_figures() | faults).items():
            self.stdout.write(f"{name}: {value}")
        if found := [name for name, number in faults.items() if number]:
            raise CommandError(f"Not whole: {', '.join(found)}. See docs/operations.md, Backup and restore.")
        self.stdout.write("The restore is whole.")


def _missing() -> int:
    """Migrations of this version that the database has not had: `migrate` applies them."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _figures() -> dict[str, object]:
    return {
        "accounts": SalesAccount.objects.count(),
        "users": User.objects.count(),
        "people": Person.objects.count(),
        "connections": MarketoConnection.objects.count() + SalesforceConnection.objects.count(),
        "audit_entries": sum(end.entries for end in chain_ends()),
        "newest_entry": AuditEvent.objects.aggregate(newest=Max("created_at"))["newest"],
    }
