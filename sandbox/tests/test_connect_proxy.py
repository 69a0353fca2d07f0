"""Clients that know only the real hosts, through ``HTTPS_PROXY`` and the written authority."""

import http.client
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import CREDENTIALS

pytestmark = pytest.mark.servers


def fetch(sandbox: SandboxProcess, ca_file: Path, url: str, **options: object) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": sandbox.url}
        session.verify = str(ca_file)
        return session.get(url, timeout=10, **options)  # type: ignore[arg-type]


def test_marketo_and_salesforce_answer_at_their_own_hosts(sandbox: SandboxProcess, ca_file: Path) -> None:
    identity = fetch(sandbox, ca_file, "https://123-abc-456.mktorest.com/identity/oauth/token", params=CREDENTIALS)
    assert identity.json()["token_type"] == "bearer"
    for host in ("login.salesforce.com", "acme.my.salesforce.com", "acme--dev.sandbox.my.salesforce.com"):
        assert fetch(sandbox, ca_file, f"https://{host}/services/data").json()[0]["version"]
    assert {call["path"] for call in sandbox.get("/_sandbox/calls")} >= {"/identity/oauth/token", "/services/data"}


def test_a_wrong_munchkin_id_and_foreign_hosts_do_not_exist(sandbox: SandboxProcess, ca_file: Path) -> None:
    for host in ("999-abc-999.mktorest.com", "www.example.com"):
        with pytest.raises(requests.exceptions.ProxyError):
            fetch(sandbox, ca_file, f"https://{host}/identity/oauth/token", params=CREDENTIALS)


def test_without_the_authority_the_certificate_is_refused(sandbox: SandboxProcess) -> None:
    with requests.Session() as session, pytest.raises(requests.exceptions.SSLError):
        session.get("https://login.salesforce.com/services/data", proxies={"https": sandbox.url}, timeout=10)


def test_it_stops_while_a_tunnel_is_open(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    process = SandboxProcess.start(people=100, ca_file=ca_file)
    with requests.Session() as session:
        url = "https://login.salesforce.com/services/data"
        assert session.get(url, proxies={"https": process.url}, verify=str(ca_file), timeout=10).ok
        assert process.stop() == 0


LOGIN = b"""<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>
<n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>admin@acme.example</n1:username>
<n1:password>sandbox-password</n1:password></n1:login></env:Body></env:Envelope>"""
HEAD = b"POST /services/Soap/u/59.0 HTTP/1.1\r\nHost: login.salesforce.com\r\nContent-Length: %d\r\n\r\n" % len(LOGIN)


class Tunnel:
    """A client inside a tunnel that decides itself which bytes travel together."""

    def __init__(self, sandbox: SandboxProcess, ca_file: Path) -> None:
        self.socket = socket.create_connection(("127.0.0.1", urlsplit(sandbox.url).port), timeout=5)
        self.socket.sendall(b"CONNECT login.salesforce.com:443 HTTP/1.1\r\nHost: login.salesforce.com\r\n\r\n")
        assert b"200 Connection established" in self.socket.recv(1000)
        self.came, self.goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=str(ca_file))
        self.tls = context.wrap_bio(self.came, self.goes, server_hostname="login.salesforce.com")

    def shake_hands(self) -> None:
        """To the end, which is not sent yet."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.send()
                self.came.write(self.socket.recv(65_536))
            else:
                return

    def send(self) -> None:
        self.socket.sendall(self.goes.read())

    def read_to(self, end: bytes) -> bytes:
        text = b""
        while end not in text:
            try:
                text += self.tls.read(65_536)
            except ssl.SSLWantReadError:
                self.came.write(self.socket.recv(65_536))
        return text


def test_a_body_that_comes_apart_from_its_head_is_waited_for(sandbox: SandboxProcess, ca_file: Path) -> None:
    """The head travels with the end of the handshake, as clients of TLS 1.3 do."""
    tunnel = Tunnel(sandbox, ca_file)
    with tunnel.socket:
        tunnel.shake_hands()
        tunnel.tls.write(HEAD)
        tunnel.send()
        tunnel.tls.write(LOGIN)
        tunnel.send()
        assert b"<sessionId>" in tunnel.read_to(b"</soapenv:Envelope>")


def test_a_client_that_goes_away_leaves_no_traceback(tmp_path: Path) -> None:
    with (tmp_path / "errors").open("w+") as errors:
        process = SandboxProcess.start(errors=errors, people=10)
        try:
            with socket.create_connection(("127.0.0.1", urlsplit(process.url).port), timeout=5) as client:
                client.sendall(HEAD)
            assert requests.get(f"{process.url}/services/data", timeout=10).ok
        finally:
            process.stop()
        errors.seek(0)
        assert "Traceback" not in errors.read()


def test_headers_are_spelled_as_the_vendors_spell_them(sandbox: SandboxProcess) -> None:
    for path in ("/services/data", "/identity/oauth/token"):
        client = http.client.HTTPConnection("127.0.0.1", urlsplit(sandbox.url).port or 0, timeout=10)
        client.request("GET", path)
        names = [name for name, _value in client.getresponse().getheaders()]
        client.close()
        assert "Content-Type" in names
        assert all(name[0].isupper() for name in names), names
