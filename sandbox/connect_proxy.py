"""HTTP ``CONNECT`` on the plain port: clients with fixed hosts reach the sandbox through ``HTTPS_PROXY`` and a CA file.

The tunnel ends here: TLS is spoken with a certificate for the asked host, and the same application answers inside.
"""

import asyncio
import re
import ssl
from pathlib import Path
from typing import Any, Final

import trustme
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.header_names import SpellingTransport

# Login hosts, and My Domains: of production, of sandboxes and other kinds of orgs, of Setup, of the United States'
# government and of China (Salesforce help, "My Domain URL Formats").
SALESFORCE_HOSTS: Final = re.compile(
    r"(login|test)\.salesforce\.com|login\.sfcrmproducts\.cn|localhost|127\.0\.0\.1|"
    r"[a-z0-9-]+(\.(sandbox|develop|scratch|trailblaze|patch|demo))?\.my\."
    r"(salesforce\.com|salesforce-setup\.com|salesforce\.mil|sfcrmproducts\.cn)"
)
_CONNECT: Final = b"CONNECT "
_HEAD_END: Final = b"\r\n\r\n"


class Authority:
    """A throwaway certificate authority, and server contexts for the hosts it answers for."""

    def __init__(self, munchkin_id: str) -> None:
        self._authority = trustme.CA()
        self._marketo_host = f"{munchkin_id}.mktorest.com".lower()
        self._contexts: dict[str, ssl.SSLContext] = {}

    def write_to(self, path: Path) -> None:
        self._authority.cert_pem.write_to_path(str(path))

    def knows(self, host: str) -> bool:
        """Whether the host is one of Salesforce's or this Marketo instance's; any other instance does not exist."""
        return host == self._marketo_host or SALESFORCE_HOSTS.fullmatch(host) is not None

    def context(self, *hosts: str) -> ssl.SSLContext:
        """A server context for host names; made once for each."""
        key = " ".join(hosts)
        if key not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._authority.issue_cert(*hosts).configure_cert(context)
            self._contexts[key] = context
        return self._contexts[key]


class SandboxProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which spells the names of headers, and waits for its connection."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Inside a tunnel a request may come together with the end of the handshake, before its connection is made.
        self._early: list[bytes] | None = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(SpellingTransport(transport))  # type: ignore[arg-type]
        early, self._early = self._early or [], None
        for data in early:
            self.data_received(data)

    def data_received(self, data: bytes) -> None:
        if self._early is None:
            super().data_received(data)
        else:
            self._early.append(data)


class ConnectProxyProtocol(SandboxProtocol):
    """The same, which also takes ``CONNECT``. ``authority`` is set by a subclass."""

    authority: Authority

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head = b""
        self._opening: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._plain = transport
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self._head and not data.startswith(_CONNECT):
            super().data_received(data)
            return
        self._head += data
        if _HEAD_END in self._head:
            self._connect(self._head.split(b" ", 2)[1].decode("latin-1").rpartition(":")[0].lower())

    def _connect(self, host: str) -> None:
        if not self.authority.knows(host):
            # What a proxy says of a name that does not resolve.
            self.transport.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            self.transport.close()
            return
        # From here on the connection belongs to the protocol inside the tunnel.
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        self.transport.pause_reading()
        self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._opening = self.loop.create_task(self._open(host, self._plain))

    async def _open(self, host: str, plain: asyncio.Transport) -> None:
        inside = SandboxProtocol(self.config, self.server_state, self.app_state)
        try:
            transport = await self.loop.start_tls(plain, inside, self.authority.context(host), server_side=True)
        except (OSError, ssl.SSLError):
            # The client did not trust the certificate, or went away.
            plain.close()
            return
        if transport is not None:
            inside.connection_made(transport)
