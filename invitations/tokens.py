"""The secret in an invitation's link."""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored instead of the token. No salt or slow hash: the token itself is random."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
