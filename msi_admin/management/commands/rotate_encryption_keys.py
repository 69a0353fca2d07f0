"""Encrypt every stored secret with the newest key."""

from collections.abc import Callable
from functools import partial
from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from accounts.second_factors import reencrypt_second_factors, second_factors_left_behind
from common.encryption import encrypted_fields, left_behind, reencrypt

SECOND_FACTORS = "mfa.Authenticator.data"


class Command(BaseCommand):
    help = (
        "Encrypt every stored secret with the first key of FIELD_ENCRYPTION_KEYS, while the console runs. "
        "Put the new key first, keep the old one behind it, restart all processes, run this, then remove the old key. "
        "Ends with exit code 1 as long as a secret still needs an old key."
    )

    def handle(self, **_options: Any) -> None:
        fields = encrypted_fields()
        for field in fields:
            self.stdout.write(f"{field}: {_named(str(field), partial(reencrypt, field))}")
        self.stdout.write(f"{SECOND_FACTORS}: {_named(SECOND_FACTORS, reencrypt_second_factors)}")
        rest = sum(left_behind(field) for field in fields) + second_factors_left_behind()
        self.stdout.write(f"left: {rest}")
        if rest:
            raise CommandError(
                "Some secrets were written with an old key meanwhile. Restart every process with the new key first, "
                "then run this again. Keep the old key until then."
            )


def _named(what: str, encrypt_anew: Callable[[], int]) -> int:
    try:
        return encrypt_anew()
    except InvalidToken:
        raise CommandError(
            f"No key of FIELD_ENCRYPTION_KEYS can read {what}: add the key it was written with."
        ) from None
