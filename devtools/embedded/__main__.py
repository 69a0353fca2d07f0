"""The supervisor: runs PostgreSQL and Redis for as long as somebody uses them."""

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from devtools.embedded.postgres import Postgres
from devtools.embedded.redis import start_redis

POLL_SECONDS = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m devtools.embedded", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--temporary", action="store_true", help="delete the folder at the end")
    parser.add_argument("--remove", action="store_true", help="run nothing, delete the data")
    options = parser.parse_args()
    folder: Path = options.folder.resolve()
    if options.remove:
        remove(folder)
    else:
        keep(folder, temporary=options.temporary)


def remove(folder: Path) -> None:
    """Delete the data of `folder`, wherever it lies, unless somebody uses it."""
    if not folder.exists():
        return
    with (folder / "supervisor.lock").open("w") as supervisor:
        try:
            fcntl.flock(supervisor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"{folder} is in use, perhaps by a running demo. Stop it with Ctrl-C first.")
    Postgres(folder, durable=True).remove_leftovers(with_data=True)
    shutil.rmtree(folder)


def keep(folder: Path, *, temporary: bool) -> None:
    """Run both servers until no process holds the users' lock any more."""
    # The umask keeps the data folder closed to other users of the machine whatever the caller's setting.
    os.umask(0o077)
    # Released in reverse: who waits for the users' lock must find the supervisor's lock free.
    with (folder / "users.lock").open("w") as users, (folder / "supervisor.lock").open("w") as supervisor:
        fcntl.flock(supervisor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _go_to_background()
        postgres = Postgres(folder, durable=not temporary)
        with contextlib.ExitStack() as servers:
            redis, redis_url = _keep_redis(folder, servers)
            server = postgres.start()
            servers.callback(_stop, server, signal.SIGINT)
            _publish(folder, {"database_url": postgres.url, "redis_url": redis_url})
            while _are_used(users, [redis, server]):
                if server.poll() is not None:
                    sys.exit("The embedded PostgreSQL ended by itself; its log in this folder says why.")
                # It holds nothing that PostgreSQL does not know, so another one on the same socket takes its place.
                redis, _url = _keep_redis(folder, servers)
            (folder / "addresses.json").unlink(missing_ok=True)
        postgres.remove_leftovers(with_data=temporary)
        if temporary:
            shutil.rmtree(folder, ignore_errors=True)


def _go_to_background() -> None:
    """Return in a child that belongs to no terminal; the starter, which shares its locks, ends here."""
    if os.fork():
        os._exit(0)
    os.setsid()


def _publish(folder: Path, addresses: dict[str, str]) -> None:
    draft = folder / "addresses.draft"
    draft.write_text(json.dumps(addresses))
    draft.rename(folder / "addresses.json")


def _keep_redis(folder: Path, servers: contextlib.ExitStack) -> tuple["subprocess.Popen[bytes]", str]:
    redis, url = start_redis(folder)
    servers.callback(_stop, redis, signal.SIGTERM)
    return redis, url


def _are_used(users: IO[str], servers: list["subprocess.Popen[bytes]"]) -> bool:
    """Wait until nobody uses the servers any more, or, and then True, until one of them has ended."""
    while all(server.poll() is None for server in servers):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(POLL_SECONDS)
        else:
            return False
    return True


def _stop(server: subprocess.Popen[bytes], how: signal.Signals) -> None:
    server.send_signal(how)
    try:
        server.wait(timeout=20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main()
