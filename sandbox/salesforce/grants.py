"""Authorisation codes, grants and tokens of the connected app (Salesforce help, "OAuth Authorization Flows").

All changes happen in the event loop, so that a refresh that rotates cannot race another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sandbox.salesforce.org import Org

CODE_LIFE: Final = timedelta(minutes=15)
MAX_GRANTS: Final = 5


class TokenError(Exception):
    """A refusal of the token endpoint: `error`, `error_description`, HTTP 400."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass
class Code:
    """An authorisation code; `challenge` is the PKCE challenge it was asked with."""

    username: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str
    expires_at: datetime
    nonce: str = ""
    is_used: bool = False
    client_id: str = ""


@dataclass(eq=False)
class Grant:
    """What one authorisation gave the app. `access_tokens` are kept with the time they end.

    `used_at` is when tokens were last asked for, `client_id` the app's consumer key.
    """

    username: str
    scopes: tuple[str, ...]
    used_at: datetime
    refresh_token: str = ""
    rotated_tokens: set[str] = field(default_factory=set)
    access_tokens: dict[str, datetime] = field(default_factory=dict)
    client_id: str = ""


class Codes(dict[str, Code]):
    """The codes that were given out."""


class Grants(list[Grant]):
    """What people gave the app, the oldest first."""


def issue_code(org: Org, asked: Mapping[str, str], username: str, scopes: tuple[str, ...]) -> str:
    """A code for what an app asked for at the authorize endpoint."""
    value = "aPrx" + secrets.token_urlsafe(48)
    org.keep(Codes)[value] = Code(
        username,
        asked["redirect_uri"],
        scopes,
        asked.get("code_challenge", ""),
        org.world.clock.now() + CODE_LIFE,
        asked.get("nonce", ""),
        client_id=asked["client_id"],
    )
    return value


def redeem_code(org: Org, client_id: str, value: str, redirect_uri: str, verifier: str) -> tuple[Grant, str]:
    """The grant a code stands for, and its nonce. Raises TokenError; a code works once, whatever the outcome."""
    code = org.keep(Codes).get(value)
    if code is None or code.is_used or code.client_id != client_id:
        raise TokenError("invalid_grant", "invalid authorization code")
    code.is_used = True
    if org.world.clock.now() > code.expires_at:
        raise TokenError("invalid_grant", "expired authorization code")
    if redirect_uri != code.redirect_uri:
        raise TokenError("redirect_uri_mismatch", "redirect_uri must match configuration")
    # Without a challenge there is nothing to prove; the authorize step refuses that where the app requires PKCE.
    if code.challenge:
        _check_verifier(code.challenge, verifier)
    check_user(org, code.username)
    return open_grant(org, client_id, code.username, code.scopes), code.nonce


def _check_verifier(challenge: str, verifier: str) -> None:
    # Verifiers longer than RFC 7636 allows are accepted: jsforce sends 171 characters.
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not hmac.compare_digest(digest, challenge.rstrip("=")):
        raise TokenError("invalid_grant", "invalid code verifier" if verifier else "missing code verifier")


def check_user(org: Org, username: str) -> None:
    """Raises TokenError when the user may not have tokens now."""
    if not org.user(username)["IsActive"]:
        raise TokenError("invalid_grant", "inactive user")
    if org.policies.is_ip_restricted:
        raise TokenError("invalid_grant", "ip restricted")
    if org.policies.is_app_blocked:
        raise TokenError("invalid_grant", "this app is blocked by admin")


def open_grant(org: Org, client_id: str, username: str, scopes: tuple[str, ...]) -> Grant:
    """A new grant of a user, whose oldest goes when there are too many."""
    _end_sessions_without_refresh(org)
    grant = Grant(username, scopes, org.world.clock.now(), client_id=client_id)
    if {"refresh_token", "offline_access"} & set(scopes):
        grant.refresh_token = _new_refresh_token()
    org.keep(Grants).append(grant)
    of_both = (grant.username, client_id)
    mine = [item for item in org.keep(Grants) if (item.username, item.client_id) == of_both and item.refresh_token]
    # Salesforce keeps five grants for each user and app and silently revokes the oldest.
    for oldest in mine[:-MAX_GRANTS]:
        org.keep(Grants).remove(oldest)
    return grant


def _end_sessions_without_refresh(org: Org) -> None:
    """Forget grants that nothing can bring back to life."""
    now = org.world.clock.now()
    org.keep(Grants)[:] = [
        grant
        for grant in org.keep(Grants)
        if grant.refresh_token or any(end > now for end in grant.access_tokens.values())
    ]


def _new_refresh_token() -> str:
    return "5Aep861" + secrets.token_urlsafe(60)


def new_access_token(org: Org, grant: Grant) -> str:
    """An access token starts with the 15-character org id and an exclamation mark."""
    token = f"{org.id[:15]}!{secrets.token_urlsafe(72)}"
    grant.access_tokens[token] = org.world.clock.now() + timedelta(minutes=org.policies.session_minutes)
    return token


def refresh(org: Org, client_id: str, refresh_token: str) -> tuple[Grant, bool]:
    """The grant of a refresh token and whether its refresh token was rotated. Raises TokenError.

    With rotation on, a token that was already exchanged ends the whole grant.
    """
    for grant in org.keep(Grants):
        if refresh_token in grant.rotated_tokens:
            org.keep(Grants).remove(grant)
            break
    _end_idle(org)
    of_both = (refresh_token, client_id)
    living = (item for item in org.keep(Grants) if item.refresh_token)
    grant_found = next((item for item in living if (item.refresh_token, item.client_id) == of_both), None)
    if grant_found is None:
        raise TokenError("invalid_grant", "expired access/refresh token")
    check_user(org, grant_found.username)
    grant_found.used_at = org.world.clock.now()
    if not org.policies.is_rotating:
        return grant_found, False
    grant_found.rotated_tokens.add(refresh_token)
    grant_found.refresh_token = _new_refresh_token()
    return grant_found, True


def _end_idle(org: Org) -> None:
    if org.policies.idle_days:
        oldest = org.world.clock.now() - timedelta(days=org.policies.idle_days)
        org.keep(Grants)[:] = [grant for grant in org.keep(Grants) if grant.used_at >= oldest]


def grant_of(org: Org, access_token: str) -> Grant | None:
    """The grant of a living access token; use extends its life, as a session's."""
    now = org.world.clock.now()
    for grant in org.keep(Grants):
        ends_at = grant.access_tokens.get(access_token)
        if ends_at is not None and ends_at > now:
            grant.access_tokens[access_token] = now + timedelta(minutes=org.policies.session_minutes)
            return grant
    return None


def revoke(org: Org, token: str) -> None:
    """End a refresh token with all its access tokens, or one access token. Raises TokenError for an unknown token."""
    for grant in org.keep(Grants):
        if token and token == grant.refresh_token:
            org.keep(Grants).remove(grant)
            return
        if grant.access_tokens.pop(token, None):
            return
    raise TokenError("invalid_token", "token is not valid")


def sign(consumer_secret: str, identity_url: str, issued_at: str) -> str:
    """The signature of a token answer: HMAC-SHA256 over identity URL and time of issue."""
    digest = hmac.new(consumer_secret.encode(), (identity_url + issued_at).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
