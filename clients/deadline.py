"""Calls that are over when their time is, however slowly an answer trickles."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock, Timer

import requests
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class _Deadline:
    """Ends, when its time is over, the connections that were made meanwhile, and those that are made later."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._lock = Lock()
        self._connections: list[socket.socket] = []
        self._timer = Timer(seconds, self._end)
        self._timer.start()

    def watch(self, connection: socket.socket) -> None:
        with self._lock:
            # A second hold of the same connection: TLS takes the first one over.
            self._connections.append(connection.dup())
        if self.is_over:
            self._end()

    def _end(self) -> None:
        self.is_over = True
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # it has ended by itself
                    connection.shutdown(socket.SHUT_RDWR)

    def cancel(self) -> None:
        self._timer.cancel()
        self._timer.join()
        for connection in self._connections:
            connection.close()


_current: ContextVar[_Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """
    Calls inside end as requests.ReadTimeout when all of it takes longer: the time-out of a call is for each piece of an
    answer, and whoever sends one byte now and then would be listened to for ever.
    """
    this = _Deadline(seconds)
    token = _current.set(this)
    try:
        yield
    except requests.RequestException:
        if not this.is_over:
            raise
    finally:
        _current.reset(token)
        this.cancel()
    # Also where all seems well: headers that are cut off pass for whole ones.
    if this.is_over:
        raise requests.ReadTimeout


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        if current := _current.get():
            current.watch(connected)
        return connected


class WatchedConnection(_Connection, HTTPSConnection):
    """A connection that ends with the deadline in which it is made."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = WatchedConnection


WATCHED_POOLS = {"http": _Pool, "https": _SecurePool}
