"""The console's processes on the test's database, to be killed as a machine that loses power kills them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from devtools.management.commands.demo import answers
from sandbox.testing import ROOT, SandboxProcess
from sync.models import Extract, SyncRun
from tests.browser.demo import free_ports
from tests.sync.driving import describe, forget_callers, look_at_remote_jobs

DEADLINE_SECONDS = 100
Process = subprocess.Popen[bytes]
# As in the Procfile: with either of the two a worker may stay idle after Redis has come back (celery/celery#8082).
WORKER_OPTIONS = ["-c", "2", "-l", "WARNING", "--without-mingle", "--without-gossip"]


def console_environment(sandbox: SandboxProcess, redis_url: str = "") -> dict[str, str]:
    """Settings with which a process works on this test's database, and on its Redis unless another is named."""
    place = connection.settings_dict
    return os.environ | {
        "DATABASE_URL": f"postgresql://{place['USER']}@/{place['NAME']}?host={place['OPTIONS']['host']}",
        "SANDBOX_ORIGIN": sandbox.url,
        "REDIS_URL": redis_url or settings.REDIS_URL,
        # Where the keys are that the test's connections are encrypted with.
        "VAR_DIR": str(settings.VAR_DIR),
    }


@contextmanager
def running(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[Process]:
    """A process in a group of its own that writes into a log of `folder`; killed at the end if it still runs."""
    with (folder / "processes.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True, stdin=subprocess.DEVNULL
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            kill(process)


class Server:
    """A server of a test's own, which it can kill and start again on the same data."""

    def __init__(self, start: Callable[[], Process]) -> None:
        self._start = start
        self.process = start()

    def kill_and_start_again(self) -> None:
        kill(self.process)
        self.process = self._start()


@contextmanager
def worker(folder: Path, sandbox: SandboxProcess, redis_url: str = "", name: str = "celery") -> Iterator[Process]:
    """A worker of two processes for every queue, and beat."""
    command = [sys.executable, "-m", "celery", "-A", "msi_admin", "worker", "-B", *WORKER_OPTIONS, "-n", f"{name}@%h"]
    environment = console_environment(sandbox, redis_url)
    with running([*command, "-s", str(folder / f"beat-{name}")], folder, environment) as process:
        yield process


@contextmanager
def web(folder: Path, sandbox: SandboxProcess) -> Iterator[tuple[Process, str]]:
    """The console as it is served, and its origin."""
    address = f"127.0.0.1:{free_ports()}"
    command = [sys.executable, "-m", "msi_admin.serve", "--listen", address, "--processes", "1", "--threads", "2"]
    with running(command, folder, console_environment(sandbox)) as process:
        wait_for(lambda: answers(f"http://{address}/healthz"), folder)
        yield process, f"http://{address}"


def kill(process: Process) -> None:
    """No process of the group, and no child that left it, can say a word."""
    family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    for sign in (signal.SIGSTOP, signal.SIGKILL):
        for member in family:
            # A child may have ended by itself.
            with suppress(psutil.NoSuchProcess):
                member.send_signal(sign)
    process.wait()
    psutil.wait_procs(family, timeout=10)


def forget_leases() -> None:
    """The leases of the dead, and their places among Marketo's callers, run out by themselves; tests do not wait."""
    forget_callers()
    for steps in (SyncRun.objects.unfinished(), Extract.objects.filter(due_at__isnull=False)):
        steps.filter(lease_until__isnull=False).update(lease_until=Now())


def wait_for(is_reached: Callable[[], object], folder: Path) -> None:
    """Return as soon as it is so; AssertionError with the processes' last words after a minute."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_reached():
        assert time.monotonic() < deadline, f"{describe()}\n{(folder / 'processes.log').read_text()[-2_000:]}"
        look_at_remote_jobs()
        time.sleep(0.1)


def wait_for_end(run: SyncRun, folder: Path) -> SyncRun:
    """The run after its end."""
    wait_for(SyncRun.objects.exclude(finished_at=None).filter(pk=run.pk).exists, folder)
    run.refresh_from_db()
    return run
