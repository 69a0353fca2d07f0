"""JWT bearer tokens: what an app signs to get a token without anybody present (Salesforce help, "OAuth 2.0 JWT Bearer
Flow for Server-to-Server Integration")."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from sandbox.salesforce.apps import app_of, is_approved
from sandbox.salesforce.grants import TokenError
from sandbox.salesforce.org import App, Org

LONGEST_SECONDS: Final = 300
AUDIENCES: Final = frozenset({"https://login.salesforce.com", "https://test.salesforce.com"})


def read_public_key(pem: str) -> rsa.RSAPublicKey:
    """The RSA key of a PEM certificate or public key. ValueError for anything else."""
    content = pem.encode()
    is_certificate = b"BEGIN CERTIFICATE" in content
    key = load_pem_x509_certificate(content).public_key() if is_certificate else load_pem_public_key(content)
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("The certificate must hold an RSA key.")  # noqa: TRY004 (a value of a form is wrong)
    return key


def user_of_assertion(org: Org, assertion: str, site: str) -> tuple[App, str]:
    """The app that signed, and the username it speaks for; `site` is where it was sent to. Raises TokenError."""
    app, claims = _verified(org, assertion)
    now = org.world.clock.timestamp()
    if claims.get("aud") not in {*AUDIENCES, site}:
        raise TokenError("invalid_grant", "audience is invalid")
    # Known clients send the time as text (simple-salesforce).
    if not now < float(claims.get("exp", 0)) <= now + LONGEST_SECONDS:
        raise TokenError("invalid_grant", "assertion is expired")
    user = org.find_user(str(claims.get("sub", "")))
    if user is None or not is_approved(org, str(user["Username"]), app):
        raise TokenError("invalid_grant", "user hasn't approved this consumer")
    return app, str(user["Username"])


def _verified(org: Org, assertion: str) -> tuple[App, dict[str, Any]]:
    try:
        signed, _, signature = assertion.rpartition(".")
        claims = dict(json.loads(_decoded(signed.partition(".")[2])))
        app = app_of(org, str(claims["iss"]))
        key = read_public_key(app.certificate)
        key.verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, KeyError, TypeError, ValueError) as error:
        raise TokenError("invalid_grant", "invalid assertion") from error
    return app, claims


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
