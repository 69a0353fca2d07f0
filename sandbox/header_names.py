"""Names of headers as the vendors write them: some clients look for them letter by letter, against RFC 9110."""

import asyncio
from functools import cache
from typing import Any, Final

_OWN: Final = {
    b"etag": b"ETag",
    b"www-authenticate": b"WWW-Authenticate",
    b"sforce-numberofrecords": b"Sforce-NumberOfRecords",
}
_ANSWER: Final = b"HTTP/1.1 "


@cache
def spelled(name: bytes) -> bytes:
    """``content-type`` as ``Content-Type``."""
    return _OWN.get(name, b"-".join(part.capitalize() for part in name.split(b"-")))


class SpellingTransport:
    """Passes everything on; the head of an answer, which uvicorn writes as one piece, with its names spelled."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._transport.write(_respelled(data) if data.startswith(_ANSWER) else data)


def _respelled(head: bytes) -> bytes:
    status, *lines = head.split(b"\r\n")
    return b"\r\n".join([status, *map(_line, lines)])


def _line(line: bytes) -> bytes:
    name, colon, value = line.partition(b":")
    return spelled(name) + colon + value
