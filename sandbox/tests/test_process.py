"""Starting and stopping ``python -m sandbox``."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.testing import ROOT, SandboxProcess
from sandbox.tests.marketo_api import Marketo

pytestmark = pytest.mark.servers


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )


def test_https_with_the_written_authority(sandbox: SandboxProcess, ca_file: Path) -> None:
    answer = requests.get(f"{sandbox.https_url}/_sandbox/state", verify=str(ca_file), timeout=10)
    assert answer.json()["people"] > 0


def test_it_stops_on_a_signal_with_exit_code_0_even_while_a_call_stalls() -> None:
    process = SandboxProcess.start(people=100)
    process.post("/_sandbox/faults", {"path": "describe", "kind": "stall"})
    token = Marketo(process.url).token
    headers = {"Authorization": f"Bearer {token}"}
    with requests.get(f"{process.url}/rest/v1/leads/describe.json", headers=headers, stream=True, timeout=10):
        assert process.stop() == 0


def test_taken_port_is_one_sentence(sandbox: SandboxProcess) -> None:
    result = run("--port", str(urlsplit(sandbox.url).port))
    assert result.returncode == 1
    assert "cannot listen on" in result.stderr
    assert result.stderr.count("\n") == 1


def test_help_names_every_flag() -> None:
    text = run("--help").stdout
    flags = "--port --https-port --smtp-port --ca-file --people --seed --epoch --client-id --consumer-key --config"
    assert all(flag in text for flag in flags.split())


def test_config_file_is_read_and_flags_win(tmp_path: Path) -> None:
    config = tmp_path / "sandbox.toml"
    config.write_text('people = 150\nclient_secret = "from-file"\nepoch = 2026-03-01\n')
    with SandboxProcess.start(config=config, company="tidy", people=120) as process:
        assert process.get("/_sandbox/state")["people"] == 120
        given = {"grant_type": "client_credentials", "client_id": "sandbox-client-id", "client_secret": "from-file"}
        assert requests.get(f"{process.url}/identity/oauth/token", params=given, timeout=10).status_code == 200


def test_unknown_name_in_the_config_file_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "sandbox.toml"
    config.write_text("pepole = 1\n")
    result = run("--config", str(config))
    assert result.returncode == 2
    assert "pepole" in result.stderr


def test_same_seed_same_bytes_in_another_process(sandbox: SandboxProcess) -> None:
    with (
        SandboxProcess.start(people=1_000, seed=7, epoch="2026-06-01") as other,
        SandboxProcess.start(people=1_000, seed=8, epoch="2026-06-01") as different,
    ):
        processes = (sandbox, other, different)
        sums = [Marketo(process.url).export(fields=["id", "lastName"])["fileChecksum"] for process in processes]
    assert sums[0] == sums[1] != sums[2]
