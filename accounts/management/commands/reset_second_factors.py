"""`manage.py reset_second_factors`: the way back for somebody whose admins cannot help."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.second_factors import reset_second_factors
from accounts.services import RefusedError


class Command(BaseCommand):
    help = (
        "Take somebody's second factors and password away, and tell them by mail how to sign in anew. Make sure by "
        "another way than mail that it is they who ask."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")

    def handle(self, *, email: str, **_options: object) -> None:
        user = User.objects.with_email(email)
        if not user:
            raise CommandError("There is no user with this address.")
        try:
            reset_second_factors(user=user, reset_by=None)
        except RefusedError as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{user.email} gets a mail that says how to sign in anew.")
