"""
Tokens for a user who does not log in: client credentials, and JWT bearer tokens (RFC 7523).

Salesforce help, "OAuth 2.0 Client Credentials Flow for Server-to-Server Integration" and "OAuth 2.0 JWT Bearer Flow for
Server-to-Server Integration". Neither gives a refresh token: a new token is asked for in the same way.
"""

import time
from collections.abc import Collection

import jwt
import requests

from clients.hosts import assertion_audience
from clients.salesforce.oauth import OAuthApp, TokenAnswer, answer_to, ask_for_tokens

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Salesforce: "must be within 3 minutes".
_ASSERTION_SECONDS = 180


def client_credentials(
    app: OAuthApp, *, session: requests.Session, origin: str, extra_origins: Collection[str]
) -> TokenAnswer:
    """
    A token for the user that the app runs as by its policies; `origin` is the org's My Domain, others refuse.

    Raises OAuthError, TransientApiError.
    """
    return ask_for_tokens(app, session, origin, {"grant_type": "client_credentials"}, extra_origins)


def jwt_bearer(
    app: OAuthApp,
    *,
    username: str,
    private_key: str,
    session: requests.Session,
    origin: str,
    extra_origins: Collection[str],
) -> TokenAnswer:
    """
    A token for `username`, whom the app's policies must approve, by a key (PEM) whose certificate the app has.

    Raises OAuthError, TransientApiError.
    """
    claims = {
        "iss": app.client_id,
        "sub": username,
        "aud": assertion_audience(origin),
        "exp": int(time.time()) + _ASSERTION_SECONDS,
    }
    form = {"grant_type": JWT_BEARER, "assertion": jwt.encode(claims, private_key, algorithm="RS256")}
    # The documented answer has no signature: the secret has no part in this flow.
    return answer_to(app, session, origin, form, extra_origins, is_signed=False)
