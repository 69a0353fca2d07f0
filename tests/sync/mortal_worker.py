"""`python -m tests.sync.mortal_worker`: forks workers that die in the middle of their work (see mortal_workers)."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.db import connection

django.setup()

from sync.models import SyncRun  # noqa: E402  models need the settings
from tests.sync.driving import run_has_ended, work_until  # noqa: E402

# A life takes a fraction of a second; whoever lives longer hangs.
LONGEST_LIFE_SECONDS = 60


def serve() -> None:
    """Read `run statements` line by line and answer each with how that worker ended."""
    for line in sys.stdin:
        run_id, statements = map(int, line.split())
        worker = os.fork()
        if not worker:
            _live(run_id, statements)
        _, status = os.waitpid(worker, 0)
        print(_ending(os.waitstatus_to_exitcode(status)), flush=True)


def _ending(code: int) -> str:
    return {0: "ended", -signal.SIGKILL: "killed", -signal.SIGALRM: "hung"}.get(code, f"exit code {code}")


def _live(run_id: int, statements: int) -> None:
    signal.alarm(LONGEST_LIFE_SECONDS)
    code = 1
    try:
        run = SyncRun.objects.get(pk=run_id)
        work_until(lambda: run_has_ended(run), around=Mortality(statements).step)
        code = 0
    finally:
        os._exit(code)


class Mortality:
    """What a worker sends to the database while it takes steps, counted; looking for due rows in between is not."""

    def __init__(self, statements: int) -> None:
        self._left = statements
        self._is_working = False
        database: Any = connection
        self._commit = database._commit
        database._commit = self._counted_commit
        database.execute_wrappers.append(self._counted)

    @contextmanager
    def step(self) -> Iterator[None]:
        self._is_working = True
        yield
        self._is_working = False

    def _counted(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self._count()
        return execute(*arguments)

    def _counted_commit(self) -> None:
        # The moment before a commit is the worst of all.
        self._count()
        self._commit()

    def _count(self) -> None:
        self._left -= self._is_working
        if self._left == 0 and self._is_working:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    serve()
