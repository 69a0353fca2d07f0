"""Starts a sync, as the button does."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import SalesAccount
from sync.messages import failure_of
from sync.models import RunKind, SyncRun
from sync.services import SyncRefused, start_sync
from sync.statuses import RunStatus

POLL_SECONDS = 0.5
KINDS = {"full": RunKind.FULL, "follow": RunKind.INCREMENTAL}


class Command(BaseCommand):
    help = "Start a sync of an account's people; with --wait, exit code 0 means that it succeeded and 1 that it failed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", required=True, metavar="SLUG")
        parser.add_argument("--kind", choices=KINDS, default="full")
        parser.add_argument("--wait", action="store_true", help="wait for the end and print the counts")

    def handle(self, *args: Any, **options: Any) -> None:
        account = SalesAccount.objects.filter(slug=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no Sales account {options['account']}.")
        try:
            run = start_sync(account=account, started_by=None, kind=KINDS[options["kind"]])
        except SyncRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"run: {run.pk}")
        if options["wait"]:
            self._wait(run)

    def _wait(self, run: SyncRun) -> None:
        while not run.is_finished:
            time.sleep(POLL_SECONDS)
            run.refresh_from_db()
        skipped = {f"skipped_{reason}": count for reason, count in run.skipped.items()}
        names = ("seen", "synced", "rejected", "added", "updated", "removed")
        for name, count in ({name: getattr(run, name) for name in names} | skipped).items():
            self.stdout.write(f"{name}: {count}")
        if run.status == RunStatus.FAILED:
            raise CommandError(str(failure_of(run).what))
        if run.status == RunStatus.CANCELLED:
            raise CommandError("The run was cancelled.")
        if run.status == RunStatus.HELD:
            raise CommandError("The run is held with nothing changed: an Admin decides on its page.")
