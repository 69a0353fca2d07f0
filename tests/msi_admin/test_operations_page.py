"""docs/operations.md: what it tells operators to type exists, and the settings of its first step start the console."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from dotenv import dotenv_values

from tests.msi_admin.test_deployment import LASTING, SERVICES
from tests.msi_admin.test_production import READ_SETTINGS, run

TEXT = (Path(__file__).parents[2] / "docs/operations.md").read_text()
FENCED = re.findall(r"^ *```\w*\n(.*?)^ *```", TEXT, re.MULTILINE | re.DOTALL)
WITHOUT_FENCED = re.sub(r"^ *```\w*\n.*?^ *```", "", TEXT, flags=re.MULTILINE | re.DOTALL)
# What is typed: lines of blocks, and what stands between backticks in a sentence.
TYPED = [line for block in FENCED for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", WITHOUT_FENCED)
OURS = [found for line in TYPED if (found := re.search(r"manage\.py (\w+)(.*)", line))]
COMPOSE = [found for line in TYPED if (found := re.search(r"docker compose (\w+)(.*)", line))]


def test_commands_and_their_options_exist() -> None:
    assert len(OURS) > 12
    for name, rest in {found.groups() for found in OURS}:
        parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
        unknown = [option for option in re.findall(r"--[a-z-]+", rest) if option not in parser.format_help()]
        assert unknown == [], name


def test_what_is_told_to_compose_names_its_services() -> None:
    named = [words.split() for verb, words in (found.groups() for found in COMPOSE) if verb in {"exec", "run", "stop"}]
    assert len(named) > 10
    for words in named:
        # An option that takes a value has it after it.
        left = " ".join(words).replace("-e DATABASE_URL=", "--").split()
        services = [word for word in left if not word.startswith("-")]
        assert services[0] in SERVICES, words
    [stopped] = {words for verb, words in (found.groups() for found in COMPOSE) if verb == "stop"}
    # Everybody who writes into the database.
    assert set(stopped.split()) == LASTING


@pytest.mark.servers
def test_the_settings_of_the_first_step_are_enough(tmp_path: Path) -> None:
    [block] = [block for block in FENCED if "cat > .env" in block]
    subprocess.run(["sh", "-c", block.replace("\n   ", "\n")], cwd=tmp_path, check=True)
    file = tmp_path / ".env"
    assert file.stat().st_mode & 0o077 == 0
    given = {name: value for name, value in dotenv_values(file).items() if value is not None}
    of_compose = {name: str(value) for name, value in SERVICES["web"]["environment"].items() if "$" not in str(value)}
    environment = of_compose | given | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    result = run({}, "-c", READ_SETTINGS, typed=json.dumps({"first": environment}))
    assert json.loads(result.stdout) == {}, result.stderr
