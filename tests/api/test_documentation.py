"""docs/api.md: its calls are made, and what it lists is there."""

import re
import shlex
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import SalesAccount
from accounts.permissions import Permission
from api.scopes import PERMISSIONS, Scope
from api.tokens import LIFETIMES, USUAL_LIFETIME
from api.v1.api import api
from api.v1.auth import CALLS_A_MINUTE
from tests.api.test_reading import fill

TEXT = (Path(__file__).parents[2] / "docs/api.md").read_text()
CALLS = re.findall(r"^curl .+$", TEXT, re.MULTILINE)


def test_its_calls_work(account: SalesAccount, secret: str) -> None:
    fill(account)
    assert len(CALLS) >= 6
    for line in CALLS:
        words = shlex.split(line.replace("$TOKEN", secret))
        headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
        answer = Client().get(words[-1], headers=headers)
        assert answer.status_code == 200, line
        assert answer["Content-Type"].startswith("application/json")


def test_every_address_stands_there() -> None:
    described = {re.sub(r"\{(\w+)\}", lambda key: KEYS[key[1]], path) for path in api.get_openapi_schema()["paths"]}
    assert described == set(re.findall(r"`(/api/v1/[\w/-]+)`", TEXT.partition("## What there is")[2]))


KEYS = {"account": "SLUG", "run": "RUN"}


@pytest.mark.parametrize("scope", Scope)
def test_every_scope_stands_there_with_its_permission(scope: Scope) -> None:
    [line] = [line for line in TEXT.splitlines() if line.startswith(f"| `{scope.value}` ")]
    assert line.endswith(f"| `{Permission(PERMISSIONS[scope]).value}` |")


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"A token has {CALLS_A_MINUTE} calls a minute" in TEXT
    others = [str(days) for days in LIFETIMES if days != USUAL_LIFETIME]
    assert f"after {USUAL_LIFETIME} days, or {', '.join(others[:-1])} or {others[-1]}" in TEXT
