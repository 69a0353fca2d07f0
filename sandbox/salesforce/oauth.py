"""The endpoints an app calls itself: token, revoke, introspect, userinfo, identity, discovery."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.records import INTEGRATION
from sandbox.salesforce.api import is_allowed_address
from sandbox.salesforce.apps import app_of, apps_of
from sandbox.salesforce.assertions import user_of_assertion
from sandbox.salesforce.authorize import SCOPES, scopes_of
from sandbox.salesforce.devices import redeem_device, start_device
from sandbox.salesforce.grants import (
    Grant,
    TokenError,
    check_user,
    grant_of,
    new_access_token,
    open_grant,
    redeem_code,
    refresh,
    revoke,
    sign,
)
from sandbox.salesforce.id_tokens import LIFE_SECONDS, key_set, sign_id_token
from sandbox.salesforce.org import App, Org
from sandbox.salesforce.permissions import profile_name
from sandbox.salesforce.query import json_value
from sandbox.salesforce.rest import identity_url, origin

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
BASE: Final = "/services/oauth2"
# Client credentials are asked for at the org's own domain (Salesforce help, "OAuth 2.0 Client Credentials Flow").
SHARED_HOSTS: Final = frozenset({"login.salesforce.com", "test.salesforce.com"})
JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
API_PATHS: Final = {
    "enterprise": "/services/Soap/c/{version}/",
    "metadata": "/services/Soap/m/{version}/",
    "partner": "/services/Soap/u/{version}/",
    "tooling_soap": "/services/Soap/T/{version}/",
    "recent": "/services/data/v{version}/recent/",
    "users": "/services/data/v{version}/chatter/users",
    "groups": "/services/data/v{version}/chatter/groups",
    "feeds": "/services/data/v{version}/chatter/feeds",
    "feed_items": "/services/data/v{version}/chatter/feed-items",
    "feed_elements": "/services/data/v{version}/chatter/feed-elements",
    "rest": "/services/data/v{version}/",
    "sobjects": "/services/data/v{version}/sobjects/",
    "query": "/services/data/v{version}/query/",
    "search": "/services/data/v{version}/search/",
    "tooling_rest": "/services/data/v{version}/tooling/",
}
API_SITE: Final = "https://api.salesforce.com"
COUNTRY: Final = "SE"
NO_ADDRESS: Final = {
    "addr_street": None,
    "addr_city": None,
    "addr_state": None,
    "addr_country": COUNTRY,
    "addr_zip": None,
    "mobile_phone": None,
    "mobile_phone_verified": False,
}
CLAIMS: Final = ("active", "email", "email_verified", "family_name", "given_name", "name", "organization_id", "sub")
Parameters = Mapping[str, str]


class OAuth:
    """The OAuth endpoints of one org."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def routes(self) -> list[BaseRoute]:
        return [
            Route(f"{BASE}/token", self.token, methods=["POST"]),
            Route(f"{BASE}/revoke", self.revoke, methods=["GET", "POST"]),
            Route(f"{BASE}/introspect", self.introspect, methods=["POST"]),
            Route(f"{BASE}/userinfo", self.userinfo, methods=["GET", "POST"]),
            Route("/id/{org_id}/{user_id}", self.identity, methods=["GET", "POST"]),
            Route("/id/keys", lambda _request: JSONResponse(key_set()), methods=["GET"]),
            Route("/.well-known/openid-configuration", self.discovery, methods=["GET"]),
        ]

    async def token(self, request: Request) -> Response:
        try:
            return JSONResponse(self._token_answer(request, await _parameters(request)), headers=NO_STORE)
        except TokenError as error:
            return _refusal(error)

    def _token_answer(self, request: Request, asked: Parameters) -> dict[str, Any]:
        if not is_allowed_address(self.org, request):
            raise TokenError("invalid_grant", "ip restricted")
        if asked.get("response_type") == "device_code":
            app = app_of(self.org, asked.get("client_id", ""))
            return start_device(self.org, app.consumer_key, asked.get("scope", ""), origin(request))
        answers = {
            "authorization_code": self._by_code,
            "client_credentials": self._by_credentials,
            "refresh_token": self._by_refresh,
            "device": self._by_device,
            JWT_BEARER: self._by_assertion,
        }
        answer = answers.get(asked.get("grant_type", ""), self._by_nothing)
        return answer(request, asked)

    def _by_nothing(self, request: Request, asked: Parameters) -> dict[str, str]:
        self._check_client(request, asked)
        raise TokenError("unsupported_grant_type", "grant type not supported")

    def _by_code(self, request: Request, asked: Parameters) -> dict[str, str]:
        app, verifier = self._check_client(request, asked), asked.get("code_verifier", "")
        code, redirect_uri = _need(asked, "code"), _need(asked, "redirect_uri")
        grant, nonce = redeem_code(self.org, app.consumer_key, code, redirect_uri, verifier)
        if not app.gives_refresh_tokens:
            grant.refresh_token = ""
        tokens = self._tokens(request, grant, is_new=bool(grant.refresh_token))
        return tokens | self._id_token(request, grant, nonce)

    def _by_credentials(self, request: Request, asked: Parameters) -> dict[str, str]:
        """The app runs as the user whom an administrator has chosen; there is no refresh token."""
        app = self._check_client(request, asked)
        if request.url.hostname in SHARED_HOSTS:
            raise TokenError("invalid_grant", "request not supported on this domain")
        if not app.has_client_credentials:
            raise TokenError("unsupported_grant_type", "grant type not supported")
        if not app.run_as:
            raise TokenError("invalid_grant", "no client credentials user enabled")
        check_user(self.org, app.run_as)
        grant = open_grant(self.org, app.consumer_key, app.run_as, _without_login(app))
        return self._tokens(request, grant, is_new=False) | {"api_instance_url": API_SITE}

    def _by_refresh(self, request: Request, asked: Parameters) -> dict[str, str]:
        key = self._check_client(request, asked).consumer_key
        grant, is_rotated = refresh(self.org, key, _need(asked, "refresh_token"))
        return self._tokens(request, grant, is_new=is_rotated)

    def _by_device(self, request: Request, asked: Parameters) -> dict[str, str]:
        """A device cannot keep a secret."""
        app_of(self.org, asked.get("client_id", ""))
        grant = redeem_device(self.org, _need(asked, "code"))
        return self._tokens(request, grant, is_new=bool(grant.refresh_token))

    def _by_assertion(self, request: Request, asked: Parameters) -> dict[str, str]:
        """The signature stands for the client's secret, which signs nothing here: so Salesforce documents the answer.

        There is no refresh token.
        """
        app, username = user_of_assertion(self.org, _need(asked, "assertion"), origin(request))
        check_user(self.org, username)
        grant = open_grant(self.org, app.consumer_key, username, _without_login(app))
        tokens = self._tokens(request, grant, is_new=False)
        return {name: value for name, value in tokens.items() if name not in {"signature", "issued_at"}}

    def _id_token(self, request: Request, grant: Grant, nonce: str) -> dict[str, str]:
        if "openid" not in grant.scopes:
            return {}
        now = int(self.org.world.clock.timestamp())
        claims = {
            "iss": origin(request),
            "sub": identity_url(self.org, request, grant.username),
            "aud": grant.client_id,
            "iat": now,
            "exp": now + LIFE_SECONDS,
        }
        return {"id_token": sign_id_token(claims | ({"nonce": nonce} if nonce else {}))}

    def _check_client(self, request: Request, asked: Parameters) -> App:
        """The app whose credentials the body or HTTP Basic holds. Raises TokenError."""
        client_id, client_secret = _basic(request) or (asked.get("client_id", ""), asked.get("client_secret", ""))
        app = app_of(self.org, client_id)
        if client_secret != app.consumer_secret:
            raise TokenError("invalid_client", "invalid client credentials")
        return app

    def _tokens(self, request: Request, grant: Grant, *, is_new: bool) -> dict[str, str]:
        """The token answer; the refresh token is in it only when it is new to the app. There is no expires_in."""
        identity = identity_url(self.org, request, grant.username)
        issued_at = str(int(self.org.world.clock.timestamp() * 1000))
        answer = {
            "access_token": new_access_token(self.org, grant),
            "signature": sign(apps_of(self.org)[grant.client_id].consumer_secret, identity, issued_at),
            "scope": " ".join(grant.scopes),
            "instance_url": self.org.policies.instance_url or origin(request),
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued_at,
        }
        return answer | {"refresh_token": grant.refresh_token} if is_new else answer

    async def revoke(self, request: Request) -> Response:
        asked = await _parameters(request)
        try:
            revoke(self.org, asked.get("token", ""))
        except TokenError as error:
            return _refusal(error)
        return Response(headers=NO_STORE)

    async def introspect(self, request: Request) -> Response:
        asked = await _parameters(request)
        try:
            self._check_client(request, asked)
        except TokenError as error:
            return _refusal(error)
        token = asked.get("token", "")
        grant = grant_of(self.org, token)
        if grant is None:
            return JSONResponse({"active": False}, headers=NO_STORE)
        issued_at = int(grant.used_at.timestamp())
        answer = {
            "active": True,
            "scope": " ".join(grant.scopes),
            "client_id": grant.client_id,
            "username": grant.username,
            "sub": identity_url(self.org, request, grant.username),
            "token_type": "access_token",
            "exp": int(grant.access_tokens[token].timestamp()),
            "iat": issued_at,
            "nbf": issued_at,
        }
        return JSONResponse(answer, headers=NO_STORE)

    async def userinfo(self, request: Request) -> Response:
        grant, problem = await self._bearer(request)
        if grant is None:
            return PlainTextResponse(problem, 403)
        user = self.org.user(grant.username)
        return JSONResponse(
            {
                "sub": identity_url(self.org, request, grant.username),
                "user_id": user["Id"],
                "organization_id": self.org.id,
                "preferred_username": user["Username"],
                "nickname": user["Alias"],
                "name": user["Name"],
                "email": user["Email"],
                "email_verified": True,
                "given_name": user["FirstName"],
                "family_name": user["LastName"],
                "zoneinfo": user["TimeZoneSidKey"],
                "photos": _photos(request),
                "profile": f"{origin(request)}/{user['Id']}",
                "picture": _photos(request)["picture"],
                "address": {"country": COUNTRY},
                "is_salesforce_integration_user": profile_name(user["ProfileId"]) == INTEGRATION,
                "urls": _urls(request, "{version}"),
                "active": user["IsActive"],
                "user_type": user["UserType"].upper(),
                "language": user["LanguageLocaleKey"],
                "locale": user["LanguageLocaleKey"],
                "utcOffset": 0,
                "updated_at": json_value(user["SystemModstamp"]),
                "is_app_installed": not self.org.policies.is_install_required,
            }
        )

    async def identity(self, request: Request) -> Response:
        """The identity URL. Refusals are plain text with status 403."""
        grant, problem = await self._bearer(request)
        if grant is None:
            return PlainTextResponse(problem, 403)
        if request.path_params["org_id"][:15] != self.org.id[:15]:
            return PlainTextResponse("Wrong_Org", 403)
        user = self.org.user(grant.username)
        if request.path_params["user_id"][:15] != user["Id"][:15]:
            return PlainTextResponse("Bad_Id", 403)
        version = request.query_params.get("version", "{version}").replace("latest", "66.0")
        return JSONResponse(
            {
                "id": identity_url(self.org, request, grant.username),
                "asserted_user": True,
                "user_id": user["Id"],
                "organization_id": self.org.id,
                "username": user["Username"],
                "nick_name": user["Alias"],
                "display_name": user["Name"],
                "email": user["Email"],
                "email_verified": True,
                "first_name": user["FirstName"],
                "last_name": user["LastName"],
                "timezone": user["TimeZoneSidKey"],
                "photos": _photos(request),
                **NO_ADDRESS,
                "is_lightning_login_user": False,
                "status": {"created_date": None, "body": None},
                "urls": _urls(request, version),
                "active": user["IsActive"],
                "user_type": user["UserType"].upper(),
                "language": user["LanguageLocaleKey"],
                "locale": user["LanguageLocaleKey"],
                "utcOffset": 0,
                "last_modified_date": json_value(user["SystemModstamp"]),
                "is_app_installed": not self.org.policies.is_install_required,
            }
        )

    async def _bearer(self, request: Request) -> tuple[Grant | None, str]:
        """The grant of the call's token, from the header or a parameter; or the word Salesforce refuses with."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in {"bearer", "oauth"}:
            asked = await _parameters(request)
            token = asked.get("oauth_token") or asked.get("access_token") or ""
        if not token:
            return None, "Missing_OAuth_Token"
        return grant_of(self.org, token), "Bad_OAuth_Token"

    async def discovery(self, request: Request) -> Response:
        site = origin(request)
        return JSONResponse(
            {
                "issuer": site,
                "authorization_endpoint": f"{site}{BASE}/authorize",
                "token_endpoint": f"{site}{BASE}/token",
                "revocation_endpoint": f"{site}{BASE}/revoke",
                "introspection_endpoint": f"{site}{BASE}/introspect",
                "registration_endpoint": f"{site}{BASE}/register",
                "end_session_endpoint": f"{site}{BASE}/logout",
                "userinfo_endpoint": f"{site}{BASE}/userinfo",
                "jwks_uri": f"{site}/id/keys",
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": list(SCOPES),
                "response_types_supported": ["code"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "display_values_supported": ["page", "popup", "touch"],
                "claims_supported": list(CLAIMS),
                "frontchannel_logout_supported": True,
                "frontchannel_logout_session_supported": True,
            }
        )


def _without_login(app: App) -> tuple[str, ...]:
    """The scopes of a token that nobody was asked for."""
    return tuple(scope for scope in ("api", "id") if scope in scopes_of(app))


async def _parameters(request: Request) -> Parameters:
    """Query and form parameters together, as text."""
    found = dict(request.query_params)
    if request.method == "POST":
        found |= {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return found


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise TokenError("invalid_client", "invalid client credentials") from error
    return unquote_plus(name), unquote_plus(secret)


def _need(asked: Parameters, name: str) -> str:
    if not asked.get(name):
        raise TokenError("invalid_request", f"missing required parameter: {name}")
    return asked[name]


def _refusal(error: TokenError) -> Response:
    content = {"error": error.error, "error_description": error.description}
    return JSONResponse(content, 400, headers=NO_STORE)


def _photos(request: Request) -> dict[str, str]:
    return {name: f"{origin(request)}/profilephoto/005/{size}" for name, size in (("picture", "F"), ("thumbnail", "T"))}


def _urls(request: Request, version: str) -> dict[str, str]:
    site = origin(request)
    return {name: site + path.replace("{version}", version) for name, path in API_PATHS.items()} | {
        "profile": f"{site}/",
        "custom_domain": site,
    }
