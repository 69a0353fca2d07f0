"""Calls that are over when their time is, however slowly an answer trickles."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock, Timer
from time import monotonic
from typing import Any, Self

import requests
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import Retry


class Deadline:
    """Ends, when its time is over, the connections that were made meanwhile, and those that are made later."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = monotonic() + seconds
        self._lock = Lock()
        self._connections: list[socket.socket] = []
        self._timer = Timer(seconds, self._end)
        self._timer.start()

    @property
    def left(self) -> float:
        """How many seconds of it are left."""
        return self._ends_at - monotonic()

    @property
    def is_over(self) -> bool:
        return self.left <= 0

    def watch(self, connection: socket.socket) -> None:
        with self._lock:
            # A second hold of the same connection: TLS takes the first one over.
            self._connections.append(connection.dup())
        if self.is_over:
            self._end()

    def _end(self) -> None:
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # it has ended by itself
                    connection.shutdown(socket.SHUT_RDWR)

    def cancel(self) -> None:
        self._timer.cancel()
        self._timer.join()
        for connection in self._connections:
            connection.close()


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """
    Calls inside end as requests.ReadTimeout when all of it takes longer: the time-out of a call is for each piece of an
    answer, and whoever sends one byte now and then would be listened to for ever.
    """
    this = Deadline(seconds)
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


class RetryOutsideDeadlines(Retry):
    """Within a deadline a connection that was not made is not tried again: whoever calls does it later."""

    def increment(self, *args: Any, **options: Any) -> Self:
        tried = self.new(connect=0) if _current.get() else self
        return super(RetryOutsideDeadlines, tried).increment(*args, **options)


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        current = _current.get()
        if current is None:
            return super()._new_conn()
        connected = self._connect_within(current)
        current.watch(connected)
        return connected

    def _connect_within(self, current: Deadline) -> socket.socket:
        """A name may have any number of addresses, each of which may be as slow as one may be."""
        failure: NewConnectionError | ConnectTimeoutError | None = None
        for address in self._addresses(current):
            try:
                return self._connect_to(address, current)
            except (NewConnectionError, ConnectTimeoutError) as error:
                failure = error
        raise failure or NewConnectionError(self, "The name has no address.")

    def _addresses(self, current: Deadline) -> list[str]:
        self._check(current)
        try:
            found = socket.getaddrinfo(self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        return list(dict.fromkeys(str(address[0]) for *_rest, address in found))

    def _connect_to(self, address: str, current: Deadline) -> socket.socket:
        self._check(current)
        name, usual = self._dns_host, self.timeout
        self._dns_host, self.timeout = address, min(usual or current.left, current.left)
        try:
            return super()._new_conn()
        finally:
            self._dns_host, self.timeout = name, usual

    def _check(self, current: Deadline) -> None:
        if current.is_over:
            raise ConnectTimeoutError(self, "Its time is over.")


class WatchedConnection(_Connection, HTTPSConnection):
    """A connection that ends with the deadline in which it is made."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = WatchedConnection


WATCHED_POOLS = {"http": _Pool, "https": _SecurePool}
