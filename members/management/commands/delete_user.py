"""Deletes a user of the console."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services import RefusedError
from members.leaving import delete_user


class Command(BaseCommand):
    help = "Delete a user who is a member of no Sales account, with everything that lets them in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.with_email(options["email"])
        if user is None:
            raise CommandError("There is no user with this address.")
        try:
            delete_user(user)
        except RefusedError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("Deleted. The audit trail keeps what they did.")
