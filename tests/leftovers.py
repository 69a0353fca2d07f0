"""Nothing that a test starts outlives it: a process, a thread, a connection to the database, a language."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation

GRACE_SECONDS = 5.0
OWN_THREADS = Path("/proc/self/task")
Thing = TypeVar("Thing", psutil.Process, threading.Thread, "Session")


@pytest.fixture(autouse=True)
def _nothing_outlives_a_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """
    Ends what is left and says so. By its place this comes after the test's own fixtures have cleaned up, and before
    its tables are emptied, which would wait for somebody's open transaction.
    """
    sessions: Callable[[], set[Session]] = set
    if request.node.get_closest_marker("database"):
        request.getfixturevalue("_django_db_helper")
        sessions = look_at_database
    before = children(), set(threading.enumerate()), sessions()
    yield
    # The language of the last request stays with its thread until the next one.
    translation.deactivate()
    left = [
        *ended(lambda: children() - before[0], end=psutil.Process.kill),
        *ended(lambda: set(threading.enumerate()) - before[1], end=str),
        *ended(lambda: sessions() - before[2], end=Session.end),
    ]
    assert not left, f"left behind: {left}"


def ended(look: Callable[[], set[Thing]], end: Callable[[Thing], object]) -> list[str]:
    """Wait a moment until nothing is left; end what still is, and describe it."""
    deadline = time.monotonic() + GRACE_SECONDS
    while left := look():
        if time.monotonic() > deadline:
            said = [str(thing) for thing in left]
            for thing in left:
                end(thing)
            return said
        time.sleep(0.02)
    return []


def children() -> set[psutil.Process]:
    """
    The processes that this one has started. What those start is theirs to end: a browser and a sandbox that serve many
    tests have workers that come and go.
    """
    try:
        pids = {int(pid) for thread in OWN_THREADS.iterdir() for pid in _read(thread / "children").split()}
    except FileNotFoundError:
        # This system does not tell: the processes of the whole machine are looked through.
        return set(psutil.Process().children())
    return {process for pid in pids if (process := _process(pid))}


def _read(path: Path) -> str:
    # A thread may end at any moment; its children go to another one.
    with suppress(ProcessLookupError):
        return path.read_text()
    return ""


def _process(pid: int) -> psutil.Process | None:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid)
    return None


@dataclass(frozen=True)
class Session:
    """Somebody's connection to the tests' PostgreSQL; `doing` says its state and last statement."""

    pid: int
    doing: str = field(compare=False)

    def end(self) -> None:
        _observer().execute("SELECT pg_terminate_backend(%s)", [self.pid])


def look_at_database() -> set[Session]:
    """Everybody's connections but this thread's own and the one that looks."""
    own = connection.connection.info.backend_pid if connection.connection else 0
    rows = _observer().execute(
        "SELECT pid, concat_ws(' ', state, application_name, query) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid NOT IN (pg_backend_pid(), %s)",
        [own],
    )
    return {Session(*row) for row in rows}


@cache
def _observer() -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(settings.DATABASE_URL, autocommit=True)


@pytest.fixture(scope="session", autouse=True)
def _no_orphans() -> Iterator[None]:
    """Nobody's child is left at the end, such as a worker whose parent was killed: its settings give it away."""
    yield
    if _observer.cache_info().currsize:
        _observer().close()
    orphans = list(_orphans())
    for orphan in orphans:
        orphan.kill()
    assert not orphans


def _orphans() -> Iterator[psutil.Process]:
    own = {process.pid for process in psutil.Process().children(recursive=True)} | {os.getpid()}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            # PostgreSQL and Redis end once this process has.
            serves = any("devtools.embedded" in parent.cmdline() for parent in [process, *process.parents()])
            if process.pid not in own and not serves and process.environ().get("VAR_DIR") == os.environ["VAR_DIR"]:
                yield process
