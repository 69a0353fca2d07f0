"""Every pytest process has a PostgreSQL and a Redis of its own, started when a test first wants them."""

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from pytest_django.plugin import DjangoDbBlocker

from devtools.embedded.attach import Services, attach
from tests import tables
from tests.schema import Schema

# Images of containers set it; each of the many processes here would then compile every module anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Looking for garbage took a tenth of the time.
gc.set_threshold(10_000, 20, 20)
# How long an example takes says how busy the machine is, and of a busy one nothing shall fail.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")

pytest_plugins = ["tests.leftovers", "tests.order", "tests.watchdog"]

# In memory where there is plenty: a file system on a disk that is asked for hundreds of short-lived tables looks for
# each of their files through all that it has just forgotten. The name of a socket must be short, whatever TMPDIR says.
MEMORY, DISK = Path("/dev/shm"), Path("/tmp")  # noqa: S108 (the folder inside has a name of its own)
HAS_ROOM = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 4_000_000_000
FOLDER = Path(tempfile.mkdtemp(prefix="msi-test-", dir=MEMORY if HAS_ROOM else DISK))
FOLDER.chmod(0o711)
# Where the servers will listen is known before they run, so that the settings need not wait for them.
SERVICES = Services(f"postgresql://postgres@/postgres?host={FOLDER}/postgres", f"unix://{FOLDER}/redis.sock", lock=-1)
os.environ.update(
    {
        "DJANGO_SETTINGS_MODULE": "msi_admin.settings",
        "DATABASE_URL": SERVICES.database_url,
        "REDIS_URL": SERVICES.redis_url,
        "EMAIL_URL": "memory://",
        "SITE_URL": "http://127.0.0.1:8000",
        "SALESFORCE_CLIENT_ID": "sandbox-consumer-key",
        "SALESFORCE_CLIENT_SECRET": "sandbox-consumer-secret",
        "SALESFORCE_APP_KIND": "connected_app",
        "VAR_DIR": str(FOLDER),
        # Nobody in a test waits for a lock that long: a deadlock ends as an error, not as a hanging run.
        "PGOPTIONS": "-c lock_timeout=20s",
        # Workers would look through all pages, too, each time one starts: those of compose do, in their test.
        "CELERY_SKIP_CHECKS": "1",
    }
)
django.setup()
# A password is not to be guarded here, and costs a tenth of a second each time with the real one.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_configure(config: pytest.Config) -> None:
    """A process that only hands out tests does not tell those who run them where its own servers would be."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        # With it pytest-django reads the settings before this file has set the rest.
        del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_collection_finish() -> None:
    """What is imported by now stays: it need not be looked through for garbage again and again."""
    gc.freeze()


@pytest.fixture(scope="session")
def servers() -> Services:
    """PostgreSQL and Redis, until this process ends."""
    services = attach(FOLDER, temporary=True)
    if (services.database_url, services.redis_url) != (SERVICES.database_url, SERVICES.redis_url):
        raise RuntimeError(f"The servers listen elsewhere than the settings say: {services}")
    with psycopg.connect(SERVICES.database_url, autocommit=True) as server:
        # Of what was written to its log little is kept: it may lie in memory.
        server.execute("ALTER SYSTEM SET max_wal_size = '128MB'")
        server.execute("SELECT pg_reload_conf()")
    return services


@pytest.fixture(scope="session")
def migrated(servers: Services) -> Schema:
    return Schema()


@pytest.fixture(scope="session")
def django_db_setup(migrated: Schema, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The test's database, on those servers."""
    migrated.keep()
    tables.empty_quickly()
    with django_db_blocker.unblock():
        tables.number_from_a_thousand()


# What a test asks for, directly or through another fixture, when it needs more than this process.
OF_DATABASE = {"db", "transactional_db", "live_server"}
OF_SERVERS = {"servers", "running_sandbox", "sandbox_process", "playwright", "demo"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server; `make check` leaves it out."""
    for item in items:
        wanted = set(getattr(item, "fixturenames", ()))
        if wanted & OF_DATABASE or item.get_closest_marker("django_db"):
            item.add_marker("database")
            item.add_marker("servers")
        elif wanted & OF_SERVERS:
            item.add_marker("servers")


@pytest.fixture(autouse=True)
def _empty_redis(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tokens, counters and messages of one test are not seen by the next."""
    yield
    if request.node.get_closest_marker("database") or "servers" in request.fixturenames:
        cache.clear()


def pytest_unconfigure() -> None:
    """The servers remove their folder; where none was wanted, nobody else does."""
    if not (FOLDER / "users.lock").exists():
        shutil.rmtree(FOLDER)
