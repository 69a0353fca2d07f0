"""Tokens of the Salesforce OAuth of the sandbox, over HTTP."""

import base64
import hashlib
import hmac
import json

import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import (
    CLIENT,
    SCOPE,
    act,
    connect,
    is_alive,
    redeem,
    refresh,
)


def test_salesforce_05_token_answer(sandbox: SandboxProcess) -> None:
    tokens = connect(sandbox)
    signed = hmac.new(
        CLIENT["client_secret"].encode(), (tokens["id"] + tokens["issued_at"]).encode(), hashlib.sha256
    ).digest()
    assert tokens["signature"] == base64.b64encode(signed).decode()
    assert tokens["instance_url"] == sandbox.url
    assert tokens["issued_at"].isdigit()
    assert tokens["scope"] == SCOPE
    assert "expires_in" not in tokens
    assert tokens["access_token"].startswith(tokens["id"].split("/")[-2][:15] + "!")


def test_salesforce_05_refresh_token_needs_its_scope(sandbox: SandboxProcess) -> None:
    assert "refresh_token" in connect(sandbox)
    assert "refresh_token" not in connect(sandbox, scope="api id")


def test_salesforce_06_token_errors_are_a_dict_that_is_not_stored(sandbox: SandboxProcess) -> None:
    answer = redeem(sandbox, "nothing")
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {"error": "invalid_grant", "error_description": "invalid authorization code"}
    assert redeem(sandbox, "nothing", client_id="x").json()["error"] == "invalid_client_id"
    assert redeem(sandbox, "nothing", client_secret="x").json()["error"] == "invalid_client"
    assert redeem(sandbox, "nothing", grant_type="password").json()["error"] == "unsupported_grant_type"


def test_client_credentials_may_come_as_basic(sandbox: SandboxProcess) -> None:
    asked = {"grant_type": "refresh_token", "refresh_token": connect(sandbox)["refresh_token"]}
    url = f"{sandbox.url}/services/oauth2/token"
    assert requests.post(url, data=asked, auth=(CLIENT["client_id"], CLIENT["client_secret"]), timeout=10).ok
    assert not requests.post(url, data=asked, auth=(CLIENT["client_id"], "x"), timeout=10).ok


def test_salesforce_07_refresh_without_rotation_keeps_the_token(sandbox: SandboxProcess) -> None:
    tokens = connect(sandbox)
    answer = refresh(sandbox, tokens["refresh_token"]).json()
    assert "refresh_token" not in answer
    assert is_alive(sandbox, answer["access_token"])


def test_ended_session_is_renewed_by_a_refresh(sandbox: SandboxProcess) -> None:
    tokens = connect(sandbox)
    act(sandbox, "end_sessions")
    assert not is_alive(sandbox, tokens["access_token"])
    assert is_alive(sandbox, refresh(sandbox, tokens["refresh_token"]).json()["access_token"])


def test_salesforce_07_rotation_ends_the_old_token_and_its_reuse_ends_all(sandbox: SandboxProcess) -> None:
    act(sandbox, "rotate_refresh_tokens", rotate=True)
    old = connect(sandbox)["refresh_token"]
    answer = refresh(sandbox, old).json()
    assert answer["refresh_token"] != old
    assert refresh(sandbox, old).json()["error_description"] == "expired access/refresh token"
    assert not is_alive(sandbox, answer["access_token"])
    assert refresh(sandbox, answer["refresh_token"]).status_code == 400


def test_salesforce_08_sixth_grant_revokes_the_first(sandbox: SandboxProcess) -> None:
    tokens = [connect(sandbox) for _ in range(6)]
    alive = [is_alive(sandbox, item["access_token"]) for item in tokens]
    assert alive == [False, True, True, True, True, True]


def test_salesforce_09_revoking_a_refresh_token_ends_its_access_tokens(sandbox: SandboxProcess) -> None:
    tokens = connect(sandbox)
    url = f"{sandbox.url}/services/oauth2/revoke"
    answer = requests.post(url, data={"token": tokens["refresh_token"]}, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")
    assert not is_alive(sandbox, tokens["access_token"])
    assert requests.get(url, params={"token": "x"}, timeout=10).json()["error"] == "invalid_token"


def test_salesforce_10_userinfo_and_identity(sandbox: SandboxProcess) -> None:
    tokens = connect(sandbox)
    url, token = f"{sandbox.url}/services/oauth2/userinfo", tokens["access_token"]
    user = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).json()
    assert user == requests.get(url, params={"oauth_token": token}, timeout=10).json()
    assert (user["email"], user["organization_id"]) == ("admin@acme.example", tokens["id"].split("/")[-2])
    assert user["picture"] == user["photos"]["picture"]
    assert "{version}" in user["urls"]["enterprise"]
    identity = requests.get(tokens["id"], params={"oauth_token": token, "version": "latest"}, timeout=10).json()
    assert identity["username"] == "admin@acme.example"
    assert identity["urls"]["rest"] == f"{sandbox.url}/services/data/v66.0/"
    refused = requests.get(tokens["id"], params={"oauth_token": "x"}, timeout=10)
    assert (refused.status_code, refused.text) == (403, "Bad_OAuth_Token")
    assert requests.get(tokens["id"], timeout=10).text == "Missing_OAuth_Token"


def test_introspection_tells_the_end_of_a_token(sandbox: SandboxProcess) -> None:
    url = f"{sandbox.url}/services/oauth2/introspect"
    asked = {"token": connect(sandbox)["access_token"], **CLIENT}
    assert requests.post(url, data=asked, timeout=10).json()["username"] == "admin@acme.example"
    assert requests.post(url, data=asked | {"token": "x"}, timeout=10).json() == {"active": False}


def test_salesforce_11_double_slash_is_tolerated(sandbox: SandboxProcess) -> None:
    answer = requests.post(f"{sandbox.url}//services/oauth2/token", data=CLIENT, timeout=10)
    assert answer.json()["error"] == "unsupported_grant_type"


def test_app_gets_a_token_for_itself(sandbox: SandboxProcess) -> None:
    answer = requests.post(
        f"{sandbox.url}/services/oauth2/token", data={"grant_type": "client_credentials", **CLIENT}, timeout=10
    ).json()
    assert "refresh_token" not in answer
    assert is_alive(sandbox, answer["access_token"])


def test_id_token_is_signed_with_the_published_key(sandbox: SandboxProcess) -> None:
    tokens = connect(sandbox, nonce="n-1")
    head, body, signature = (_decoded(part) for part in tokens["id_token"].split("."))
    [key] = requests.get(f"{sandbox.url}/id/keys", timeout=10).json()["keys"]
    assert json.loads(head) == {"alg": "RS256", "typ": "JWT", "kid": key["kid"]}
    n, e = (int.from_bytes(_decoded(key[name])) for name in ("n", "e"))
    signed = tokens["id_token"].rpartition(".")[0].encode()
    rsa.RSAPublicNumbers(e, n).public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    claims = json.loads(body)
    assert (claims["aud"], claims["nonce"], claims["sub"]) == (CLIENT["client_id"], "n-1", tokens["id"])
    discovery = requests.get(f"{sandbox.url}/.well-known/openid-configuration", timeout=10).json()
    assert (discovery["issuer"], discovery["jwks_uri"]) == (claims["iss"], f"{sandbox.url}/id/keys")
    assert "id_token" not in connect(sandbox, scope="api")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
