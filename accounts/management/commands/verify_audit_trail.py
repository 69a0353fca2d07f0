"""`manage.py verify_audit_trail`: is the audit trail as it was written?"""

from django.core.management.base import BaseCommand, CommandError

from accounts.audit_chain import broken_entries, chain_ends, missing_ends


class Command(BaseCommand):
    """Prints the end of every account's chain; ends with code 1 when an entry was changed or taken out."""

    help = "Check that no entry of the audit trail was changed or taken out."

    def handle(self, **_: object) -> None:
        for end in chain_ends():
            self.stdout.write(f"{end.slug or '(no account)'}: {end.entries} entries, last hash {end.last_hash}")
        for gone in missing_ends():
            self.stderr.write(f"{gone.slug or '(no account)'}: ended after {gone.entries} entries at {gone.last_hash}")
        if missing_ends():
            raise CommandError("Entries were taken away from the end of the chains named above.")
        if broken := broken_entries():
            raise CommandError(f"The chain is broken at the entries {', '.join(map(str, broken))}.")
        self.stdout.write("The audit trail is whole.")
