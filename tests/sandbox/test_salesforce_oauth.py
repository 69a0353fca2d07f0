"""The Salesforce OAuth of the sandbox, over HTTP."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.sandbox.salesforce_browser import (
    ADMIN,
    CALLBACK,
    CHALLENGE,
    CLIENT,
    SCOPE,
    Api,
    Browser,
    act,
    connect,
    read_answer,
    redeem,
    refresh,
)
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def salesforce(sandbox: SandboxProcess) -> SandboxProcess:
    """The sandbox as at its start."""
    sandbox.post("/_sandbox/reset")
    return sandbox


@pytest.fixture
def browser(salesforce: SandboxProcess) -> Iterator[Browser]:
    with Browser(salesforce) as browser:
        yield browser


def is_alive(sandbox: SandboxProcess, access_token: str) -> bool:
    return Api(sandbox, access_token).get("/limits").ok


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


def test_salesforce_02_redirect_uri_must_match_to_the_slash(salesforce: SandboxProcess, browser: Browser) -> None:
    act(salesforce, "set_callbacks", values=[CALLBACK])
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


def test_salesforce_03_challenge_without_method_is_s256(salesforce: SandboxProcess, browser: Browser) -> None:
    assert redeem(salesforce, browser.answer(code_challenge_method=None)["code"]).status_code == 200


@pytest.mark.parametrize("verifier", ["", "wrong", CHALLENGE])
def test_salesforce_03_wrong_verifier_is_refused(salesforce: SandboxProcess, browser: Browser, verifier: str) -> None:
    answer = redeem(salesforce, browser.answer()["code"], code_verifier=verifier)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_salesforce_04_code_works_once_and_with_the_same_address(salesforce: SandboxProcess, browser: Browser) -> None:
    code = browser.answer()["code"]
    assert redeem(salesforce, code).status_code == 200
    assert redeem(salesforce, code).json()["error_description"] == "invalid authorization code"
    answer = redeem(salesforce, browser.answer()["code"], redirect_uri=CALLBACK + "/")
    assert answer.json()["error"] == "redirect_uri_mismatch"


def test_salesforce_04_code_and_session_end_with_time(salesforce: SandboxProcess, browser: Browser) -> None:
    code, tokens = browser.answer()["code"], connect(salesforce)
    try:
        salesforce.post("/_sandbox/clock", {"advance_seconds": 16 * 60})
        assert redeem(salesforce, code).json()["error_description"] == "expired authorization code"
        assert is_alive(salesforce, tokens["access_token"])
        salesforce.post("/_sandbox/clock", {"advance_seconds": 3 * 3600})
        assert not is_alive(salesforce, tokens["access_token"])
    finally:
        salesforce.post("/_sandbox/clock", {"advance_seconds": -3 * 3600 - 16 * 60})


def test_salesforce_05_token_answer(salesforce: SandboxProcess) -> None:
    tokens = connect(salesforce)
    signed = hmac.new(
        CLIENT["client_secret"].encode(), (tokens["id"] + tokens["issued_at"]).encode(), hashlib.sha256
    ).digest()
    assert tokens["signature"] == base64.b64encode(signed).decode()
    assert tokens["instance_url"] == salesforce.url
    assert tokens["issued_at"].isdigit()
    assert tokens["scope"] == SCOPE
    assert "expires_in" not in tokens
    assert tokens["access_token"].startswith(tokens["id"].split("/")[-2][:15] + "!")


def test_salesforce_05_refresh_token_needs_its_scope(salesforce: SandboxProcess) -> None:
    assert "refresh_token" in connect(salesforce)
    assert "refresh_token" not in connect(salesforce, scope="api id")


def test_salesforce_06_token_errors_are_a_dict_that_is_not_stored(salesforce: SandboxProcess) -> None:
    answer = redeem(salesforce, "nothing")
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {"error": "invalid_grant", "error_description": "invalid authorization code"}
    assert redeem(salesforce, "nothing", client_id="x").json()["error"] == "invalid_client_id"
    assert redeem(salesforce, "nothing", client_secret="x").json()["error"] == "invalid_client"
    assert redeem(salesforce, "nothing", grant_type="password").json()["error"] == "unsupported_grant_type"


def test_client_credentials_may_come_as_basic(salesforce: SandboxProcess) -> None:
    asked = {"grant_type": "refresh_token", "refresh_token": connect(salesforce)["refresh_token"]}
    url = f"{salesforce.url}/services/oauth2/token"
    assert requests.post(url, data=asked, auth=(CLIENT["client_id"], CLIENT["client_secret"]), timeout=10).ok
    assert not requests.post(url, data=asked, auth=(CLIENT["client_id"], "x"), timeout=10).ok


def test_salesforce_07_refresh_without_rotation_keeps_the_token(salesforce: SandboxProcess) -> None:
    tokens = connect(salesforce)
    answer = refresh(salesforce, tokens["refresh_token"]).json()
    assert "refresh_token" not in answer
    assert is_alive(salesforce, answer["access_token"])


def test_ended_session_is_renewed_by_a_refresh(salesforce: SandboxProcess) -> None:
    tokens = connect(salesforce)
    act(salesforce, "end_sessions")
    assert not is_alive(salesforce, tokens["access_token"])
    assert is_alive(salesforce, refresh(salesforce, tokens["refresh_token"]).json()["access_token"])


def test_salesforce_07_rotation_ends_the_old_token_and_its_reuse_ends_all(salesforce: SandboxProcess) -> None:
    act(salesforce, "rotate_refresh_tokens", rotate=True)
    old = connect(salesforce)["refresh_token"]
    answer = refresh(salesforce, old).json()
    assert answer["refresh_token"] != old
    assert refresh(salesforce, old).json()["error_description"] == "expired access/refresh token"
    assert not is_alive(salesforce, answer["access_token"])
    assert refresh(salesforce, answer["refresh_token"]).status_code == 400


def test_salesforce_08_sixth_grant_revokes_the_first(salesforce: SandboxProcess) -> None:
    tokens = [connect(salesforce) for _ in range(6)]
    alive = [is_alive(salesforce, item["access_token"]) for item in tokens]
    assert alive == [False, True, True, True, True, True]


def test_salesforce_09_revoking_a_refresh_token_ends_its_access_tokens(salesforce: SandboxProcess) -> None:
    tokens = connect(salesforce)
    url = f"{salesforce.url}/services/oauth2/revoke"
    answer = requests.post(url, data={"token": tokens["refresh_token"]}, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")
    assert not is_alive(salesforce, tokens["access_token"])
    assert requests.get(url, params={"token": "x"}, timeout=10).json()["error"] == "invalid_token"


def test_salesforce_10_userinfo_and_identity(salesforce: SandboxProcess) -> None:
    tokens = connect(salesforce)
    url, token = f"{salesforce.url}/services/oauth2/userinfo", tokens["access_token"]
    user = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).json()
    assert user == requests.get(url, params={"oauth_token": token}, timeout=10).json()
    assert (user["email"], user["organization_id"]) == ("admin@acme.example", tokens["id"].split("/")[-2])
    identity = requests.get(tokens["id"], params={"oauth_token": token, "version": "latest"}, timeout=10).json()
    assert identity["username"] == "admin@acme.example"
    assert identity["urls"]["rest"] == f"{salesforce.url}/services/data/v66.0/"
    refused = requests.get(tokens["id"], params={"oauth_token": "x"}, timeout=10)
    assert (refused.status_code, refused.text) == (403, "Bad_OAuth_Token")
    assert requests.get(tokens["id"], timeout=10).text == "Missing_OAuth_Token"


def test_introspection_tells_the_end_of_a_token(salesforce: SandboxProcess) -> None:
    url = f"{salesforce.url}/services/oauth2/introspect"
    asked = {"token": connect(salesforce)["access_token"], **CLIENT}
    assert requests.post(url, data=asked, timeout=10).json()["username"] == "admin@acme.example"
    assert requests.post(url, data=asked | {"token": "x"}, timeout=10).json() == {"active": False}


def test_salesforce_11_double_slash_is_tolerated(salesforce: SandboxProcess) -> None:
    answer = requests.post(f"{salesforce.url}//services/oauth2/token", data=CLIENT, timeout=10)
    assert answer.json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize(
    ("action", "values", "error"),
    [
        ("block_app", {"blocked": True}, "OAUTH_APP_BLOCKED"),
        ("require_install", {}, "invalid_client"),
        ("set_user", {"username": "admin@acme.example", "active": False}, "inactive_user"),
    ],
)
def test_salesforce_12_administrator_can_keep_app_and_user_out(
    salesforce: SandboxProcess, browser: Browser, action: str, values: dict[str, object], error: str
) -> None:
    act(salesforce, action, **values)
    browser.authorize()
    assert read_answer(browser.log_in())["error"] == error


def test_salesforce_12_denied_by_the_person(browser: Browser) -> None:
    browser.authorize()
    browser.log_in()
    answer = read_answer(browser.submit(decision="deny"))
    assert (answer["error"], answer["error_description"]) == ("access_denied", "end-user denied authorization")


def test_salesforce_12_ip_restriction_and_deactivation_stop_a_refresh(salesforce: SandboxProcess) -> None:
    tokens = connect(salesforce)
    act(salesforce, "ip_restricted")
    assert refresh(salesforce, tokens["refresh_token"]).json()["error_description"] == "ip restricted"
    act(salesforce, "ip_restricted", restricted=False)
    act(salesforce, "set_user", username="admin@acme.example", active=False)
    assert refresh(salesforce, tokens["refresh_token"]).json()["error_description"] == "inactive user"
    assert not is_alive(salesforce, tokens["access_token"])


def test_unknown_action_is_refused_with_a_sentence(salesforce: SandboxProcess) -> None:
    answer = requests.post(f"{salesforce.url}/_sandbox/salesforce", json={"action": "explode"}, timeout=10)
    assert answer.status_code == 400
    assert "There is no Salesforce action 'explode'" in answer.json()["error"]


# What an administrator can demand


def test_app_without_pkce_needs_no_challenge(salesforce: SandboxProcess, browser: Browser) -> None:
    act(salesforce, "require_pkce", required=False)
    code = browser.answer(code_challenge=None, code_challenge_method=None)["code"]
    assert redeem(salesforce, code, code_verifier="").status_code == 200
    act(salesforce, "strict_mode")
    answer = read_answer(browser.authorize(code_challenge=None))
    assert (answer["error"], answer["error_description"]) == ("invalid_request", "missing required code challenge")


def test_strict_mode_rotates_and_ends_idle_refresh_tokens(salesforce: SandboxProcess) -> None:
    act(salesforce, "strict_mode")
    token = connect(salesforce)["refresh_token"]
    salesforce.post("/_sandbox/clock", {"advance_seconds": 29 * 86_400})
    token = refresh(salesforce, token).json()["refresh_token"]
    salesforce.post("/_sandbox/clock", {"advance_seconds": 29 * 86_400})
    token = refresh(salesforce, token).json()["refresh_token"]
    salesforce.post("/_sandbox/clock", {"advance_seconds": 31 * 86_400})
    assert refresh(salesforce, token).json()["error_description"] == "expired access/refresh token"


def test_salesforce_12_app_may_come_from_some_networks_only(salesforce: SandboxProcess) -> None:
    tokens = connect(salesforce)
    act(salesforce, "set_allowed_networks", values=["10.0.0.0/8"])
    assert refresh(salesforce, tokens["refresh_token"]).json()["error_description"] == "ip restricted"
    assert not is_alive(salesforce, tokens["access_token"])
    act(salesforce, "set_allowed_networks", values=["10.0.0.0/8", "127.0.0.0/8"])
    assert refresh(salesforce, tokens["refresh_token"]).status_code == 200
    assert is_alive(salesforce, tokens["access_token"])


def test_salesforce_12_blocking_ends_what_is_connected(salesforce: SandboxProcess) -> None:
    tokens = connect(salesforce)
    act(salesforce, "block_app")
    assert not is_alive(salesforce, tokens["access_token"])
    assert refresh(salesforce, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    act(salesforce, "block_app", blocked=False)
    assert refresh(salesforce, tokens["refresh_token"]).status_code == 200


def test_sessions_end_when_the_administrator_says(salesforce: SandboxProcess) -> None:
    act(salesforce, "set_limits", session_minutes=15)
    token = connect(salesforce)["access_token"]
    for _ in range(3):
        salesforce.post("/_sandbox/clock", {"advance_seconds": 10 * 60})
        assert is_alive(salesforce, token)
    salesforce.post("/_sandbox/clock", {"advance_seconds": 16 * 60})
    assert not is_alive(salesforce, token)


def test_app_gets_a_token_for_itself(salesforce: SandboxProcess) -> None:
    answer = requests.post(
        f"{salesforce.url}/services/oauth2/token", data={"grant_type": "client_credentials", **CLIENT}, timeout=10
    ).json()
    assert "refresh_token" not in answer
    assert is_alive(salesforce, answer["access_token"])


def test_renamed_domain_is_told_by_the_next_refresh(salesforce: SandboxProcess) -> None:
    tokens = connect(salesforce)
    other = salesforce.url.replace("127.0.0.1", "localhost")
    act(salesforce, "rename_domain", url=other)
    assert not is_alive(salesforce, tokens["access_token"])
    answer = refresh(salesforce, tokens["refresh_token"]).json()
    assert answer["instance_url"] == other
    assert is_alive(salesforce, answer["access_token"])


def test_salesforce_42_sandbox_refresh_changes_the_org_and_drops_tokens(salesforce: SandboxProcess) -> None:
    tokens = connect(salesforce)
    act(salesforce, "install_package")
    act(salesforce, "refresh_sandbox")
    assert not is_alive(salesforce, tokens["access_token"])
    assert refresh(salesforce, tokens["refresh_token"]).status_code == 400
    again = connect(salesforce)
    org_id, user_id = tokens["id"].split("/")[-2:]
    assert again["id"].split("/")[-2] != org_id
    assert again["id"].split("/")[-1] == user_id
    api = Api(salesforce, again["access_token"])
    assert api.query("SELECT Id, IsSandbox FROM Organization")["records"][0]["IsSandbox"] is True
    assert salesforce.get("/_sandbox/state")["org"]["package_version"] is None


def test_id_token_is_signed_with_the_published_key(salesforce: SandboxProcess) -> None:
    tokens = connect(salesforce, nonce="n-1")
    head, body, signature = (_decoded(part) for part in tokens["id_token"].split("."))
    [key] = requests.get(f"{salesforce.url}/id/keys", timeout=10).json()["keys"]
    assert json.loads(head) == {"alg": "RS256", "typ": "JWT", "kid": key["kid"]}
    n, e = (int.from_bytes(_decoded(key[name])) for name in ("n", "e"))
    signed = tokens["id_token"].rpartition(".")[0].encode()
    rsa.RSAPublicNumbers(e, n).public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    claims = json.loads(body)
    assert (claims["aud"], claims["nonce"], claims["sub"]) == (CLIENT["client_id"], "n-1", tokens["id"])
    discovery = requests.get(f"{salesforce.url}/.well-known/openid-configuration", timeout=10).json()
    assert (discovery["issuer"], discovery["jwks_uri"]) == (claims["iss"], f"{salesforce.url}/id/keys")
    assert "id_token" not in connect(salesforce, scope="api")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
