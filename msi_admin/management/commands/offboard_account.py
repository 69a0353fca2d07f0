"""Erases a Sales account whose company leaves."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import SalesAccount
from msi_admin.account_rows import count_rows
from msi_admin.offboarding import offboard


class Command(BaseCommand):
    help = (
        "Export a Sales account, disconnect it from both providers, and erase it with its Marketo instance and its "
        "users. Without --yes it says what would be erased, and changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", required=True, metavar="SLUG")
        parser.add_argument("--export", required=True, type=Path, metavar="FILE.zip", help="must not exist yet")
        parser.add_argument("--yes", action="store_true", help="really do it; only a backup brings the account back")

    def handle(self, *args: Any, **options: Any) -> None:
        account = SalesAccount.objects.filter(slug=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no Sales account {options['account']}.")
        if not options["yes"]:
            self._say(count_rows(account.pk))
            self.stdout.write("Nothing was changed. Add --yes to export the account and erase all of this.")
            return
        try:
            self._say(offboard(account, options["export"]))
        except OSError as error:
            raise CommandError(f"A file cannot be written: {error}") from error

    def _say(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            self.stdout.write(f"{name}: {value}")
