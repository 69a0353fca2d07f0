"""The browser's part of the Salesforce OAuth of the sandbox, over HTTP."""

import pytest

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import (
    ADMIN,
    CALLBACK,
    CHALLENGE,
    Browser,
    act,
    connect,
    is_alive,
    read_answer,
    redeem,
)


def test_salesforce_01_state_comes_back_byte_for_byte(browser: Browser) -> None:
    state = "a b+c/d=%2F&ü\"'<>~"
    assert browser.answer(state=state)["state"] == state
    assert read_answer(browser.authorize(state=state, scope="web")) == {
        "error": "invalid_scope",
        "error_description": "the requested scope is not allowed: web",
        "state": state,
    }


def test_second_authorisation_needs_no_login_and_no_consent(browser: Browser) -> None:
    browser.answer()
    assert "code" in read_answer(browser.authorize())
    browser.authorize(prompt="consent")
    assert "Allow Access?" in browser.page.text
    assert "/login" in browser.authorize(prompt="login")


def test_wrong_password_is_refused_on_the_login_page(browser: Browser) -> None:
    browser.authorize()
    assert "/login" in browser.log_in((ADMIN[0], "wrong"))
    assert browser.page.status_code == 401
    assert "check your username and password" in browser.page.text


@pytest.mark.parametrize(
    "username", ["marketo-admin@demo.example", "SALESFORCE-ADMIN@demo.example", "ops@demo.example"]
)
def test_demo_people_log_in_with_the_demo_password(browser: Browser, username: str) -> None:
    browser.authorize()
    browser.log_in((username, "Demo-Passw0rd!"))
    assert "code" in read_answer(browser.submit(decision="allow"))


def test_login_never_leads_to_another_host(browser: Browser) -> None:
    browser.get("/login?startURL=//evil.example/")
    assert browser.log_in().startswith(browser.url)


def test_salesforce_02_redirect_uri_must_match_to_the_slash(sandbox: SandboxProcess, browser: Browser) -> None:
    act(sandbox, "set_callbacks", values=[CALLBACK])
    assert "code" in browser.answer()
    browser.authorize(redirect_uri=CALLBACK + "/")
    assert browser.page.status_code == 400
    assert "redirect_uri_mismatch" in browser.page.text


@pytest.mark.parametrize("address", ["https://evil.example/", "http://127.0.0.1.evil.example/", "javascript:alert(1)"])
def test_salesforce_02_callback_elsewhere_is_refused_on_the_page(browser: Browser, address: str) -> None:
    browser.authorize(redirect_uri=address)
    assert browser.page.status_code == 400


def test_unknown_client_is_refused_on_the_page(browser: Browser) -> None:
    browser.authorize(client_id="other")
    assert "invalid_client_id" in browser.page.text


def test_salesforce_03_challenge_is_required(browser: Browser) -> None:
    answer = read_answer(browser.authorize(code_challenge=None))
    assert (answer["error"], answer["error_description"]) == ("invalid_request", "missing required code challenge")
    assert read_answer(browser.authorize(code_challenge_method="plain"))["error"] == "invalid_request"


def test_salesforce_03_challenge_without_method_is_s256(sandbox: SandboxProcess, browser: Browser) -> None:
    assert redeem(sandbox, browser.answer(code_challenge_method=None)["code"]).status_code == 200


@pytest.mark.parametrize("verifier", ["", "wrong", CHALLENGE])
def test_salesforce_03_wrong_verifier_is_refused(sandbox: SandboxProcess, browser: Browser, verifier: str) -> None:
    answer = redeem(sandbox, browser.answer()["code"], code_verifier=verifier)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_salesforce_04_code_works_once_and_with_the_same_address(sandbox: SandboxProcess, browser: Browser) -> None:
    code = browser.answer()["code"]
    assert redeem(sandbox, code).status_code == 200
    assert redeem(sandbox, code).json()["error_description"] == "invalid authorization code"
    answer = redeem(sandbox, browser.answer()["code"], redirect_uri=CALLBACK + "/")
    assert answer.json()["error"] == "redirect_uri_mismatch"


def test_salesforce_04_code_and_session_end_with_time(sandbox: SandboxProcess, browser: Browser) -> None:
    code, tokens = browser.answer()["code"], connect(sandbox)
    try:
        sandbox.post("/_sandbox/clock", {"advance_seconds": 16 * 60})
        assert redeem(sandbox, code).json()["error_description"] == "expired authorization code"
        assert is_alive(sandbox, tokens["access_token"])
        sandbox.post("/_sandbox/clock", {"advance_seconds": 3 * 3600})
        assert not is_alive(sandbox, tokens["access_token"])
    finally:
        sandbox.post("/_sandbox/clock", {"advance_seconds": -3 * 3600 - 16 * 60})
