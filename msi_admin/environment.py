"""What a fresh clone needs and the environment does not give: servers and secrets kept under `var/`."""

import json
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

from msi_admin.embedded import Services, join

# The lock inside keeps the embedded servers running; it must live as long as this process.
_services: list[Services] = []


def embedded_services(folder: Path) -> Services:
    """Join the embedded servers of `folder` once in this process."""
    if not _services:
        _services.append(join(folder))
    return _services[0]


def local_secrets(folder: Path) -> dict[str, str]:
    """Random secrets of this clone, made on first use and readable by its owner only. Never used in production."""
    path = folder / "secrets.json"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return dict(json.loads(path.read_text()))
    values = {"secret_key": secrets.token_urlsafe(50), "field_encryption_key": Fernet.generate_key().decode()}
    with os.fdopen(handle, "w") as file:
        json.dump(values, file)
    return values
