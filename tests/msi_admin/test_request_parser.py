"""What a web process makes of the bytes of a request."""

import pytest
from waitress.adjustments import Adjustments

from msi_admin.request_parser import Parser

GET = b"GET /healthz HTTP/1.1\r\nHost: console\r\n"


def read(request: bytes) -> Parser:
    parser = Parser(Adjustments())
    # Header and body one after the other.
    parser.received(request[parser.received(request) :])
    return parser


def test_a_request_is_read_as_it_was_sent() -> None:
    text = b"POST /a%20b?c=%20 HTTP/1.1\r\nA: \t b  c\t \r\nFolded:\r\n  d\r\nTwice: e\r\nTwice:f\r\nNone:\r\n"
    parser = read(text + b"Content-Length: 2\r\n\r\nhi")
    known = {"A": "b  c", "FOLDED": "d", "TWICE": "e, f", "NONE": "", "CONTENT_LENGTH": "2"}
    assert (parser.command, parser.path, parser.query, parser.headers) == ("POST", "/a b", "c=%20", known)
    assert parser.completed
    assert not parser.error
    assert parser.get_body_stream().read() == b"hi"


@pytest.mark.parametrize(
    "request_text",
    [
        b"GET a://1 \xff HTTP/1.1\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET /\n HTTP/1.1\r\n\r\n",
        b"GET\r\n\r\n",
        GET + b"X: \x01\r\n\r\n",
        GET + b"X: a\nb\r\n\r\n",
        GET + b"X Y: a\r\n\r\n",
        GET + b"X\r\n\r\n",
        # Of which waitress made errors of ours.
        b"GET http://[ HTTP/1.1\r\n\r\n",
        GET + b"Content-Length: " + b"1" * 5_000 + b"\r\n\r\n",
    ],
)
def test_what_nobody_can_read(request_text: bytes) -> None:
    parser = read(request_text)
    assert parser.completed
    assert parser.error.code == 400


@pytest.mark.parametrize("more", [b"", b"Expect: 100-continue\r\n", b"Content-Length: 2\r\n"])
def test_a_body_says_how_long_it_is(more: bytes) -> None:
    """Of one in chunks everything between them was kept in memory, 16 MB of each client."""
    parser = read(GET + b"Transfer-Encoding: chunked\r\n" + more + b"\r\n")
    assert (parser.completed, parser.error.code, parser.expect_continue) == (True, 411, False)


def test_an_address_is_not_endless() -> None:
    """One of 30 kB took half a second of a processor, for the lines of the log about it."""
    assert not read(b"GET /" + b"a" * 7_900 + b" HTTP/1.1\r\n\r\n").error
    parser = read(b"GET /" + b"a" * 8_000 + b" HTTP/1.1\r\n\r\n")
    assert (parser.completed, parser.error.code) == (True, 414)


@pytest.mark.parametrize(("behind", "is_last"), [(b"", False), (b"\r\n", False), (GET, True)])
def test_one_request_at_a_time(behind: bytes, is_last: bool) -> None:
    """A single packet of two hundred kept a thread busy for as long as two hundred pages take."""
    parser = Parser(Adjustments())
    parser.received(GET + b"\r\n" + behind)
    assert (parser.headers.get("CONNECTION") == "close") == is_last


def test_who_sends_no_body_is_not_asked_to_go_on() -> None:
    """Their request was never answered, and the next one over the connection became a part of it."""
    assert not read(GET + b"Expect: 100-continue\r\n\r\n").expect_continue
    assert read(GET + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n").expect_continue
