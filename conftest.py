"""Every pytest process gets a PostgreSQL and a Redis of its own, so that runs never meet."""

import os
import sys
import tempfile
from pathlib import Path

import django

from msi_admin.embedded import join

# With -n, the first process only hands out tests; the others would inherit whatever it put into the environment.
ONLY_HANDS_OUT = "PYTEST_XDIST_WORKER" not in os.environ and any(word.startswith("-n") for word in sys.argv)
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "msi_admin.settings",
    "DATABASE_URL": "postgresql:///unused",
    "REDIS_URL": "redis://unused",
    "EMAIL_URL": "memory://",
    "SITE_URL": "http://127.0.0.1:8000",
    "SALESFORCE_CLIENT_ID": "sandbox-consumer-key",
    "SALESFORCE_CLIENT_SECRET": "sandbox-consumer-secret",
    "VAR_DIR": tempfile.mkdtemp(prefix="msi-test-"),
}

if not ONLY_HANDS_OUT:
    Path(ENVIRONMENT["VAR_DIR"]).chmod(0o711)
    SERVICES = join(Path(ENVIRONMENT["VAR_DIR"]), temporary=True)
    ENVIRONMENT |= {"DATABASE_URL": SERVICES.database_url, "REDIS_URL": SERVICES.redis_url}

os.environ.update(ENVIRONMENT)
django.setup()
if ONLY_HANDS_OUT:
    for name in ENVIRONMENT:
        del os.environ[name]
