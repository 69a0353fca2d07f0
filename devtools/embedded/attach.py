"""How a process starts or shares the embedded servers."""

import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT_SECONDS = 60.0


class EmbeddedServicesError(RuntimeError):
    """The embedded servers could not be started; the message says why and what to do."""


@dataclass(frozen=True)
class Services:
    """Addresses of the running servers, and the open file whose lock keeps them running."""

    database_url: str
    redis_url: str
    lock: int


def attach(folder: Path, *, temporary: bool = False) -> Services:
    """Return the servers that keep their data in `folder`, starting them if they are not running.

    A temporary folder is deleted when its last user ends. Raises EmbeddedServicesError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "users.lock", os.O_CREAT | os.O_RDWR, 0o600)
    with (folder / "attach.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        fcntl.flock(lock, fcntl.LOCK_SH)
        if not _is_supervisor_alive(folder):
            _start_supervisor(folder, temporary=temporary)
        _wait_for_supervisor(folder)
    addresses = json.loads((folder / "addresses.json").read_text())
    return Services(addresses["database_url"], addresses["redis_url"], lock)


def _is_supervisor_alive(folder: Path) -> bool:
    with (folder / "supervisor.lock").open("w") as supervisor:
        try:
            fcntl.flock(supervisor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _start_supervisor(folder: Path, *, temporary: bool) -> None:
    """Run the supervisor's starter, which returns once the supervisor runs in the background."""
    (folder / "addresses.json").unlink(missing_ok=True)
    command = [sys.executable, "-m", "devtools.embedded", str(folder), *["--temporary"] * temporary]
    root = Path(__file__).parents[2]
    with (folder / "supervisor.log").open("w") as log:
        subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)


def _wait_for_supervisor(folder: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not (folder / "addresses.json").exists():
        if not _is_supervisor_alive(folder) or time.monotonic() > deadline:
            reason = (folder / "supervisor.log").read_text().strip().splitlines()[-1:] or ["no reason given"]
            raise EmbeddedServicesError(
                f"The embedded PostgreSQL and Redis did not start in {folder}: {reason[0]} "
                "Look at supervisor.log and postgres.log there, or set DATABASE_URL and REDIS_URL to servers of your "
                "own."
            )
        time.sleep(0.05)
