"""Where this console may call: names, and the addresses they lead to."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clients import http
from clients.hosts import ForbiddenHost, check_instance_url, check_public, normalise_marketo_endpoint
from clients.hosts import salesforce_login_origin as login_origin
from notifications.models import Trouble
from notifications.senders.posting import post
from notifications.senders.taking import NotTaken
from sandbox.testing import SandboxProcess

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
ORIGIN = "https://acme.my.salesforce.com"
Resolve = Callable[..., None]

# Tricks of users, ports, paths, other spellings of local addresses, look-alike letters, line breaks, schemes.
HOSTILE = [
    "https://evil.example",
    "https://evil.example/acme.my.salesforce.com",
    "https://evil.example/?.salesforce.com",
    "https://evil.example#.salesforce.com",
    "https://evil.example\\.salesforce.com",
    "https://evil.example\\@acme.my.salesforce.com",
    "https://evil.example%2f.my.salesforce.com",
    "https://evil.example%00.my.salesforce.com",
    "https://salesforce.com.evil.example",
    "https://acme.my.salesforce.com.evil.example",
    "https://acme.my.salesforce.com@evil.example",
    "https://user:word@acme.my.salesforce.com",
    "https://evilsalesforce.com",
    "https://123-ABC-456.mktorest.com.evil.example",
    "https://123-ABC-456.mktorest.com@evil.example",
    "https://evil.example/123-ABC-456.mktorest.com",
    "https://123-ABC-456.mktorest.com:8443",
    "https://123-ABC-456.evilmktorest.com",
    "http://123-ABC-456.mktorest.com",
    "http://acme.my.salesforce.com",
    "https://acme.my.salesforce.com:444",
    "https://acme.my.salesforce.com:443@evil.example",
    "https://acme.my.ſalesforce.com",
    "https://acme.my.salesforce.com。",
    "https://acme.my.salesforce.com\r\nHost: evil.example",
    "https://acme.my.salesforce.com\t.evil.example",
    "//acme.my.salesforce.com",
    "ftp://acme.my.salesforce.com",
    "file:///etc/passwd",
    "javascript:alert(1)//.salesforce.com",
    "gopher://acme.my.salesforce.com",
    "https://169.254.169.254",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::ffff:169.254.169.254]",
    "https://127.0.0.1",
    "https://0x7f000001",
    "https://2130706433",
    "https://[::1]",
    "https://localhost",
    "https://metadata.google.internal",
    "http://127.0.0.1:8002",
]
PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "2002:7f00:1::",
    "::127.0.0.1",
    "::a9fe:a9fe",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "192.0.0.8",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::ffff:224.0.0.1",
    "2001::1",
    "2001:db8::1",
    "ff02::1",
    "ff0e::1",
    "fec0::1",
    "::ffff:0:7f00:1",
    "400::1",
    "4000::1",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_hostile_addresses_are_refused(url: str) -> None:
    """Security statement 12: 40 hostile URLs, wherever an address is typed or returned."""
    with pytest.raises(ForbiddenHost):
        check_instance_url(url, extra_origins=["http://127.0.0.1:8001"])
    with pytest.raises(ForbiddenHost):
        normalise_marketo_endpoint(url, extra_hosts=["http://127.0.0.1:8001"])


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_my_domain_is_refused_or_only_a_name_under_salesforce(url: str) -> None:
    """Security statement 12: a single word is a possible My Domain, whatever it means elsewhere."""
    with contextlib.suppress(ForbiddenHost):
        origin = login_origin("my_domain", url, local_origin=None)
        assert re.fullmatch(r"https://[a-z0-9]+\.my\.salesforce\.com", origin)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_known(address: str) -> None:
    """Security statement 12: loopback, private and metadata addresses."""
    with pytest.raises(ForbiddenHost):
        check_public(address)
    for public in ("13.110.54.1", "2a00:1450:4001::1", "64:ff9b::13.110.54.1"):
        check_public(public)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy resolves names itself: behind one there would be nothing to refuse."""
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Say what names lead to: the addresses of one question after the other, the last for good."""

    def to(*answers: tuple[str, int]) -> None:
        left = list(answers)

        def getaddrinfo(*_asked: Any, **_options: Any) -> list[tuple[Any, ...]]:
            address = left.pop(0) if len(left) > 1 else left[0]
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            return [(family, socket.SOCK_STREAM, 6, "", address)]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return to


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1"])
def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(resolve: Resolve, address: str) -> None:
    """Security statement 12: also a name of the provider that DNS answers with an address of our own network."""
    resolve((address, 443))
    for origin in (ORIGIN, "https://123-abc-456.mktorest.com", "https://login.salesforce.com"):
        session = http.open_session(allowed_hosts=[origin])
        with pytest.raises(http.UnexpectedAnswer, match="forbidden_host"), http.network_errors("salesforce"):
            session.get(f"{origin}/services/data")


class Silent(BaseHTTPRequestHandler):
    """Counts who comes."""

    callers = 0

    def handle(self) -> None:
        type(self).callers += len(self.request.recv(1))


@pytest.fixture
def inside() -> Iterator[int]:
    """The port of a server of our own network."""
    Silent.callers = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_name_that_changes_between_question_and_connection_is_refused(resolve: Resolve, inside: int) -> None:
    """Security statement 12: DNS rebinding; the address that was connected to counts, and it gets no byte."""
    resolve(("13.110.54.1", 443), ("127.0.0.1", inside))
    session = http.open_session(allowed_hosts=[ORIGIN])
    with pytest.raises(http.UnexpectedAnswer, match="forbidden_host"), http.network_errors("salesforce"):
        session.get(f"{ORIGIN}/services/data")
    assert Silent.callers == 0


def test_whoever_chooses_the_addresses_of_a_name_learns_no_door_of_our_network(resolve: Resolve, inside: int) -> None:
    """Security statement 12: a receiver of messages; a closed door was told from an open one."""
    resolve(("13.110.54.1", 443), ("127.0.0.1", inside))
    for _port in ("open", "closed"):
        with pytest.raises(NotTaken) as refusal:
            post("https://rebound.example/hook", b"{}", {})
        assert refusal.value.trouble == Trouble.FORBIDDEN_HOST
        resolve(("13.110.54.1", 443), ("127.0.0.1", 1))


def test_a_name_that_is_not_resolved_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def getaddrinfo(*question: Any, **_options: Any) -> list[Any]:
        asked.append(question)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    session = http.open_session(allowed_hosts=[ORIGIN])
    with pytest.raises(http.Unreachable), http.network_errors("salesforce"):
        session.post(f"{ORIGIN}/services/data")
    assert len(asked) == 3


def test_behind_a_proxy_public_names_are_left_to_the_proxy(
    resolve: Resolve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = tmp_path / "ca.pem"
    with SandboxProcess.start(people=1, ca_file=authority) as process:
        resolve(("127.0.0.1", int(process.url.rpartition(":")[2])))  # what the name of the proxy leads to
        monkeypatch.setenv("HTTPS_PROXY", process.url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
        session = http.open_session(allowed_hosts=[ORIGIN])
        assert session.get(f"{ORIGIN}/services/data").json()[0]["version"]


def test_a_local_server_of_the_settings_may_be_called(inside: int) -> None:
    session = http.open_session(allowed_hosts=[f"http://127.0.0.1:{inside}"])
    with pytest.raises(http.Unreachable), http.network_errors("marketo"):
        session.get(f"http://127.0.0.1:{inside}/")
    assert Silent.callers == 1
