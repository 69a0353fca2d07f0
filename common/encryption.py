"""Secrets at rest: Fernet (AES-128-CBC with HMAC-SHA256), newest key first, from FIELD_ENCRYPTION_KEYS."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Cast

_BATCH = 500


@lru_cache(maxsize=1)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    """The cipher of the configured keys: encrypts with the first, decrypts with any."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS))


def encrypt(text: str) -> str:
    """The text as it may be stored."""
    return cipher().encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """Raises InvalidToken for what no key can read."""
    return cipher().decrypt(stored.encode()).decode()


def rotated(stored: str) -> str:
    """The same secret, encrypted with the newest key. Raises InvalidToken for what no key can read."""
    return cipher().rotate(stored.encode()).decode()


def is_read_by_newest(stored: str) -> bool:
    """False for what was encrypted with an older key."""
    return _reads(Fernet(settings.FIELD_ENCRYPTION_KEYS[0]), stored)


class EncryptedTextField(models.TextField[str, str]):
    """A text column that holds only ciphertext; empty text stays empty. Cannot be searched."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return encrypt(text) if text else text

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return decrypt(value) if value else value


def encrypted_fields() -> list[EncryptedTextField]:
    """Every encrypted column of the installed apps."""
    return [
        field
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_fields  # noqa: SLF001  Django documents it for this
        if isinstance(field, EncryptedTextField)
    ]


def reencrypt(field: EncryptedTextField) -> int:
    """
    Encrypt the values of a column anew that the first key cannot read, and answer how many there were.

    The console may run meanwhile: a value that changes between reading and writing is left as it is now. Raises
    InvalidToken for a value that no key can read.
    """
    newest, changed = Fernet(settings.FIELD_ENCRYPTION_KEYS[0]), 0
    for pk, stored in _ciphertexts(field):
        if not _reads(newest, stored):
            changed += (
                _raw(field).filter(pk=pk, raw=stored).update(**{field.name: models.Value(rotated(stored), _TEXT)})
            )
    return changed


def left_behind(field: EncryptedTextField) -> int:
    """How many values of a column the first key alone cannot read."""
    newest = Fernet(settings.FIELD_ENCRYPTION_KEYS[0])
    return sum(not _reads(newest, stored) for _pk, stored in _ciphertexts(field))


def unreadable(field: EncryptedTextField) -> int:
    """How many values of a column none of the keys can read."""
    return sum(not _reads(cipher(), stored) for _pk, stored in _ciphertexts(field))


_TEXT = models.TextField()


def _raw(field: EncryptedTextField) -> models.QuerySet[Any]:
    """The rows of a column, with its ciphertext as `raw`."""
    return field.model._base_manager.annotate(raw=Cast(field.name, _TEXT))  # noqa: SLF001  no manager of a room may hide rows


def _ciphertexts(field: EncryptedTextField) -> Iterator[tuple[Any, str]]:
    """Primary key and ciphertext of each row, read in batches that hold no lock and no long transaction."""
    rows = _raw(field).exclude(raw=None).exclude(raw="").order_by("pk").values_list("pk", "raw")
    batch = list(rows[:_BATCH])
    while batch:
        yield from batch
        batch = list(rows.filter(pk__gt=batch[-1][0])[:_BATCH])


def _reads(key: Fernet | MultiFernet, stored: str) -> bool:
    try:
        key.decrypt(stored.encode())
    except InvalidToken:
        return False
    return True
