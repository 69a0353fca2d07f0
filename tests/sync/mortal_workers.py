"""Workers that die in the middle of their work, each with connections of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.testing import ROOT, SandboxProcess
from tests.sync.processes import console_environment


class MortalWorkers:
    """
    A process that holds no connection and no thread, and forks one worker after another: what a worker opens is its
    own and dies with it. (A child of the tests' own process would share the sockets that this one has open.)
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def live(self, run_id: int, statements: int) -> bool:
        """
        Let a worker work on a run until it is about to send its `statements`-th statement to the database, or to the
        run's end; True when it was killed. RuntimeError for one that hangs or ends by an error.
        """
        assert self._process.stdin
        assert self._process.stdout
        print(run_id, statements, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline().strip()
        if answer not in {"killed", "ended"}:
            raise RuntimeError(f"run {run_id}, a worker with {statements} statements to live: {answer or 'no answer'}")
        return answer == "killed"


@contextmanager
def mortal_workers(sandbox: SandboxProcess) -> Iterator[MortalWorkers]:
    """Workers on the test's database."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.sync.mortal_worker"],
        cwd=ROOT,
        env=console_environment(sandbox),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield MortalWorkers(process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
