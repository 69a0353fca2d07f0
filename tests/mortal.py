"""
`python -m tests.mortal`: forks processes that die in the middle of a deed, like tests.sync.mortal_worker for runs.

A deed is a function of a test module that takes whole numbers.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox.testing import ROOT

# A deed takes a fraction of a second; whoever lives longer hangs.
LONGEST_LIFE_SECONDS = 60


class MortalProcesses:
    """A process that holds no connection, and forks one after another that does a deed; what it opens dies with it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def live(self, deed: Callable[..., object], *arguments: int, statements: int) -> bool:
        """
        Let a process do a deed until it is about to send its `statements`-th statement to the database, or to the end.

        True when it was killed. RuntimeError for one that hangs or ends by an error.
        """
        assert self._process.stdin
        assert self._process.stdout
        order = [deed.__module__, deed.__name__, statements, *arguments]
        print(json.dumps(order), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline().strip()
        if answer not in {"killed", "ended"}:
            raise RuntimeError(f"{order}: {answer or 'no answer'}")
        return answer == "killed"


@contextmanager
def mortal_processes(environment: dict[str, str]) -> Iterator[MortalProcesses]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.mortal"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield MortalProcesses(process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _serve() -> None:
    from tests.sync.mortal_worker import _ending

    for line in sys.stdin:
        module, deed, statements, *arguments = json.loads(line)
        # Before the fork, for that takes longest.
        done = getattr(importlib.import_module(module), deed)
        child = os.fork()
        if not child:
            _live(done, statements, arguments)
        _, status = os.waitpid(child, 0)
        print(_ending(os.waitstatus_to_exitcode(status)), flush=True)


def _live(done: Callable[..., object], statements: int, arguments: list[int]) -> None:
    from tests.sync.mortal_worker import Mortality

    signal.alarm(LONGEST_LIFE_SECONDS)
    code = 1
    try:
        with Mortality(statements).step():
            done(*arguments)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve()
