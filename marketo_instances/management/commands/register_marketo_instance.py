"""Enter a Marketo instance into the console."""

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from marketo_instances.services import register_marketo_instance
from problems.messages import ConnectionProblem

SECRET_VARIABLE = "MARKETO_CLIENT_SECRET"  # noqa: S105


class Command(BaseCommand):
    help = (
        "Enter a Marketo instance, or renew its credentials, after trying them out. "
        f"The client secret is read from the variable {SECRET_VARIABLE} or from standard input, never from an argument."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--munchkin-id", required=True, help="Munchkin Account ID, for example 123-ABC-456")
        parser.add_argument("--endpoint", default="", help="REST endpoint, when it is not that of the Munchkin id")
        parser.add_argument("--client-id", required=True, help="client id of the API-only user's custom service")
        parser.add_argument("--name", required=True, help="the customer's name")
        parser.add_argument("--first-admin", required=True, help="email address of the first Marketo admin")

    def handle(self, **options: Any) -> None:
        try:
            instance = register_marketo_instance(
                munchkin_id=options["munchkin_id"],
                endpoint=options["endpoint"],
                client_id=options["client_id"],
                client_secret=_read_secret(),
                name=options["name"],
                first_admin_email=options["first_admin"],
            )
        except ConnectionProblem as refused:
            raise CommandError(f"{refused.problem.what} {refused.problem.todo}") from None
        reset_url = settings.SITE_URL.rstrip("/") + reverse("account_reset_password")
        self.stdout.write(f"Registered {instance}.")
        self.stdout.write(f"{options['first_admin']} chooses a password at {reset_url} if there is none yet.")


def _read_secret() -> str:
    if secret := os.environ.get(SECRET_VARIABLE):
        return secret
    return getpass.getpass("Client secret: ") if sys.stdin.isatty() else sys.stdin.readline()
