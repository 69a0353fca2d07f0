"""
How requests are read as they come in: by the one thread that all clients of a web process share, before anybody knows
who sends them. Nothing here takes longer than their length, or is kept in memory beyond it.
"""

import re

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError, get_header_lines
from waitress.utilities import Error

# RFC 9112, "Request Line", as waitress reads it.
_START = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++ [^ ]++(?: HTTP/[0-9]\.[0-9])?")
# As the same RFC recommends. Each line of the log about a request has its address, and is searched for secrets.
LONGEST_START = 8_000
_FORBIDDEN = re.compile(rb"[^\t\x20-\x7e\x80-\xff]")


class LengthRequired(Error):  # type: ignore[misc]
    code = 411
    reason = "Length Required"


class UriTooLong(Error):  # type: ignore[misc]
    code = 414
    reason = "URI Too Long"


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """
    waitress's regular expressions go back and forth over white space before a value, and over a first line that they do
    not match: 32 kB kept every client of a process waiting for nine seconds, or for two minutes. They see neither here.

    A body says how long it is (RFC 9110, "411 Length Required"), as those of browsers do: of one in chunks waitress
    keeps the line before each, and what follows the last, in memory, and reads it anew with every packet: of the 16 MB
    that a body may have that took half a minute.
    """

    def received(self, data: bytes) -> int:
        """
        How much of it belongs to this request. Whoever sends the next one before the answer (no browser does, nor does
        a proxy) must send it again: two hundred in one packet kept a thread busy for as long as two hundred pages take.
        """
        consumed: int = super().received(data)
        if self.completed and data[consumed:].strip():
            self.headers["CONNECTION"] = "close"
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Raises ParsingError for what nobody can read."""
        start, _, fields = header_plus.partition(b"\r\n")
        if len(start) > LONGEST_START:
            self.error = UriTooLong(f"The first line is longer than {LONGEST_START} characters.")
            return
        if not _START.fullmatch(start.rstrip()):
            raise ParsingError("Start line is invalid")
        lines = [_trimmed(line) for line in get_header_lines(fields)]
        try:
            super().parse_header(b"\r\n".join([start, *lines, b""]))
        except ValueError:  # an address such as http://[, a length of 5,000 digits
            raise ParsingError("The request is invalid") from None
        if self.chunked:
            self.body_rcv, self.error = None, LengthRequired("Send the request with a Content-Length.")
        if self.body_rcv is None:
            # Nobody is asked to go on with nothing: waitress would take the next request for a part of this one.
            self.expect_continue = False


class Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = Parser


def _trimmed(line: bytes) -> bytes:
    """A header without the white space around its value, which is none of it (RFC 9110, "Field Values")."""
    name, colon, value = line.partition(b":")
    if _FORBIDDEN.search(value):
        raise ParsingError("Invalid header")
    return name + colon + value.strip(b" \t")
