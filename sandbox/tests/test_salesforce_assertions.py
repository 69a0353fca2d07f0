"""JWT bearer tokens: an app without a person, over HTTP."""

import base64
import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from simple_salesforce.api import Salesforce
from simple_salesforce.login import SalesforceLogin

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import ADMIN, CLIENT, Api, act

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PEM = serialization.Encoding.PEM
Ask = Callable[..., requests.Response]


@cache
def app_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def assertion(**changes: object) -> str:
    claims = {
        "iss": CLIENT["client_id"],
        "sub": ADMIN[0],
        "aud": "https://login.salesforce.com",
        "exp": time.time() + 180,
        **changes,
    }
    signed = f"{encoded(b'{}')}.{encoded(json.dumps(claims).encode())}"
    return f"{signed}.{encoded(app_key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@pytest.fixture
def ask(sandbox: SandboxProcess) -> Ask:
    """Asks for a token with an assertion, of an app that knows the certificate and is approved."""
    public = app_key().public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    act(sandbox, "set_certificate", pem=public.decode())
    act(sandbox, "approve_app", username=ADMIN[0], approved=True)

    def post(text: str) -> requests.Response:
        form = {"grant_type": GRANT, "assertion": text}
        return requests.post(f"{sandbox.url}/services/oauth2/token", data=form, timeout=10)

    return post


def test_signed_assertion_is_worth_a_token(sandbox: SandboxProcess, ask: Ask) -> None:
    tokens = ask(assertion()).json()
    assert not {"refresh_token", "signature", "issued_at"} & set(tokens)
    assert Api(sandbox, tokens["access_token"]).get("/limits").ok
    assert ask(assertion(aud=sandbox.url)).ok


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"aud": "https://elsewhere.example"}, "audience is invalid"),
        ({"exp": 1}, "assertion is expired"),
        ({"exp": time.time() + 3600}, "assertion is expired"),
        ({"sub": "ops@demo.example"}, "user hasn't approved this consumer"),
        ({"iss": "another"}, "client identifier invalid"),
    ],
)
def test_wrong_claims_are_refused(ask: Ask, changes: dict[str, object], description: str) -> None:
    answer = ask(assertion(**changes))
    assert (answer.status_code, answer.json()["error_description"]) == (400, description)


def test_signature_counts(sandbox: SandboxProcess, ask: Ask) -> None:
    head, _, signature = assertion().split(".")
    forged = f"{head}.{encoded(b'{}')}.{signature}"
    assert ask(forged).json() == {"error": "invalid_grant", "error_description": "invalid assertion"}
    assert ask("nothing at all").json()["error_description"] == "invalid assertion"
    act(sandbox, "approve_app", username=ADMIN[0], approved=False)
    assert not ask(assertion()).ok


def test_certificate_must_be_one(sandbox: SandboxProcess) -> None:
    body = {"action": "set_certificate", "pem": "nonsense"}
    answer = requests.post(f"{sandbox.url}/_sandbox/salesforce", json=body, timeout=10)
    assert (answer.status_code, "certificate" in answer.json()["error"]) == (400, True)


def test_simple_salesforce_logs_in_with_a_key(
    sandbox: SandboxProcess, ask: Ask, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", sandbox.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
    private = app_key().private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    with requests.Session() as session:
        token, host = SalesforceLogin(
            session=session,
            username=ADMIN[0],
            consumer_key=CLIENT["client_id"],
            privatekey=private.decode(),
            domain="login",
        )
        client: Any = Salesforce(instance=host, session_id=token, session=session)
        assert "DailyApiRequests" in client.limits()
