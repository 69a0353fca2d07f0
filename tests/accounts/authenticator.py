"""An authenticator app."""

import base64
import hmac
import struct
import time

from django.test import Client

ACTIVATE = "/accounts/2fa/totp/activate/"


def code_of(secret: str) -> str:
    """The six digits now (RFC 6238); MFA_TOTP_TOLERANCE 1 lets them be those of half a minute ago."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def add_second_factor(browser: Client) -> None:
    browser.get(ACTIVATE)
    browser.post(ACTIVATE, {"code": code_of(browser.session["mfa.totp.secret"])})
