"""Whatever goes wrong below /api/ is told as problem+json (RFC 9457), whoever finds it."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from api.scopes import Scope
from api.v1 import auth
from tests.api.conftest import call, secret_of
from tests.conftest import ClientOf


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" in answer
    told: dict[str, Any] = json.loads(answer.content)
    assert told["status"] == status
    assert told["type"] == "about:blank"
    assert told["title"]
    assert told["detail"]
    return told


@pytest.mark.parametrize(
    "path", ["accounts/umbrella-ltd", "runs/1", "runs?account=umbrella-ltd", "runs/x", "nowhere", ""]
)
def test_nothing_there(secret: str, stranger: User, path: str) -> None:
    """An account of strangers is the same as one that does not exist."""
    problem_of(call(path, secret), 404)


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "bearer  x", "Bearer é"])
def test_no_good_token(db: None, value: str) -> None:
    answer = call("accounts", **({"Authorization": value} if value else {}))
    problem_of(answer, 401)
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"' + (', error="invalid_token"' if value else "")


def test_a_browser_s_cookies_open_nothing_and_are_not_answered(client_of: ClientOf, admin: User) -> None:
    browser = client_of(admin)
    answer = browser.get("/api/v1/accounts")
    problem_of(answer, 401)
    assert not answer.cookies
    assert browser.get("/settings/profile/").status_code == 200


def test_a_scope_that_the_token_lacks(admin: User) -> None:
    told = problem_of(call("failed-calls", secret_of(admin, Scope.RUNS)), 403)
    assert "diagnostics.read" in told["detail"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "head"])
def test_the_api_only_reads(secret: str, method: str) -> None:
    for path in ("accounts", "runs/1"):
        answer = getattr(Client(), method)(f"/api/v1/{path}", headers={"Authorization": f"Bearer {secret}"})
        if method == "head":
            assert answer.status_code == 405
        else:
            problem_of(answer, 405)
        assert answer["Allow"] == "GET"


def test_another_media_type(secret: str) -> None:
    problem_of(call("accounts", secret, Accept="text/html"), 406)
    assert call("accounts", secret, Accept="text/html, */*;q=0.1").status_code == 200


@pytest.mark.parametrize("accept", ["application/json;a*=nowhere'c'd", "application/json, " * 100])
def test_a_header_that_is_not_read(db: None, accept: str) -> None:
    """Nobody needs a token to send it: the first was an error of ours, a long one took seconds of a processor."""
    problem_of(call("accounts", "", Accept=accept), 406)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("accounts?limit=0", "limit"),
        ("accounts?limit=201", "limit"),
        ("accounts?limit=x", "limit"),
        ("accounts?cursor=x", "cursor"),
        ("runs?status=unknown", "status"),
        ("runs?created_after=yesterday", "created_after"),
        ("runs?created_after=0", "created_after"),
        ("runs?account=a%20b", "account"),
        ("runs/0", "run"),
        ("runs/9223372036854775808", "run"),
    ],
)
def test_a_question_that_is_not_as_described(secret: str, path: str, name: str) -> None:
    [error] = problem_of(call(path, secret), 422)["errors"]
    assert error.startswith(f"{name}: ")


def test_a_nul_byte(secret: str) -> None:
    problem_of(call("accounts?cursor=%00", secret), 400)


def test_too_many_calls(monkeypatch: pytest.MonkeyPatch, admin: User) -> None:
    monkeypatch.setattr(auth, "CALLS_A_MINUTE", 2)
    secret, other = secret_of(admin), secret_of(admin)
    assert [call("accounts", secret).status_code for _ in range(2)] == [200, 200]
    answer = call("freshness", secret)
    problem_of(answer, 429)
    assert answer["Retry-After"] == "60"
    assert call("accounts", other).status_code == 200


def test_too_many_calls_without_the_scope(monkeypatch: pytest.MonkeyPatch, admin: User) -> None:
    """They cost as much as others."""
    monkeypatch.setattr(auth, "CALLS_A_MINUTE", 2)
    secret = secret_of(admin, Scope.RUNS)
    assert [call("failed-calls", secret).status_code for _ in range(3)] == [403, 403, 429]


def test_an_error_of_ours_tells_a_reference_and_nothing_else(secret: str) -> None:
    """Security statement 44."""

    def fails(execute: Any, sql: str, *rest: Any) -> Any:
        if "sync_syncrun" in sql:
            raise RuntimeError("canary")
        return execute(sql, *rest)

    with connection.execute_wrapper(fails):
        answer = call("runs", secret)
    told = problem_of(answer, 500)
    assert len(told["reference"]) == 36
    assert "canary" not in answer.content.decode()
