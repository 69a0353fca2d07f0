"""The README names everything that can be asked of the sandbox."""

from dataclasses import fields
from pathlib import Path

import pytest

from sandbox.faults import KINDS
from sandbox.people import Kind
from sandbox.people_changes import apply
from sandbox.settings import Settings
from sandbox.switches import Switches
from sandbox.testing import SandboxProcess
from sandbox.tests.test_process import run
from sandbox.world import World

GUIDE = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def missing(names: list[str]) -> list[str]:
    return [name for name in names if f"`{name}`" not in GUIDE]


def test_every_switch_and_kind_is_explained() -> None:
    assert missing([item.name for item in fields(Switches)]) == []
    assert missing([kind for kind in KINDS if not kind.endswith("NNN")]) == []
    assert missing([str(kind) for kind in Kind]) == []


def test_every_salesforce_action_is_explained(sandbox: SandboxProcess) -> None:
    assert missing(sandbox.get("/_sandbox/salesforce")["actions"]) == []


def test_every_action_on_people_is_explained() -> None:
    with pytest.raises(ValueError, match="must be one of") as refused:
        apply(World(Settings(people=1)), {})
    names = str(refused.value).partition("one of ")[2].partition(";")[0].split(", ")
    assert [name for name in names if f'"action": "{name}"' not in GUIDE] == []


def test_help_explains_every_flag() -> None:
    text = run("--help").stdout
    names = ["port", "https-port", "smtp-port", "ca-file", "state", "config", *(item.name for item in fields(Settings))]
    names.remove("more_clients")
    assert [name for name in names if f"--{name.replace('_', '-')} " not in text] == []
