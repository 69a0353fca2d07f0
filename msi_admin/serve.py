"""
The web processes: `python -m msi_admin.serve --listen 0.0.0.0:8000`.

waitress takes in a request as a whole, however slowly it comes, before a thread sees it, and sends answers off without
one: a slow client costs a socket, not a thread, and no proxy has to protect us from it. It runs in one process, so this
keeps several of them on one socket, and puts another in the place of one that dies.
"""

import argparse
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from types import FrameType

import waitress.server

from common.stack import with_room

# Of each process. Whoever holds a connection open without a word for so long is hung up on.
CONNECTIONS, SILENT_SECONDS = 2_000, 60
# More than the console takes (msi_admin.middleware), so that it can say so; refused by the length it announces.
LARGEST_BODY = 16 * 1024 * 1024
LARGEST_HEADERS = 32 * 1024
# Of a body; what is longer goes into a file. Half a MB of each connection would be a GB of a process.
IN_MEMORY = 32 * 1024
LAST_ANSWERS_SECONDS = 60
# An answer is written to its end, into a temporary file if it is long, whoever reads it how slowly: waitress would keep
# a thread waiting for a client that has not read 16 MB, of one answer or of many that it asked for at once.
LONGEST_ANSWERS = 1024 * 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 after SIGTERM or SIGINT, otherwise that of a process that could not start."""
    parser = argparse.ArgumentParser(prog="python -m msi_admin.serve", description="Serve the console.")
    parser.add_argument("--listen", default="127.0.0.1:8000", help="address and port (%(default)s)")
    parser.add_argument("--processes", type=int, default=2, help="(%(default)s)")
    parser.add_argument("--threads", type=int, default=8, help="of each process: pages made at a time (%(default)s)")
    parser.add_argument("--socket", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--started", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.socket is not None:
        _serve(given.socket, given.started, given.threads)
        return 0
    host, _colon, port = given.listen.rpartition(":")
    with socket.create_server((host, int(port)), backlog=1024) as listening:
        hang_up_on_silent_readers(listening)
        return Keeper(listening.fileno(), given.threads).keep(given.processes)


def hang_up_on_silent_readers(listening: socket.socket) -> None:
    """
    Let every connection end over which nothing can be sent for so long (tcp(7), TCP_USER_TIMEOUT, which they inherit):
    waitress looks at what comes in only, and what nobody reads would stay for ever.
    """
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_SECONDS * 1000)


@dataclass(frozen=True)
class Kept:
    """A process, and the end of a pipe to which it says that it serves."""

    process: "subprocess.Popen[bytes]"
    started: int

    def failure(self) -> int:
        """
        The exit code of one that has ended without ever having served: something is wrong that starting again does not
        mend. 0 for all others; whoever was killed, by a signal, might have been able to start.
        """
        has_served = os.read(self.started, 1)
        os.close(self.started)
        return 0 if has_served else max(self.process.returncode, 0)


class Keeper:
    """Keeps so many processes running until it is told to stop."""

    def __init__(self, listening: int, threads: int) -> None:
        self._command = [sys.executable, "-m", "msi_admin.serve", "--socket", str(listening), "--threads", str(threads)]
        self._listening = listening
        self._is_told_to_stop = False

    def keep(self, number: int) -> int:
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, self._stop)
        running = [self._start() for _ in range(number)]
        code = 0
        while not self._is_told_to_stop and not code:
            time.sleep(0.2)
            for ended in [one for one in running if one.process.poll() is not None]:
                running.remove(ended)
                code = code or ended.failure()
                running += [] if code else [self._start()]
        _end([kept.process for kept in running])
        return 0 if self._is_told_to_stop else code

    def _start(self) -> Kept:
        started, says_so = os.pipe()
        command = [*self._command, "--started", str(says_so)]
        # It ends when the other end of its standard input is gone, however we died.
        process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[self._listening, says_so])
        os.close(says_so)
        return Kept(process, started)

    def _stop(self, _sign: int, _frame: FrameType | None) -> None:
        self._is_told_to_stop = True


def _end(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()
        if process.stdin:
            process.stdin.close()


def _serve(listening: int, started: int, threads: int) -> None:
    """What each process does. Requests that are being answered are answered to their end, for up to a minute."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the keeper says when
    threading.Thread(target=_end_with_keeper, daemon=True).start()
    from msi_admin.request_parser import Channel
    from msi_admin.wsgi import application

    _leave_threads(threads)
    server = waitress.server.create_server(
        with_room(application),
        sockets=[socket.socket(fileno=listening)],
        threads=threads,
        connection_limit=_connections(),
        asyncore_use_poll=True,
        channel_timeout=SILENT_SECONDS,
        max_request_body_size=LARGEST_BODY,
        max_request_header_size=LARGEST_HEADERS,
        inbuf_overflow=IN_MEMORY,
        outbuf_high_watermark=LONGEST_ANSWERS,
        # Django reads them, and believes as many proxies as TRUSTED_PROXIES says.
        clear_untrusted_proxy_headers=False,
        ident="",
    )
    server.channel_class = Channel
    # Five seconds are its own patience, less than an export takes.
    dispatcher = server.task_dispatcher
    dispatcher.shutdown = partial(dispatcher.shutdown, timeout=LAST_ANSWERS_SECONDS)
    os.write(started, b"1")
    os.close(started)
    server.run()


def _leave_threads(threads: int) -> None:
    """Whatever one company's pages wait for, some are left to the others, or come back in seconds."""
    from django.db.backends.signals import connection_created

    from accounts import sign_in_limits
    from common.locks import wait_briefly
    from connections import asking
    from salesforce_orgs import returning

    connection_created.connect(wait_briefly)
    for places in (asking.all_places, returning.places, sign_in_limits.hashing):
        places.share_of(threads)


def _leave(_sign: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _end_with_keeper() -> None:
    # Not through Python's buffer, whose lock would outlive the thread.
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _connections() -> int:
    """As many as there may be open files, with one for the body of each, but for those of the console itself."""
    _soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return min(CONNECTIONS, (most - 200) // 2) if most != resource.RLIM_INFINITY else CONNECTIONS


if __name__ == "__main__":
    sys.exit(main())
