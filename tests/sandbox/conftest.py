from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox_process import SandboxProcess

PEOPLE = 1_000


@pytest.fixture(scope="session")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox") / "ca.pem"


@pytest.fixture(scope="session")
def sandbox_process(ca_file: Path) -> Iterator[SandboxProcess]:
    with SandboxProcess.start(
        people=PEOPLE, seed=7, epoch="2026-06-01", https_port=0, ca_file=ca_file, smtp_port=0
    ) as process:
        yield process


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> Iterator[SandboxProcess]:
    """The shared sandbox with roomy limits, nothing broken, and its switches put back afterwards."""
    switches = sandbox_process.get("/_sandbox/state")["switches"]
    sandbox_process.post("/_sandbox/switches", {"rate_limit": 100_000, "export_seconds": 0})
    yield sandbox_process
    sandbox_process.delete("/_sandbox/faults")
    sandbox_process.delete("/_sandbox/mailbox")
    sandbox_process.post("/_sandbox/switches", switches)
