"""Erases a person from the copy, in all rooms that hold something of them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import SalesAccount
from common.paging import is_key
from invitations import uploads
from sync.erasure import erase_person

COMES_BACK = (
    "The person comes back with the next sync that reads them, unless they are deleted in Marketo as well. "
    "A run on its way may have read them already: erase them again when it has ended."
)


class Command(BaseCommand):
    help = "Erase a person by their Marketo id: from the copy, its history, rows that could not be read, and uploads."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("marketo_id", metavar="MARKETO_ID")
        parser.add_argument("--account", required=True, metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        account = SalesAccount.objects.filter(slug=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no Sales account {options['account']}.")
        if not is_key(options["marketo_id"]):
            raise CommandError("A Marketo id is a whole number.")
        for name, count in _erase(account, int(options["marketo_id"])).items():
            self.stdout.write(f"{name}: {count}")
        self.stdout.write(COMES_BACK)


@transaction.atomic
def _erase(account: SalesAccount, marketo_id: int) -> dict[str, int]:
    erased = erase_person(account=account, marketo_id=marketo_id, erased_by=None)
    return {
        "people": erased.people,
        "changes": erased.changes,
        "held_people": erased.held_people,
        "rejected_rows": erased.rejected_rows,
        "uploads": uploads.forget_addresses(account, erased.addresses),
        "runs_with_files": erased.runs_with_files,
    }
