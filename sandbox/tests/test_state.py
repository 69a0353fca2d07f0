"""What survives a restart with ``--state``, and what a reset puts back."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo
from sandbox.tests.test_control import send_mail
from sandbox.tests.test_process import run

pytestmark = pytest.mark.servers

LEAD = {"action": "create", "kind": "lead", "fields": {"firstName": "Nova"}}


def start(state: Path, **options: object) -> SandboxProcess:
    settings: dict[str, Any] = {"company": "tidy", "people": 120, "smtp_port": 0, "state": state, **options}
    return SandboxProcess.start(**settings)


def change_everything(sandbox: SandboxProcess) -> dict[str, Any]:
    """Change each part of the world, and answer what should be found again."""
    created = sandbox.post("/_sandbox/people", LEAD)["ids"][0]
    sandbox.post("/_sandbox/people", {"action": "change", "ids": [1], "fields": {"title": "Boss"}})
    sandbox.post("/_sandbox/people", {"action": "delete", "ids": [2]})
    sandbox.post("/_sandbox/clock", {"advance_seconds": 3_600})
    sandbox.post("/_sandbox/switches", {"export_seconds": 0, "rate_limit": 77})
    sandbox.post("/_sandbox/salesforce", {"action": "install_package"})
    send_mail(sandbox)
    marketo = Marketo(sandbox.url)
    job = marketo.export(filter={"createdAt": {"startAt": "2026-01-01", "endAt": "2026-01-31"}})
    return {"created": created, "token": marketo.token, "job": job, "file": marketo.file(job["exportId"]).content}


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with start(state, epoch="2026-06-01") as before:
        expected, was = change_everything(before), before.get("/_sandbox/state")
    with start(state) as after:
        is_now = after.get("/_sandbox/state")
        kept = ("people", "expected", "salesforce", "switches", "messages", "changes", "org")
        assert {name: is_now[name] for name in kept} == {name: was[name] for name in kept}
        assert is_now["now"] > was["now"]
        marketo = Marketo(after.url)
        assert marketo.token == expected["token"]
        created, boss = marketo.result(
            "/rest/v1/leads.json", filterType="id", filterValues=f"1,2,{expected['created']}", fields="firstName,title"
        )[::-1]
        assert (created["firstName"], boss["title"]) == ("Nova", "Boss")
        export_id = expected["job"]["exportId"]
        assert marketo.result(f"/bulk/v1/leads/export/{export_id}/status.json") == [expected["job"]]
        assert marketo.file(export_id).content == expected["file"]


def test_state_is_written_while_running(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with start(state) as sandbox:
        sandbox.post("/_sandbox/people", LEAD)
        deadline = time.monotonic() + 10
        while not json.loads(state.read_text())["people"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        sandbox.process.kill()
        sandbox.process.communicate()
    with start(state) as sandbox:
        assert sandbox.get("/_sandbox/state")["people"] == 121


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a sandbox has written that nobody changed."""
    state = tmp_path_factory.mktemp("kept") / "state.json"
    start(state).stop()
    return state.read_bytes()


@pytest.mark.parametrize(
    ("flags", "part"),
    [
        (("--people", "121"), "people 121"),
        (("--people", "120", "--seed", "2"), "seed 2"),
        (("--people", "120", "--epoch", "2020-01-01"), "epoch 2020-01-01"),
    ],
)
def test_state_of_another_world_is_refused(tmp_path: Path, kept: bytes, flags: tuple[str, ...], part: str) -> None:
    state = tmp_path / "state.json"
    state.write_bytes(kept)
    result = run("--state", str(state), *flags)
    assert result.returncode == 1
    assert part in result.stderr
    assert "belongs to another world" in result.stderr


@pytest.mark.parametrize(
    "text", ["nonsense", "{}", '{"world": {"people": 120, "seed": 1, "days": 300, "epoch": "2026-06-01"}}']
)
def test_unreadable_state_is_one_sentence_and_stays(tmp_path: Path, text: str) -> None:
    state = tmp_path / "state.json"
    state.write_text(text)
    result = run("--state", str(state), "--people", "120")
    assert result.returncode != 0
    assert "cannot be read" in result.stderr
    assert "Traceback" not in result.stderr
    assert state.read_text() == text


def test_state_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    result = run("--state", str(tmp_path / "missing" / "state.json"))
    assert result.returncode == 1
    assert "cannot be written" in result.stderr


def test_reset_puts_everything_back() -> None:
    with SandboxProcess.start(company="tidy", people=120, smtp_port=0, epoch="2026-06-01") as sandbox:
        before = sandbox.get("/_sandbox/state")
        token = change_everything(sandbox)["token"]
        sandbox.post("/_sandbox/faults", {"path": "describe", "kind": "reset"})
        sandbox.reset()
        after = sandbox.get("/_sandbox/state")
        assert {**after, "now": ""} == {**before, "now": ""}
        assert abs(datetime.fromisoformat(after["now"]) - datetime.now(UTC)) < timedelta(minutes=1)
        assert (
            sandbox.get("/_sandbox/calls") == sandbox.get("/_sandbox/faults") == sandbox.get("/_sandbox/mailbox") == []
        )
        old = {"Authorization": f"Bearer {token}"}
        answer = requests.get(f"{sandbox.url}/rest/v1/leads/describe.json", headers=old, timeout=10).json()
        assert answer["errors"][0]["code"] == "601"
        marketo = Marketo(sandbox.url)
        assert marketo.result("/bulk/v1/leads/export.json") == []
        assert marketo.result("/rest/v1/stats/usage.json")[0]["total"] == 2
