"""Troubles on demand, beyond those of single answers in test_control."""

import hashlib
import time

import pytest

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import EXPORTS, Marketo

DESCRIBE = "/rest/v1/leads/describe.json"


@pytest.mark.parametrize(("kind", "codes"), [("token_expired", ["602", "601"]), ("token_revoked", ["601", "601"])])
def test_a_token_can_end_in_the_middle(sandbox: SandboxProcess, marketo: Marketo, kind: str, codes: list[str]) -> None:
    sandbox.post("/_sandbox/faults", {"path": "describe", "kind": kind, "nth": 2})
    assert marketo.get(DESCRIBE)["success"]
    assert [marketo.error(DESCRIBE), marketo.error(DESCRIBE)] == codes
    assert Marketo(sandbox.url).get(DESCRIBE)["success"]


def test_faults_of_one_client_spare_the_others(sandbox: SandboxProcess, marketo: Marketo, reports: Marketo) -> None:
    sandbox.post("/_sandbox/faults", {"path": "describe", "kind": "marketo:611", "client_id": "reports"})
    assert marketo.get(DESCRIBE)["success"]
    assert reports.error(DESCRIBE) == "611"


def test_a_slow_first_byte(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/faults", {"path": "describe", "kind": "delay", "seconds": 0.3, "count": 1})
    started = time.monotonic()
    assert marketo.get(DESCRIBE)["success"]
    assert time.monotonic() - started >= 0.3


def test_one_byte_of_a_file_can_be_wrong(sandbox: SandboxProcess, marketo: Marketo) -> None:
    job = marketo.export()
    sandbox.post("/_sandbox/faults", {"path": "file.json", "kind": "corrupt", "count": 1, "after_bytes": 1_000})
    bad, good = (marketo.file(job["exportId"]).content for _ in range(2))
    assert [position for position in range(len(good)) if bad[position] != good[position]] == [1_000]
    assert hashlib.sha256(good).hexdigest() == job["fileChecksum"].removeprefix("sha256:")


def test_an_error_can_have_any_text(sandbox: SandboxProcess, marketo: Marketo) -> None:
    quota = "Export daily quota 500MB exceeded."
    sandbox.post("/_sandbox/faults", {"path": "enqueue", "kind": "marketo:1029", "message": quota, "count": 1})
    refused = marketo.enqueue(marketo.create()["result"][0]["exportId"])
    assert refused["errors"] == [{"code": "1029", "message": quota}]


def test_an_envelope_instead_of_a_file(sandbox: SandboxProcess, marketo: Marketo) -> None:
    job = marketo.export()
    sandbox.post("/_sandbox/faults", {"path": "file.json", "kind": "marketo:606", "count": 1})
    answer = marketo.file(job["exportId"])
    assert (answer.status_code, answer.json()["success"]) == (200, False)
    assert "json" in answer.headers["Content-Type"]
    assert marketo.send("GET", f"{EXPORTS}/{job['exportId']}/file.json").headers["Content-Type"].startswith("text/csv")
