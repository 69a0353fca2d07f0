"""Make somebody ops staff."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services import RefusedError, set_ops_staff


class Command(BaseCommand):
    help = "Make a user ops staff: they see the runs and people of every Sales account. The audit trail tells it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--revoke", action="store_true", help="take it away again")

    def handle(self, **options: Any) -> None:
        is_granted = not options["revoke"]
        try:
            user = set_ops_staff(email=options["email"], is_ops_staff=is_granted, by=None)
        except RefusedError as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{user.email} is {'now' if is_granted else 'no longer'} ops staff.")
