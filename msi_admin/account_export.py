"""Everything that is stored of a Sales account, as a file: for a company that asks, or that leaves."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from allauth.account.models import EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import BinaryField, Field, Model, QuerySet

from accounts.models import SalesAccount
from accounts.services import record
from common.encryption import EncryptedTextField
from common.redaction import is_secret_name
from connections.models import SalesforceSignIn
from msi_admin.account_rows import rows_of
from msi_admin.audit_actions import OperatorAction

# They let somebody in, and say nothing of the company.
SECRET_MODELS: set[type[Model]] = {Authenticator, EmailConfirmation, SalesforceSignIn, UserSession}
README = """Everything that was stored of a Sales account: a file for each table, a JSON object in each line.
Passwords, tokens and other secrets are left out. people of Marketo stand in sync.Person, users in accounts.User.
"""


@dataclass(frozen=True)
class Export:
    """A file that was written: how many rows of each model are in it, and its SHA-256."""

    path: Path
    rows: dict[str, int]
    sha256: str


def export_account(account: SalesAccount, path: Path) -> Export:
    """
    Write a ZIP file that the operator alone can read, and note it in the audit trail.

    Raises FileExistsError rather than overwrite one, and OSError where none can be written.
    """
    rows = {}
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    record(account=account, actor=None, action=OperatorAction.ACCOUNT_EXPORTED, target=account.name)
    with os.fdopen(handle, "wb") as file, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README)
        for model, found in rows_of(account.pk).items():
            if model not in SECRET_MODELS and found.exists():
                label = model._meta.label  # noqa: SLF001
                rows[label] = _write(archive, f"{label}.jsonl", found)
    with path.open("rb") as written:
        return Export(path, rows, hashlib.file_digest(written, "sha256").hexdigest())


def _write(archive: ZipFile, name: str, rows: QuerySet[Any]) -> int:
    count = 0
    with archive.open(name, "w", force_zip64=True) as file:
        for row in _lines(rows):
            file.write(json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False).encode() + b"\n")
            count += 1
    return count


def _lines(rows: QuerySet[Any]) -> Iterator[dict[str, Any]]:
    columns = [field.attname for field in rows.model._meta.concrete_fields if _is_told(field)]  # noqa: SLF001
    yield from rows.values(*columns).iterator(chunk_size=2_000)


def _is_told(field: Field[Any, Any]) -> bool:
    is_secret = isinstance(field, EncryptedTextField | BinaryField) or is_secret_name(field.name)
    # A composite key has no column of its own.
    return bool(field.column) and not is_secret
