"""The web processes: slow clients, and processes that die."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass

import psutil
import pytest

from devtools.embedded.attach import Services
from msi_admin.serve import hang_up_on_silent_readers
from tests.browser.demo import free_ports

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("servers")]

HEAD = (
    b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: msi-csrf=" + b"a" * 32 + b"\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n"
)
# A header that does not end, and a body of which the first letters have come.
SLOW = [HEAD + b"X-Slow: ", HEAD + b"\r\nlogin="]
# Whole requests, which were read in a time that grows with the square of their length: 9 seconds, and two minutes.
HARD_TO_READ = [
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX:" + b" " * 32_000 + b"x\r\n\r\n",
    b"GET a://" + b"1" * 32_000 + b" \xff HTTP/1.1\r\n\r\n",
]
THREADS = 4  # of two processes together


@dataclass(frozen=True)
class Keeper:
    process: psutil.Popen
    port: int


@contextmanager
def running() -> Iterator[Keeper]:
    """Two processes of two threads, which answer."""
    port = int(free_ports())
    options = ["--listen", f"127.0.0.1:{port}", "--processes", "2", "--threads", "2"]
    process = psutil.Popen([sys.executable, "-m", "msi_admin.serve", *options])
    try:
        wait_until(lambda: is_answered(port))
        yield Keeper(process, port)
    finally:
        with suppress(psutil.NoSuchProcess):
            children = process.children()
            process.terminate()
            process.wait(20)
            assert psutil.wait_procs(children, timeout=20)[1] == []


@pytest.fixture(scope="module")
def keeper(servers: Services) -> Iterator[Keeper]:
    """For all tests that leave it as it was."""
    with running() as started:
        yield started


def is_answered(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False


def wait_until(is_reached: object) -> None:
    deadline = time.monotonic() + 60
    while not is_reached():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("beginning", [*SLOW, *HARD_TO_READ], ids=["header", "body", "spaces", "address"])
def test_slow_clients_keep_nobody_waiting(keeper: Keeper, beginning: bytes) -> None:
    """Security statement 15: many more of them than there are threads."""
    clients = [socket.create_connection(("127.0.0.1", keeper.port)) for _ in range(25 * THREADS)]
    for client in clients:
        client.sendall(beginning)
    assert all(is_answered(keeper.port) for _ in range(5))
    for client in clients:
        client.close()


def test_a_client_that_does_not_read_keeps_nobody_waiting(keeper: Keeper) -> None:
    """Security statement 15: of a single packet of requests each answer was written, until a thread stood still."""
    asked = b"GET /static/tabler/css/tabler.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 60
    clients = [socket.create_connection(("127.0.0.1", keeper.port)) for _ in range(4 * THREADS)]
    for client in clients:
        client.sendall(asked)
    time.sleep(1)
    assert all(is_answered(keeper.port) for _ in range(5))
    for client in clients:
        client.close()


def test_a_head_request_is_answered_by_headers_alone(keeper: Keeper) -> None:
    """A proxy that keeps the connection takes what follows for the beginning of the next answer, somebody else's."""
    asked = b"%s /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: %s\r\n\r\n"
    answers = b""
    with socket.create_connection(("127.0.0.1", keeper.port), timeout=20) as client:
        client.sendall(asked % (b"HEAD", b"keep-alive"))
        answers += client.recv(10_000)
        client.sendall(asked % (b"GET", b"close"))
        while received := client.recv(10_000):
            answers += received
    first, second, body = answers.split(b"\r\n\r\n")
    assert b"Content-Length: 2" in first
    assert (second.startswith(b"HTTP/1.1 200"), body) == (True, b"ok")


def test_who_reads_nothing_is_hung_up_on() -> None:
    """What is kept for them would fill the disk."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hang_up_on_silent_readers(listening)
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000


def test_a_process_that_dies_is_replaced(keeper: Keeper) -> None:
    victim = keeper.process.children()[0]
    victim.kill()
    wait_until(lambda: len([one for one in keeper.process.children() if one.pid != victim.pid]) == 2)
    assert is_answered(keeper.port)


def test_nothing_is_left_when_the_keeper_is_killed() -> None:
    with running() as keeper:
        children = keeper.process.children()
        keeper.process.kill()
        keeper.process.wait()
        assert psutil.wait_procs(children, timeout=20)[1] == []


def test_what_cannot_start_ends() -> None:
    """A container is started again, and says why, instead of trying in silence; however long a start takes."""
    environment = os.environ | {"PRODUCTION": "true", "SECRET_KEY": "short"}
    options = ["--listen", f"127.0.0.1:{free_ports()}", "--processes", "1"]
    command = [sys.executable, "-m", "msi_admin.serve", *options]
    ended = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60)
    assert ended.returncode not in {0, -signal.SIGTERM}
