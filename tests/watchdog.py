"""A limit for a whole run: what hangs in spite of every time-out ends with a report instead of never."""

import faulthandler
import os
import threading
from contextlib import suppress
from typing import IO, Any

import psutil
import psycopg
from django.conf import settings

# Twice what a run takes on two cores.
SECONDS = int(os.environ.get("TEST_RUN_SECONDS", str(30 * 60)))
EXIT_CODE = 3


def pytest_configure() -> None:
    """Watch this process, a worker of pytest-xdist or the one that hands out tests."""
    # What stands on 2 now is the terminal; while a test runs it is captured.
    terminal = os.fdopen(os.dup(2), "w")
    timer = threading.Timer(SECONDS, give_up, [terminal])
    timer.daemon = True
    timer.start()


def give_up(report: IO[str]) -> None:
    """Tell where every thread, process and connection stands, and end this process with its children."""
    print(f"\nThe run has not ended after {SECONDS} seconds. Process {os.getpid()}:", file=report, flush=True)
    faulthandler.dump_traceback(report)
    children = psutil.Process().children(recursive=True)
    for process in children:
        # One that has ended meanwhile has no command any more.
        with suppress(psutil.Error):
            print(process, " ".join(process.cmdline()), file=report)
    for connection in connections():
        print(*connection, file=report)
    report.flush()
    for process in children:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    os._exit(EXIT_CODE)


def connections() -> list[Any]:
    """Everybody's connection to this process's PostgreSQL, and whom each waits for; empty where none runs."""
    try:
        with psycopg.connect(settings.DATABASE_URL, connect_timeout=5) as link:
            return link.execute(
                "SELECT pid, pg_blocking_pids(pid), state, xact_start, query FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' ORDER BY xact_start"
            ).fetchall()
    except psycopg.Error as error:
        return [(error,)]
