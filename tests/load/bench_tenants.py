"""How one installation bears many companies.

``python -m tests.load.bench_tenants --accounts N --people N`` starts its own servers, a sandbox that stands in for
every company's Marketo and Salesforce, and the processes of the Procfile with two workers and two loaders. All accounts
begin their first sync at once; then they follow changes, of which there are none. It prints ``name: value`` lines.
``sweep_1000_ms`` is a sweep over the rows of 1,000 accounts in the middle of a sync, without any provider.
"""

import argparse
import os
import tempfile
from pathlib import Path

import django

from devtools.embedded.attach import attach
from sandbox.testing import SandboxProcess


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load.bench_tenants", description=__doc__)
    parser.add_argument("--accounts", type=int, default=300)
    parser.add_argument("--people", type=int, default=2_000, help="of each account")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="msi-bench-"))
    folder.chmod(0o711)
    services = attach(folder, temporary=True)
    with SandboxProcess.start(company="tidy", people=options.people) as sandbox:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "msi_admin.settings",
            "VAR_DIR": str(folder),
            "DATABASE_URL": services.database_url,
            "REDIS_URL": services.redis_url,
            "SANDBOX_ORIGIN": sandbox.url,
            "SALESFORCE_CLIENT_ID": "sandbox-consumer-key",
            "SALESFORCE_CLIENT_SECRET": "sandbox-consumer-secret",
            "SALESFORCE_APP_KIND": "connected_app",
            "LOG_LEVEL": "WARNING",
        }
        django.setup()
        # Only now: it imports models.
        from tests.load.tenants import measure

        for name, value in measure(sandbox, folder, options.accounts):
            print(f"{name}: {value}", flush=True)


if __name__ == "__main__":
    main()
