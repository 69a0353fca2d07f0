"""Marketo's token endpoint and what a call without the right token is told."""

import requests

from tests.sandbox.marketo_api import CREDENTIALS, Marketo
from tests.sandbox_process import SandboxProcess


def test_tokens_by_get_query_post_query_and_post_form(sandbox: SandboxProcess) -> None:
    url = f"{sandbox.url}/identity/oauth/token"
    answers = [
        requests.get(url, params=CREDENTIALS, timeout=10),
        requests.post(url, params=CREDENTIALS, timeout=10),
        requests.post(url, data=CREDENTIALS, timeout=10),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.json()["access_token"] for answer in answers}) == 1
    assert answers[0].headers["Cache-Control"] == "no-store"
    assert answers[0].json().keys() == {"access_token", "token_type", "expires_in", "scope"}


def test_wrong_secret_is_refused(sandbox: SandboxProcess) -> None:
    answer = requests.get(
        f"{sandbox.url}/identity/oauth/token", params=CREDENTIALS | {"client_secret": "wrong"}, timeout=10
    )
    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_client", "error_description": "Bad client credentials"}


def test_expired_token_is_602_then_601_and_a_new_one_follows(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    sandbox.post("/_sandbox/clock", {"advance_seconds": 3_601})
    assert [marketo.error("/rest/v1/leads/describe.json") for _ in range(3)] == ["602", "601", "601"]
    assert Marketo(sandbox.url).token != marketo.token


def test_garbage_missing_and_query_tokens(sandbox: SandboxProcess) -> None:
    url = f"{sandbox.url}/rest/v1/leads/describe.json"
    token = Marketo(sandbox.url).token
    answers = [
        requests.get(url, headers={"Authorization": "Bearer garbage"}, timeout=10),
        requests.get(url, timeout=10),
        requests.get(url, params={"access_token": token}, timeout=10),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json()["errors"][0]["code"] for answer in answers] == ["601", "603", "603"]
