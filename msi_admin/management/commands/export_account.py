"""Writes everything that is stored of a Sales account into a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import SalesAccount
from msi_admin.account_export import export_account


class Command(BaseCommand):
    help = "Write everything that is stored of a Sales account, without secrets, into a ZIP file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", required=True, metavar="SLUG")
        parser.add_argument("--to", required=True, type=Path, metavar="FILE.zip", help="must not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        account = SalesAccount.objects.filter(slug=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no Sales account {options['account']}.")
        try:
            export = export_account(account, options["to"])
        except OSError as error:
            raise CommandError(f"The file cannot be written: {error}") from error
        for label, count in export.rows.items():
            self.stdout.write(f"{label}: {count}")
        self.stdout.write(f"sha256: {export.sha256}")
