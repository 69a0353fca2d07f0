"""Connections to addresses of the internet alone, whatever the name of a host leads to."""

import socket

from urllib3 import HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError

from clients.deadline import Deadline, WatchedConnection
from clients.hosts import ForbiddenHost, check_public


class _PublicConnection(WatchedConnection):
    """A connection to an address of the internet, whatever the name may resolve to."""

    def _new_conn(self) -> socket.socket:
        try:
            addresses = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            # What urllib3 raises itself: it takes this for a connection that was never made, and tries again.
            raise NameResolutionError(self.host, self, error) from error
        for *_rest, address in addresses:
            check_public(str(address[0]))
        connected = super()._new_conn()
        try:
            # The name may have been resolved to something else this time.
            check_public(connected.getpeername()[0])
        except ForbiddenHost:
            connected.close()
            raise
        return connected

    def _addresses(self, current: Deadline) -> list[str]:
        """
        Within a deadline the name is asked for again, and the addresses are connected to one by one: none that is not
        public, or whoever may choose them learns which doors of our network are open.
        """
        found = super()._addresses(current)
        for address in found:
            check_public(address)
        return found


class PublicConnectionPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection
