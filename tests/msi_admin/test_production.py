"""Production: nothing is assumed, and Django's own deployment check has nothing to say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).parents[2]
COMPLETE = {
    "PRODUCTION": "true",
    "SECRET_KEY": "a-long-and-random-secret-key-of-a-real-installation-0123456789",
    "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "ALLOWED_HOSTS": "console.example",
    "SITE_URL": "https://console.example",
    "EMAIL_URL": "smtp://127.0.0.1:1",
    "METRICS_TOKEN": "a-long-token-for-the-monitoring-0123456789",
}


def check(environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    # The last one is for browser tests alone, which may have run in this process before.
    ours = {*COMPLETE, "VAR_DIR", "DJANGO_ALLOW_ASYNC_UNSAFE"}
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    command = [sys.executable, "manage.py", "check", *options]
    return subprocess.run(command, cwd=ROOT, env=clean | environment, capture_output=True, text=True, check=False)


def test_the_deployment_check_is_silent() -> None:
    result = check(COMPLETE, "--deploy", "--fail-level", "WARNING")
    assert "no issues" in result.stdout + result.stderr, result.stderr
    assert result.returncode == 0


@pytest.mark.parametrize("name", sorted(COMPLETE.keys() - {"PRODUCTION"}))
def test_production_refuses_to_start_without(name: str) -> None:
    result = check({key: value for key, value in COMPLETE.items() if key != name})
    assert result.returncode
    assert name in result.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANDBOX_ORIGIN", "http://127.0.0.1:1"),
        ("SITE_URL", "http://console.example"),
        ("DEBUG", "true"),
        ("ALLOWED_HOSTS", "*"),
        ("FIELD_ENCRYPTION_KEYS", "not-a-key"),
        ("METRICS_TOKEN", ""),
        ("SECRET_KEY", "short"),
    ],
)
def test_every_process_of_production_refuses_what_protects_nothing(name: str, value: str) -> None:
    environment = {key: text for key, text in os.environ.items() if key not in {*COMPLETE, "VAR_DIR"}}
    command = [sys.executable, "-c", "import msi_admin.wsgi"]
    result = subprocess.run(
        command, cwd=ROOT, env=environment | COMPLETE | {name: value}, capture_output=True, text=True, check=False
    )
    assert result.returncode
    assert name in result.stderr
