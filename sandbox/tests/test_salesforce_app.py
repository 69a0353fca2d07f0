"""What an administrator decides about the connected app, over HTTP."""

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import (
    Api,
    Browser,
    act,
    connect,
    is_alive,
    read_answer,
    redeem,
    refresh,
)


@pytest.mark.parametrize(
    ("action", "values", "error"),
    [
        ("block_app", {"blocked": True}, "OAUTH_APP_BLOCKED"),
        ("require_install", {}, "invalid_client"),
        ("set_user", {"username": "admin@acme.example", "active": False}, "inactive_user"),
    ],
)
def test_salesforce_12_administrator_can_keep_app_and_user_out(
    sandbox: SandboxProcess, browser: Browser, action: str, values: dict[str, object], error: str
) -> None:
    act(sandbox, action, **values)
    browser.authorize()
    assert read_answer(browser.log_in())["error"] == error


def test_salesforce_12_denied_by_the_person(browser: Browser) -> None:
    browser.authorize()
    browser.log_in()
    answer = read_answer(browser.submit(decision="deny"))
    assert (answer["error"], answer["error_description"]) == ("access_denied", "end-user denied authorization")


def test_salesforce_12_ip_restriction_and_deactivation_stop_a_refresh(sandbox: SandboxProcess) -> None:
    tokens = connect(sandbox)
    act(sandbox, "ip_restricted")
    assert refresh(sandbox, tokens["refresh_token"]).json()["error_description"] == "ip restricted"
    act(sandbox, "ip_restricted", restricted=False)
    act(sandbox, "set_user", username="admin@acme.example", active=False)
    assert refresh(sandbox, tokens["refresh_token"]).json()["error_description"] == "inactive user"
    assert not is_alive(sandbox, tokens["access_token"])


def test_unknown_action_is_refused_with_a_sentence(sandbox: SandboxProcess) -> None:
    answer = requests.post(f"{sandbox.url}/_sandbox/salesforce", json={"action": "explode"}, timeout=10)
    assert answer.status_code == 400
    assert "There is no Salesforce action 'explode'" in answer.json()["error"]


# What an administrator can demand


def test_app_without_pkce_needs_no_challenge(sandbox: SandboxProcess, browser: Browser) -> None:
    act(sandbox, "require_pkce", required=False)
    code = browser.answer(code_challenge=None, code_challenge_method=None)["code"]
    assert redeem(sandbox, code, code_verifier="").status_code == 200
    act(sandbox, "strict_mode")
    answer = read_answer(browser.authorize(code_challenge=None))
    assert (answer["error"], answer["error_description"]) == ("invalid_request", "missing required code challenge")


def test_strict_mode_rotates_and_ends_idle_refresh_tokens(sandbox: SandboxProcess) -> None:
    act(sandbox, "strict_mode")
    token = connect(sandbox)["refresh_token"]
    sandbox.post("/_sandbox/clock", {"advance_seconds": 29 * 86_400})
    token = refresh(sandbox, token).json()["refresh_token"]
    sandbox.post("/_sandbox/clock", {"advance_seconds": 29 * 86_400})
    token = refresh(sandbox, token).json()["refresh_token"]
    sandbox.post("/_sandbox/clock", {"advance_seconds": 31 * 86_400})
    assert refresh(sandbox, token).json()["error_description"] == "expired access/refresh token"


def test_salesforce_12_app_may_come_from_some_networks_only(sandbox: SandboxProcess) -> None:
    tokens = connect(sandbox)
    act(sandbox, "set_allowed_networks", values=["10.0.0.0/8"])
    assert refresh(sandbox, tokens["refresh_token"]).json()["error_description"] == "ip restricted"
    assert not is_alive(sandbox, tokens["access_token"])
    act(sandbox, "set_allowed_networks", values=["10.0.0.0/8", "127.0.0.0/8"])
    assert refresh(sandbox, tokens["refresh_token"]).status_code == 200
    assert is_alive(sandbox, tokens["access_token"])


def test_salesforce_12_blocking_ends_what_is_connected(sandbox: SandboxProcess) -> None:
    tokens = connect(sandbox)
    act(sandbox, "block_app")
    assert not is_alive(sandbox, tokens["access_token"])
    assert refresh(sandbox, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    act(sandbox, "block_app", blocked=False)
    assert refresh(sandbox, tokens["refresh_token"]).status_code == 200


def test_sessions_end_when_the_administrator_says(sandbox: SandboxProcess) -> None:
    act(sandbox, "set_limits", session_minutes=15)
    token = connect(sandbox)["access_token"]
    for _ in range(3):
        sandbox.post("/_sandbox/clock", {"advance_seconds": 10 * 60})
        assert is_alive(sandbox, token)
    sandbox.post("/_sandbox/clock", {"advance_seconds": 16 * 60})
    assert not is_alive(sandbox, token)


def test_renamed_domain_is_told_by_the_next_refresh(sandbox: SandboxProcess) -> None:
    tokens = connect(sandbox)
    other = sandbox.url.replace("127.0.0.1", "localhost")
    act(sandbox, "rename_domain", url=other)
    assert not is_alive(sandbox, tokens["access_token"])
    answer = refresh(sandbox, tokens["refresh_token"]).json()
    assert answer["instance_url"] == other
    assert is_alive(sandbox, answer["access_token"])


def test_salesforce_42_sandbox_refresh_changes_the_org_and_drops_tokens(sandbox: SandboxProcess) -> None:
    tokens = connect(sandbox)
    act(sandbox, "install_package")
    act(sandbox, "refresh_sandbox")
    assert not is_alive(sandbox, tokens["access_token"])
    assert refresh(sandbox, tokens["refresh_token"]).status_code == 400
    again = connect(sandbox)
    org_id, user_id = tokens["id"].split("/")[-2:]
    assert again["id"].split("/")[-2] != org_id
    assert again["id"].split("/")[-1] == user_id
    api = Api(sandbox, again["access_token"])
    assert api.query("SELECT Id, IsSandbox FROM Organization")["records"][0]["IsSandbox"] is True
    assert sandbox.get("/_sandbox/state")["org"]["package_version"] is None
