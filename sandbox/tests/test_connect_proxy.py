"""Clients that know only the real hosts, through ``HTTPS_PROXY`` and the written authority."""

from pathlib import Path

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
