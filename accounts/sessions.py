"""
Sessions in the database, encrypted like tokens: on the way through signing in they hold secrets, such as that of a
second factor that is being set up, and addresses of people who were invited.
"""

import json
from typing import Any

from cryptography.fernet import InvalidToken
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore

from common.encryption import decrypt, encrypt


class SessionStore(DatabaseSessionStore):
    """What SESSION_ENGINE asks for. A session that no key can read is over."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        return encrypt(json.dumps(session_dict))

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(decrypt(str(session_data)))
        except InvalidToken:
            # Of a release that signed sessions only: nobody is signed out by an upgrade.
            return super().decode(session_data)
        return found
