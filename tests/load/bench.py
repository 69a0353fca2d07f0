"""How fast a sync is, and how far from the limit that the database sets.

``python -m tests.load.bench --people N`` starts its own servers, sandbox and worker, and prints ``name: value`` lines.
The limit is a bare COPY of the same rows from memory and one INSERT of those who are eligible into an empty table, with
its key and all indexes made afterwards, in the same run; `ratio_to_heap` is to the same without any index but the key.
Time in which nothing is loaded or merged is waiting for the remote exports and counted apart. Then 10,000 people are
changed and followed, with all the waiting that Marketo's allowance of calls costs, and everybody is read once more.
At last 100,000 are changed: a dry run shows them, is then done, and taken back.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from devtools.embedded.attach import attach
from sandbox.testing import SandboxProcess


@contextmanager
def in_a_setting(program: str, description: str | None) -> Iterator[tuple[SandboxProcess, Path]]:
    """Servers, a sandbox with as many people as the command line says, and Django set up to use them."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--people", type=int, default=100_000)
    people = parser.parse_args().people
    folder = Path(tempfile.mkdtemp(prefix="msi-bench-"))
    folder.chmod(0o711)
    services = attach(folder, temporary=True)
    with SandboxProcess.start(company="tidy", people=people) as sandbox:
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
        yield sandbox, folder


def main() -> None:
    with in_a_setting("python -m tests.load.bench", __doc__) as (sandbox, folder):
        # Only now: it imports models.
        from tests.load.measuring import measure

        for name, value in measure(sandbox, folder).items():
            print(f"{name}: {value}")


if __name__ == "__main__":
    main()
