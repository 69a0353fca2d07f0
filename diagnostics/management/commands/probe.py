"""Ask a company's Marketo and Salesforce what this console assumes of them."""

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import SalesAccount
from diagnostics.probe.question import Verdict
from diagnostics.probe.running import probe, report


class Command(BaseCommand):
    help = (
        "Ask the connected Marketo and Salesforce about sixty read-only questions, each about something this console "
        "assumes. The report holds no names, addresses or secrets. About a hundred calls."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", required=True, metavar="SLUG")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write the whole report as JSON")

    def handle(self, **options: Any) -> None:
        account = SalesAccount.objects.filter(slug=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no Sales account {options['account']}.")
        findings = probe(account)
        if options["output"]:
            options["output"].write_text(json.dumps(report(findings), indent=2) + "\n")
        for finding in findings:
            if finding.verdict != Verdict.SAME:
                self.stdout.write(f"{finding.verdict}: {finding.question.assumption} Answer: {finding.answer}")
        for verdict, number in Counter(finding.verdict for finding in findings).items():
            self.stdout.write(f"{verdict}: {number}")
