"""Takes the Marketo pages from an admin who was named when the instance was registered."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import RefusedError
from marketo_instances.services import remove_registered_admin


class Command(BaseCommand):
    help = "Take the Marketo pages from an admin named at registration, whom Marketo's own list has never named."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("munchkin_id", metavar="MUNCHKIN_ID")
        parser.add_argument("email", metavar="EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            remove_registered_admin(munchkin_id=options["munchkin_id"], email=options["email"])
        except RefusedError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("Removed. Other Marketo admins keep their pages.")
