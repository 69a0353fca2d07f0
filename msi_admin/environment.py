"""What a fresh clone needs and the environment does not give: servers and secrets kept under `var/`."""

import json
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from devtools.embedded.attach import Services, attach

# Characters; for SECRET_KEY as many as Django's `check --deploy` asks for.
SHORTEST = {"SECRET_KEY": 50, "METRICS_TOKEN": 32}

# The lock inside keeps the embedded servers running; it must live as long as this process.
_services: list[Services] = []


def embedded_services(folder: Path) -> Services:
    """Join the embedded servers of `folder` once in this process."""
    if not _services:
        _services.append(attach(folder))
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


def refuse_unsafe(
    *,
    debug: bool,
    field_encryption_keys: list[str],
    allowed_hosts: list[str],
    site_url: str,
    sandbox_origin: str,
    secrets: dict[str, str],
) -> None:
    """Raise ImproperlyConfigured when a production setting is there but would not protect anything."""
    faults = [
        (debug, "DEBUG must not be true"),
        (bool(sandbox_origin), "SANDBOX_ORIGIN must not be set: it is a way round the list of allowed hosts"),
        (not site_url.startswith("https://"), "SITE_URL must start with https://"),
        ("*" in allowed_hosts or not any(allowed_hosts), "ALLOWED_HOSTS must name the host, without *"),
        (not are_keys(field_encryption_keys), "FIELD_ENCRYPTION_KEYS must hold Fernet keys, separated by commas"),
        *(
            (len(secrets[name]) < number, f"{name} needs {number} characters or more")
            for name, number in SHORTEST.items()
        ),
    ]
    found = [sentence for is_wrong, sentence in faults if is_wrong]
    if found:
        raise ImproperlyConfigured("PRODUCTION=true: " + "; ".join(found) + ".")


def are_keys(texts: list[str]) -> bool:
    """True for one Fernet key or more."""
    try:
        return bool([Fernet(text) for text in texts])
    except ValueError:
        return False
