"""Production: nothing is assumed, and Django's own deployment check has nothing to say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

pytestmark = pytest.mark.servers

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


def run(environment: dict[str, str], *command: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in {*COMPLETE, "VAR_DIR"}}
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=clean | environment,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deployment_check_is_silent() -> None:
    """Security statement 46: Django's own warnings about an installation; known holes of others see below."""
    result = run(COMPLETE, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert "no issues" in result.stdout + result.stderr, result.stderr
    assert result.returncode == 0


READ_SETTINGS = """
import json, os, runpy, sys
clean, refusals = dict(os.environ), {}
for name, environment in json.load(sys.stdin).items():
    os.environ.clear()
    os.environ.update(clean | environment)
    try:
        runpy.run_path("msi_admin/settings.py")
    except Exception as error:
        refusals[name] = str(error)
print(json.dumps(refusals))
"""
UNSAFE = {
    "SANDBOX_ORIGIN": "http://127.0.0.1:1",
    "SITE_URL": "http://console.example",
    "DEBUG": "true",
    "ALLOWED_HOSTS": "*",
    "FIELD_ENCRYPTION_KEYS": "not-a-key",
    "METRICS_TOKEN": "",
    "SECRET_KEY": "0123456789" * 4 + "012345678",
}
NEEDED = sorted(COMPLETE.keys() - {"PRODUCTION"})


@pytest.fixture(scope="module")
def refusals() -> dict[str, str]:
    """What the settings say to each incomplete or unsafe environment, all read by one process."""
    missing = {f"no {name}": {key: value for key, value in COMPLETE.items() if key != name} for name in NEEDED}
    unsafe = {f"bad {name}": COMPLETE | {name: value} for name, value in UNSAFE.items()}
    result = run({}, "-c", READ_SETTINGS, typed=json.dumps({**missing, **unsafe, "complete": COMPLETE}))
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout))


def test_complete_settings_are_accepted(refusals: dict[str, str]) -> None:
    assert "complete" not in refusals


@pytest.mark.parametrize("name", NEEDED)
def test_production_refuses_to_start_without(name: str, refusals: dict[str, str]) -> None:
    assert name in refusals[f"no {name}"]


@pytest.mark.parametrize("name", UNSAFE)
def test_production_refuses_what_protects_nothing(name: str, refusals: dict[str, str]) -> None:
    assert name in refusals[f"bad {name}"]


@pytest.mark.parametrize("command", [["manage.py", "check"], ["-c", "import msi_admin.wsgi"]])
def test_every_process_of_production_ends_by_a_refusal(command: list[str]) -> None:
    result = run(COMPLETE | {"DEBUG": "true"}, *command)
    assert result.returncode
    assert "DEBUG" in result.stderr


VISIT = """
import json
from django import setup
setup()
from django.conf import settings
from django.test import Client
answer = Client(headers={"host": "console.example"}).get("/healthz", secure=True)
cookies = {
    name: [getattr(settings, f"{name}_COOKIE_{part}") for part in ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "PATH")]
    for name in ("SESSION", "CSRF")
}
print(json.dumps({"headers": dict(answer.headers), "cookies": cookies, "debug": settings.DEBUG}))
"""


def test_browsers_come_by_https_only_and_cookies_stay_on_this_host() -> None:
    """Security statements 39, 40 and 44: what only an installation with https has."""
    result = run(COMPLETE | {"DJANGO_SETTINGS_MODULE": "msi_admin.settings"}, "-c", VISIT)
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["headers"]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert found["cookies"] == {
        "SESSION": ["__Host-session", True, True, "Lax", "/"],
        "CSRF": ["__Host-csrf", True, True, "Lax", "/"],
    }
    assert found["debug"] is False


@pytest.mark.parametrize("name", ["base", "local", "dev"])
def test_the_inventory_of_dependencies_is_complete(name: str) -> None:
    """
    Security statement 46: every package with its version and hashes, so that a list of known holes can be held against
    it (`pip-audit -r requirements/base.txt`, which asks the network and is therefore no test).
    """
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    packages = [line for line in lines if line and not line.startswith((" ", "#", "-"))]
    assert len(packages) > 30
    assert [line for line in packages if "==" not in line or not line.endswith(" \\")] == []
    assert sum(line.strip().startswith("--hash=sha256:") for line in lines) >= len(packages)
