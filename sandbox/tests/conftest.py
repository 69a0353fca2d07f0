from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo
from sandbox.tests.salesforce_browser import Api, Browser, connect

PEOPLE = 1_000
CLIENTS = """
[[marketo_clients]]
client_id = "second-service"
client_secret = "second-secret"

[[marketo_clients]]
client_id = "reports"
client_secret = "reports-secret"
user = "reports@acme.example"
permissions = ["Read-Only Lead"]
"""


@pytest.fixture(scope="session")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox") / "ca.pem"


@pytest.fixture(scope="session")
def sandbox_process(ca_file: Path) -> Iterator[SandboxProcess]:
    config = ca_file.with_name("sandbox.toml")
    config.write_text(CLIENTS)
    with SandboxProcess.start(
        company="tidy",
        people=PEOPLE,
        seed=7,
        epoch="2026-06-01",
        https_port=0,
        ca_file=ca_file,
        smtp_port=0,
        config=config,
    ) as process:
        yield process


@pytest.fixture
def marketo(sandbox: SandboxProcess) -> Marketo:
    """A caller with every permission."""
    return Marketo(sandbox.url)


@pytest.fixture
def reports(sandbox: SandboxProcess) -> Marketo:
    """A caller of another API user, who may read people and nothing else."""
    return Marketo(sandbox.url, client_id="reports", client_secret="reports-secret")


@pytest.fixture
def api(sandbox: SandboxProcess) -> Api:
    """Salesforce's API, with a new connection of the administrator."""
    return Api(sandbox, connect(sandbox)["access_token"])


@pytest.fixture
def browser(sandbox: SandboxProcess) -> Iterator[Browser]:
    """A person in front of Salesforce's pages."""
    with Browser(sandbox) as browser:
        yield browser


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> Iterator[SandboxProcess]:
    """The shared sandbox as at its start, with roomy limits and bulk jobs that end at once."""
    sandbox_process.post("/_sandbox/switches", {"rate_limit": 100_000, "export_seconds": 0, "bulk_seconds": 0})
    yield sandbox_process
    sandbox_process.reset()
