"""Through a company's proxy, with its own certificate authority: both are said by the environment."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clients import http
from clients.http import network_errors, open_session
from sandbox.testing import SandboxProcess

pytestmark = pytest.mark.servers

HOSTS = ["https://login.salesforce.com", "https://123-abc-456.mktorest.com"]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SandboxProcess, Path]]:
    """The sandbox as an HTTP proxy that opens TLS, and the authority of its certificates."""
    ca_file = tmp_path_factory.mktemp("proxy") / "ca.pem"
    with SandboxProcess.start(people=100, ca_file=ca_file) as process:
        yield process, ca_file


def status(host: str) -> int:
    path = "/services/data" if "salesforce" in host else "/identity/oauth/token"
    with network_errors("provider"), open_session(allowed_hosts=[host]) as session:
        return session.get(host + path).status_code


@pytest.mark.parametrize("host", HOSTS)
def test_calls_go_through_the_proxy(
    proxy: tuple[SandboxProcess, Path], monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    process, ca_file = proxy
    monkeypatch.setenv("HTTPS_PROXY", process.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
    process.delete("/_sandbox/calls")
    assert status(host) in (200, 401)
    assert process.get("/_sandbox/calls")


def test_an_authority_that_nobody_has_named_is_not_trusted(
    proxy: tuple[SandboxProcess, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    process, _ca_file = proxy
    monkeypatch.setenv("HTTPS_PROXY", process.url)
    with pytest.raises(http.Unreachable) as caught:
        status(HOSTS[0])
    assert caught.value.code == "certificate"


def test_a_proxy_opens_no_other_hosts(proxy: tuple[SandboxProcess, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    process, _ca_file = proxy
    monkeypatch.setenv("HTTPS_PROXY", process.url)
    with pytest.raises(http.UnexpectedAnswer) as caught, network_errors("provider"):
        open_session(allowed_hosts=HOSTS).get("https://www.example.com/")
    assert caught.value.code == "forbidden_host"
