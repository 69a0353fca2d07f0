"""
Salesforce's OAuth 2.0 web server flow with PKCE (RFC 7636): addresses, tokens and what their refusals mean.

Nothing here remembers anything: state, verifier and tokens are the caller's to keep.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import requests

from clients.hosts import ForbiddenHost, check_instance_url
from clients.http import (
    ApiError,
    ReconnectNeeded,
    TransientApiError,
    expected_shape,
    network_errors,
    retry_after_seconds,
)
from clients.salesforce.errors import SERVICE
from clients.values import as_text, required

TOKEN_PATH = "/services/oauth2/token"  # noqa: S105
SCOPES = ("api", "refresh_token", "id", "openid")

_IDENTITY = re.compile(r"https?://[^/]+/id/(00D\w{12}(?:\w{3})?)/(005\w{12}(?:\w{3})?)", re.ASCII)
_CHECKSUM_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


class OAuthProblem(StrEnum):
    """Why Salesforce did not give, or no longer honours, a token."""

    REFUSED = "refused"
    APP_BLOCKED = "app_blocked"
    APP_OF_OTHER_ORG = "app_of_other_org"
    APP_NOT_INSTALLED = "app_not_installed"
    NOT_APPROVED = "not_approved"
    INACTIVE_USER = "inactive_user"
    INACTIVE_ORG = "inactive_org"
    IP_RESTRICTED = "ip_restricted"
    API_DISABLED = "api_disabled"
    EXPIRED_CODE = "expired_code"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105
    BAD_CLIENT = "bad_client"
    UNKNOWN_KEY = "unknown_key"
    NO_RUN_AS = "no_run_as"
    OTHER_USER = "other_user"
    BAD_ASSERTION = "bad_assertion"
    FLOW_OFF = "flow_off"
    WRONG_SECRET = "wrong_secret"  # noqa: S105
    WRONG_HOST = "wrong_host"
    BUSY = "busy"
    UNKNOWN = "unknown"


# The description decides first: Salesforce has one code, invalid_grant, for most of these.
_BY_DESCRIPTION = [
    (re.compile(pattern, re.IGNORECASE), problem)
    for pattern, problem in (
        (r"cross-org oauth", OAuthProblem.APP_OF_OTHER_ORG),
        # Under invalid_grant too, and nothing is wrong with the grant (release notes of 2024).
        (r"already being processed|rate exceeded|too many requests|try again later", OAuthProblem.BUSY),
        (r"ip restricted|login hours", OAuthProblem.IP_RESTRICTED),
        (r"inactive user", OAuthProblem.INACTIVE_USER),
        (r"inactive org", OAuthProblem.INACTIVE_ORG),
        (r"must be installed", OAuthProblem.APP_NOT_INSTALLED),
        (r"blocked by admin", OAuthProblem.APP_BLOCKED),
        (r"not admin approved|hasn.t approved", OAuthProblem.NOT_APPROVED),
        (r"no client credentials user", OAuthProblem.NO_RUN_AS),
        (r"invalid assertion|assertion is expired", OAuthProblem.BAD_ASSERTION),
        (r"authorization code|code verifier", OAuthProblem.EXPIRED_CODE),
        (r"refresh token|expired access", OAuthProblem.EXPIRED_TOKEN),
        (r"audience is invalid|not supported on this domain", OAuthProblem.WRONG_HOST),
        (r"authentication failure", OAuthProblem.REFUSED),
    )
]
_BY_CODE = {
    "access_denied": OAuthProblem.REFUSED,
    "OAUTH_AUTHORIZATION_BLOCKED": OAuthProblem.APP_OF_OTHER_ORG,
    "OAUTH_APP_BLOCKED": OAuthProblem.APP_BLOCKED,
    "OAUTH_APP_ACCESS_DENIED": OAuthProblem.NOT_APPROVED,
    "OAUTH_APPROVAL_ERROR_GENERIC": OAuthProblem.APP_NOT_INSTALLED,
    "OAUTH_EC_APP_NOT_FOUND": OAuthProblem.APP_NOT_INSTALLED,
    "invalid_app_access": OAuthProblem.NOT_APPROVED,
    "NO_ACCESS": OAuthProblem.NOT_APPROVED,
    "inactive_user": OAuthProblem.INACTIVE_USER,
    "inactive_org": OAuthProblem.INACTIVE_ORG,
    "API_DISABLED_FOR_ORG": OAuthProblem.API_DISABLED,
    "API_CURRENTLY_DISABLED": OAuthProblem.API_DISABLED,
    "invalid_client": OAuthProblem.WRONG_SECRET,
    "invalid_client_id": OAuthProblem.UNKNOWN_KEY,
    "redirect_uri_mismatch": OAuthProblem.BAD_CLIENT,
    "redirect_uri_missing": OAuthProblem.BAD_CLIENT,
    "invalid_scope": OAuthProblem.BAD_CLIENT,
    "invalid_request": OAuthProblem.BAD_CLIENT,
    "unsupported_response_type": OAuthProblem.BAD_CLIENT,
    "unsupported_grant_type": OAuthProblem.FLOW_OFF,
    "rate_limit_exceeded": OAuthProblem.BUSY,
    "server_error": OAuthProblem.BUSY,
    "service_unavailable": OAuthProblem.BUSY,
    "system_down": OAuthProblem.BUSY,
}


class AppKind(StrEnum):
    """What an app is in Salesforce's Setup, and so where there its policies are."""

    EXTERNAL_CLIENT_APP = "external_client_app"
    CONNECTED_APP = "connected_app"


class OAuthError(ApiError):
    """
    Salesforce refused a token: `problem` says why, and so who can mend it; `app_kind` says where in Setup, None where
    no app was asked for.
    """

    def __init__(self, problem: OAuthProblem, code: str, detail: str = "", *, app_kind: AppKind | None = None) -> None:
        super().__init__(SERVICE, code, detail)
        self.problem, self.app_kind = problem, app_kind


class GrantRefused(OAuthError, ReconnectNeeded):
    """The code or the refresh token itself is refused, not our request: only a person can get a new one."""


@dataclass(frozen=True)
class OAuthApp:
    """An app as which this console is registered with Salesforce."""

    client_id: str
    client_secret: str = field(repr=False)
    kind: AppKind


class Pkce(NamedTuple):
    """The secret kept on the server, and its SHA-256 hash that travels through the browser."""

    verifier: str
    challenge: str


@dataclass(frozen=True)
class TokenAnswer:
    """
    Tokens and whose they are. `refresh_token` is None when Salesforce goes on with the old one; ids have 18 characters.

    `instance_url` is checked and may differ from answer to answer: keep the newest.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    instance_url: str
    org_id: str
    user_id: str
    scopes: frozenset[str]


def new_pkce() -> Pkce:
    verifier = secrets.token_urlsafe(64)
    digest = hashlib.sha256(verifier.encode()).digest()
    return Pkce(verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode())


def authorize_url(
    origin: str,
    client_id: str,
    redirect_uri: str,
    state: str,
    code_challenge: str,
    scope: Collection[str] = SCOPES,
    prompt: str | None = None,
) -> str:
    """Where to send the browser; with the prompt "login" Salesforce asks also those who are logged in to log in."""
    parameters = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": code_challenge,
        "code_challenge_method": "S256",
        "scope": " ".join(scope),
    }
    if prompt:
        parameters["prompt"] = prompt
    return f"{origin}/services/oauth2/authorize?{urlencode(parameters, quote_via=quote)}"


def exchange_code(
    app: OAuthApp,
    *,
    session: requests.Session,
    origin: str,
    code: str,
    code_verifier: str,
    redirect_uri: str,
    extra_origins: Collection[str] = (),
) -> TokenAnswer:
    """
    Tokens for the code that came back to `redirect_uri`, which must be the one sent to `authorize_url`.

    Raises OAuthError, or TransientApiError when nothing was decided.
    """
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": code_verifier}
    return ask_for_tokens(app, session, origin, form | {"redirect_uri": redirect_uri}, extra_origins)


def refresh(
    app: OAuthApp,
    *,
    session: requests.Session,
    origin: str,
    refresh_token: str,
    extra_origins: Collection[str] = (),
) -> TokenAnswer:
    """
    A new access token. Two callers must never do this at once: where refresh tokens rotate, the second kills both.

    Raises OAuthError, or TransientApiError: then keep the refresh token.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return ask_for_tokens(app, session, origin, form, extra_origins)


def revoke(*, session: requests.Session, origin: str, token: str) -> None:
    """Make Salesforce forget a token (a refresh token takes its access tokens along); one already dead is fine."""
    with network_errors(SERVICE):
        response = session.post(f"{origin}/services/oauth2/revoke", data={"token": token})
    if response.status_code >= 400 and _refusal(response).code not in ("invalid_token", "unsupported_token_type"):
        raise _refusal(response)


def problem_of(error: str, description: str = "") -> OAuthProblem:
    """The problem behind an error of the callback, the token endpoint or the first API call."""
    for pattern, problem in _BY_DESCRIPTION:
        if pattern.search(description):
            return problem
    return _BY_CODE.get(error, OAuthProblem.UNKNOWN)


def parse_identity(url: str) -> tuple[str, str]:
    """The org id and user id of an identity URL; raises ValueError for any other address."""
    found = _IDENTITY.fullmatch(url)
    if not found:
        raise ValueError("not an identity URL")
    return to_18(found[1]), to_18(found[2])


def to_18(record_id: str) -> str:
    """A record id with the three letters that make it safe to compare without regard to case (Salesforce help)."""
    if len(record_id) == 18:
        return record_id
    blocks = (record_id[start : start + 5] for start in (0, 5, 10))
    flags = (sum("A" <= letter <= "Z" and 1 << place for place, letter in enumerate(block)) for block in blocks)
    return record_id + "".join(_CHECKSUM_LETTERS[flag] for flag in flags)


def ask_for_tokens(
    app: OAuthApp, session: requests.Session, origin: str, form: dict[str, str], extra_origins: Collection[str]
) -> TokenAnswer:
    """What an app with its secret gets for a grant, the fields of `form`. Raises OAuthError, TransientApiError."""
    credentials = {"client_id": app.client_id, "client_secret": app.client_secret}
    return answer_to(app, session, origin, form | credentials, extra_origins)


def answer_to(
    app: OAuthApp,
    session: requests.Session,
    origin: str,
    form: dict[str, str],
    extra_origins: Collection[str],
    *,
    is_signed: bool = True,
) -> TokenAnswer:
    """
    What Salesforce answers to a request for tokens as it stands; `is_signed` says whether the answer must be signed
    with the app's secret. Raises OAuthError, TransientApiError.
    """
    with network_errors(SERVICE):
        response = session.post(origin + TOKEN_PATH, data=form)
        if response.status_code >= 400:
            raise _refusal(response, app.kind)
        answer = response.json()
    with expected_shape(SERVICE, answer):
        if is_signed:
            _check_signature(answer, app)
        org_id, user_id = parse_identity(answer["id"])
        return TokenAnswer(
            access_token=_token(answer["access_token"]),
            refresh_token=_token(answer["refresh_token"]) if answer.get("refresh_token") else None,
            instance_url=_instance_origin(answer["instance_url"], extra_origins, app.kind),
            org_id=org_id,
            user_id=user_id,
            scopes=frozenset(answer.get("scope", "").split()),
        )


def _token(value: object) -> str:
    """Raises ValueError for what no header takes (RFC 6749, A.12 and A.17)."""
    token = required(as_text(value))
    if not (token and token.isascii() and token.isprintable()):
        raise ValueError("no token")
    return token


def _instance_origin(url: str, extra_origins: Collection[str], kind: AppKind) -> str:
    try:
        return check_instance_url(url, extra_origins=extra_origins)
    except ForbiddenHost:
        raise OAuthError(OAuthProblem.WRONG_HOST, "forbidden_instance_url", app_kind=kind) from None


def _refusal(response: requests.Response, kind: AppKind | None = None) -> ApiError:
    error, description = _words_of(response)
    problem = problem_of(error, description)
    if response.status_code >= 429 or problem is OAuthProblem.BUSY or error.isdecimal():
        # Also an HTML page: it decides nothing about the token, which must be kept.
        return TransientApiError(SERVICE, error, description, retry_after=retry_after_seconds(response))
    return (GrantRefused if error == "invalid_grant" else OAuthError)(problem, error, description, app_kind=kind)


def _words_of(response: requests.Response) -> tuple[str, str]:
    """Error and description of a refusal; the status where there are none."""
    try:
        answer = response.json()
        return required(as_text(answer["error"])), as_text(answer.get("error_description")) or ""
    except (ValueError, KeyError, TypeError):
        return str(response.status_code), ""


def _check_signature(answer: dict[str, Any], app: OAuthApp) -> None:
    """Salesforce signs the identity URL and the time with the app's secret, which only it and we know."""
    signed = (answer["id"] + answer["issued_at"]).encode()
    expected = base64.b64encode(hmac.digest(app.client_secret.encode(), signed, "sha256")).decode()
    if not hmac.compare_digest(expected, answer["signature"]):
        raise OAuthError(OAuthProblem.WRONG_HOST, "bad_signature", app_kind=app.kind)
