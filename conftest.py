"""Every pytest process gets a PostgreSQL and a Redis of its own, so that runs never meet."""

import os
import tempfile
from pathlib import Path

import django

from msi_admin.embedded import join

VAR_DIR = Path(tempfile.mkdtemp(prefix="msi-test-"))
VAR_DIR.chmod(0o711)
SERVICES = join(VAR_DIR, temporary=True)

os.environ.update(
    {
        "DJANGO_SETTINGS_MODULE": "msi_admin.settings",
        "VAR_DIR": str(VAR_DIR),
        "DATABASE_URL": SERVICES.database_url,
        "REDIS_URL": SERVICES.redis_url,
        "EMAIL_URL": "memory://",
        "SITE_URL": "http://127.0.0.1:8000",
        "SALESFORCE_CLIENT_ID": "sandbox-consumer-key",
        "SALESFORCE_CLIENT_SECRET": "sandbox-consumer-secret",
    }
)
django.setup()
