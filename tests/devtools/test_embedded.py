"""The embedded PostgreSQL and Redis: shared while used, gone afterwards."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis

from tests.waiting import wait_until

pytestmark = pytest.mark.servers

USER = """
import sys
from pathlib import Path
from devtools.embedded.attach import attach
services = attach(Path(sys.argv[1]), temporary=len(sys.argv) > 2)
print(services.database_url, services.redis_url, flush=True)
sys.stdin.read()
"""


class User:
    """A process that uses the embedded servers until it is told to end."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(folder), *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.addresses = self.process.stdout.readline().split()

    def end(self) -> None:
        self.process.communicate("")


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="msi-embedded-"))
    path.chmod(0o711)
    yield path
    wait_until(lambda: not servers_of(path))
    shutil.rmtree(path, ignore_errors=True)


def servers_of(folder: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter(["cmdline"]) if mentions(process, folder)]


def mentions(process: psutil.Process, folder: Path) -> bool:
    command = " ".join(process.info["cmdline"] or [])
    return str(folder) in command and ("postgres" in command or "redis-server" in command)


def test_processes_share_the_servers_and_the_last_one_stops_them(folder: Path) -> None:
    first, second = User(folder), User(folder)
    assert first.addresses == second.addresses
    first.end()
    assert servers_of(folder)
    second.end()
    wait_until(lambda: not servers_of(folder))


def test_a_killed_user_leaves_nothing_running(folder: Path) -> None:
    user = User(folder)
    os.kill(user.process.pid, signal.SIGKILL)
    user.process.communicate()
    wait_until(lambda: not servers_of(folder))


def test_data_survives_until_the_next_start(folder: Path) -> None:
    import psycopg

    user = User(folder)
    with psycopg.connect(user.addresses[0], autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int)")
    user.end()
    again = User(folder)
    with psycopg.connect(again.addresses[0]) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    again.end()


def test_a_temporary_folder_disappears(folder: Path) -> None:
    import psycopg

    user = User(folder / "short-lived", "temporary")
    with psycopg.connect(user.addresses[0]) as connection:
        # Killed, it would leave a megabyte of any other kind in /dev/shm.
        assert connection.execute("SHOW dynamic_shared_memory_type").fetchone() == ("mmap",)
    user.end()
    wait_until(lambda: not (folder / "short-lived").exists())


def test_two_folders_run_side_by_side(folder: Path) -> None:
    one, two = User(folder / "one"), User(folder / "two")
    assert set(one.addresses).isdisjoint(two.addresses)
    one.end()
    two.end()


def test_a_folder_with_a_long_name_still_gets_sockets(folder: Path) -> None:
    user = User(folder / ("long" * 30))
    assert all(user.addresses)
    user.end()


def test_a_killed_supervisor_does_not_block_the_next_start(folder: Path) -> None:
    user = User(folder)
    supervisor = next(parent for parent in servers_of(folder)[0].parents() if "devtools.embedded" in parent.cmdline())
    supervisor.kill()
    # Until it is dead it has its lock: whoever comes in that moment takes it for one that works.
    wait_until(lambda: is_dead(supervisor))
    user.process.kill()
    user.process.communicate()
    again = User(folder)
    assert again.addresses
    again.end()


def is_dead(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_killed_redis_is_replaced_and_postgresql_lives_on(folder: Path) -> None:
    import psycopg

    user = User(folder)
    database, cache = user.addresses
    [victim] = [server for server in servers_of(folder) if "redis-server" in " ".join(server.cmdline())]
    with psycopg.connect(database, autocommit=True) as connection:
        victim.kill()
        wait_until(lambda: answers(redis.Redis.from_url(cache)))
        assert connection.execute("SELECT 1").fetchone() == (1,)
    user.end()


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.exceptions.ConnectionError:
        return False
    finally:
        client.close()


def test_data_in_use_is_not_removed(folder: Path) -> None:
    user = User(folder)
    refused = remove(folder)
    assert refused.returncode
    assert "Ctrl-C" in refused.stderr
    user.end()
    wait_until(lambda: not servers_of(folder))
    assert remove(folder).returncode == 0
    assert not folder.exists()


def remove(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "devtools.embedded", str(folder), "--remove"]
    return subprocess.run(command, capture_output=True, text=True, check=False)
