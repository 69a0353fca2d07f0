"""ID tokens of OpenID Connect and the key that proves them (OpenID Connect Core 1.0, section 2; RFC 7517)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEY_ID: Final = "sandbox"
LIFE_SECONDS: Final = 120


@lru_cache(maxsize=1)
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign_id_token(claims: Mapping[str, Any]) -> str:
    """The claims as a JWT signed with RS256."""
    signed = f"{_encode({'alg': 'RS256', 'typ': 'JWT', 'kid': KEY_ID})}.{_encode(claims)}"
    signature = _key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_base64(signature)}"


def key_set() -> dict[str, list[dict[str, str]]]:
    """The public key, as `/id/keys` shows it."""
    numbers = _key().public_key().public_numbers()
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": _number(numbers.n), "e": _number(numbers.e)}
    return {"keys": [key]}


def _encode(content: Mapping[str, Any]) -> str:
    return _base64(json.dumps(content, separators=(",", ":")).encode())


def _number(number: int) -> str:
    return _base64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
