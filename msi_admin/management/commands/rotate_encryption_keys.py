"""Encrypt every stored secret with the newest key."""

from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from common.encryption import EncryptedTextField, encrypted_fields, left_behind, reencrypt


class Command(BaseCommand):
    help = (
        "Encrypt every stored secret with the first key of FIELD_ENCRYPTION_KEYS, while the console runs. "
        "Put the new key first, keep the old one behind it, restart all processes, run this, then remove the old key. "
        "Ends with exit code 1 as long as a secret still needs an old key."
    )

    def handle(self, **_options: Any) -> None:
        fields = encrypted_fields()
        for field in fields:
            self.stdout.write(f"{field}: {_reencrypt(field)}")
        rest = sum(left_behind(field) for field in fields)
        self.stdout.write(f"left: {rest}")
        if rest:
            raise CommandError(
                "Some secrets were written with an old key meanwhile. Restart every process with the new key first, "
                "then run this again. Keep the old key until then."
            )


def _reencrypt(field: EncryptedTextField) -> int:
    try:
        return reencrypt(field)
    except InvalidToken:
        raise CommandError(
            f"No key of FIELD_ENCRYPTION_KEYS can read {field}: add the key it was written with."
        ) from None
