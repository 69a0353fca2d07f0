"""Stored credentials that outlive the key they were encrypted with."""

from typing import Any

from cryptography.fernet import InvalidToken
from django.db.backends.base.base import BaseDatabaseWrapper

from common.encryption import EncryptedTextField
from problems.errors import CredentialsUnreadable


class CredentialField(EncryptedTextField):
    """An encrypted column that reads as empty when no key can decrypt it; the ciphertext stays: a key may come back."""

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        try:
            return super().from_db_value(value, expression, connection)
        except InvalidToken:
            return ""


def check_readable(service: str, *credentials: str) -> None:
    """Raises CredentialsUnreadable when one of the credentials could not be read."""
    if not all(credentials):
        raise CredentialsUnreadable(service, "unreadable")
