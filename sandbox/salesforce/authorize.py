"""The browser's part of OAuth: login page, consent page, and the way back to the app."""

from __future__ import annotations

import secrets
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.records import INTEGRATION
from sandbox.salesforce.apps import CROSS_ORG, apps_of, is_approved
from sandbox.salesforce.grants import issue_code
from sandbox.salesforce.org import App, Org
from sandbox.salesforce.pages import render
from sandbox.salesforce.permissions import profile_name
from sandbox.settings import DEMO_PASSWORD, DEMO_USERS, INTEGRATION_USER

COOKIE: Final = "salesforce_sandbox_session"
AUTHORIZE: Final = "/services/oauth2/authorize"
CONSENT: Final = "/setup/secur/RemoteAccessAuthorizationPage.apexp"
LOGIN: Final = "/login"
# What Salesforce says to somebody whose profile has "API Only User", as people report it.
API_ONLY: Final = (
    "Access Restricted for API Only Users. You successfully updated your settings, and can no longer access the UI. "
    "Close this window to continue."
)
NOT_INSTALLED: Final = ("invalid_client", "app must be installed into org")
EXTERNAL_NOT_INSTALLED: Final = ("OAUTH_EC_APP_NOT_FOUND", "external client app is not installed in this org")
LOCAL_HOSTS: Final = frozenset({"127.0.0.1", "localhost"})
SCOPES: Final = {
    "api": "Manage user data via APIs",
    "refresh_token": "Perform requests at any time",
    "offline_access": "Perform requests at any time",
    "id": "Access the identity URL service",
    "openid": "Access unique user identifiers",
    "profile": "Access the identity URL service",
    "email": "Access the identity URL service",
}


class PageError(Exception):
    """A problem shown to the person on a Salesforce page, because the app's address cannot be trusted."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class RefusalError(Exception):
    """A problem sent back to the app as `error` and `error_description`."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class Authorization:
    """The pages of one org."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def routes(self) -> list[BaseRoute]:
        return [
            Route(AUTHORIZE, self.authorize, methods=["GET"]),
            Route(CONSENT, self.decide, methods=["POST"]),
            Route(LOGIN, self.login, methods=["GET", "POST"]),
            Route("/secur/logout.jsp", self.logout, methods=["GET"]),
        ]

    async def authorize(self, request: Request) -> Response:
        """Sends the person to log in, asks for consent the first time, and goes back to the app with a code."""
        asked = dict(request.query_params)
        try:
            self._check_app(asked)
            scopes = self._check_request(asked)
            username = self.username(request)
            if username is None or "login" in asked.get("prompt", "").split():
                return _to_login(asked)
            self._check_access(username, asked["client_id"])
        except PageError as error:
            return render(request, "oauth_error.html", {"error": error}, 400)
        except RefusalError as error:
            return _back(asked, error=error.error, error_description=error.description)
        app = apps_of(self.org)[asked["client_id"]]
        if "consent" in asked.get("prompt", "").split() or not is_approved(self.org, username, app):
            permissions = list(dict.fromkeys(SCOPES[scope] for scope in scopes))
            action = f"{CONSENT}?{request.url.query}"
            context = {"app": app, "username": username, "permissions": permissions, "action": action}
            return render(request, "consent.html", context)
        return self._grant(asked, username, scopes)

    async def decide(self, request: Request) -> Response:
        """The answer to the consent page."""
        asked = dict(request.query_params)
        form = await request.form()
        username = self.username(request)
        if username is None:
            return _to_login(asked)
        try:
            self._check_app(asked)
            scopes = self._check_request(asked)
            self._check_access(username, asked["client_id"])
            _check_decision(str(form.get("decision")))
        except PageError as error:
            return render(request, "oauth_error.html", {"error": error}, 400)
        except RefusalError as error:
            return _back(asked, error=error.error, error_description=error.description)
        self.org.approvals.add((username, asked["client_id"]))
        return self._grant(asked, username, scopes)

    def _grant(self, asked: dict[str, str], username: str, scopes: tuple[str, ...]) -> Response:
        return _back(asked, code=issue_code(self.org, asked, username, scopes))

    def _check_app(self, asked: dict[str, str]) -> None:
        """Raises PageError: without a known app and address there is nowhere to go back to."""
        app = apps_of(self.org).get(asked.get("client_id", ""))
        if app is None:
            raise PageError("invalid_client_id", "client identifier invalid")
        redirect_uri = asked.get("redirect_uri", "")
        if not redirect_uri:
            raise PageError("redirect_uri_missing", "missing required redirect_uri")
        callbacks = (app.callback,) if app.callback else self.org.policies.callbacks
        is_known = redirect_uri in callbacks if callbacks else _is_local(redirect_uri)
        if not is_known:
            raise PageError("redirect_uri_mismatch", "redirect_uri must match configuration")

    def _check_request(self, asked: dict[str, str]) -> tuple[str, ...]:
        """The scopes asked for, all of them when none is named. Raises RefusalError."""
        if asked.get("response_type") != "code":
            raise RefusalError("unsupported_response_type", "response type not supported")
        if self.org.policies.is_pkce_required and not asked.get("code_challenge"):
            raise RefusalError("invalid_request", "missing required code challenge")
        # A challenge without a method means S256; the method plain is refused.
        if asked.get("code_challenge_method", "S256") != "S256":
            raise RefusalError("invalid_request", "code challenge method must be S256")
        allowed = scopes_of(apps_of(self.org)[asked["client_id"]])
        scopes = tuple(asked.get("scope", "").split()) or allowed
        if unknown := [scope for scope in scopes if scope not in allowed]:
            raise RefusalError("invalid_scope", f"the requested scope is not allowed: {unknown[0]}")
        return scopes

    def _check_access(self, username: str, client_id: str) -> None:
        """Raises RefusalError when the administrator keeps the app or the user out."""
        app = apps_of(self.org)[client_id]
        if app.is_foreign:
            raise RefusalError("OAUTH_AUTHORIZATION_BLOCKED", CROSS_ORG)
        user = self.org.find_user(username)
        if user is None or not user["IsActive"]:
            raise RefusalError("inactive_user", "user is inactive")
        if self.org.policies.is_app_blocked:
            raise RefusalError("OAUTH_APP_BLOCKED", "this app is blocked by admin")
        if self.org.policies.is_install_required:
            raise RefusalError(*(EXTERNAL_NOT_INSTALLED if app.is_external else NOT_INSTALLED))
        is_approval_required = self.org.policies.is_approval_required or app.is_approval_required
        if is_approval_required and not is_approved(self.org, username, app):
            raise RefusalError("OAUTH_APP_ACCESS_DENIED", "user is not admin approved to access this app")

    def username(self, request: Request) -> str | None:
        """Who is logged in to Salesforce in this browser."""
        return self.org.sessions.get(request.cookies.get(COOKIE, ""))

    async def login(self, request: Request) -> Response:
        context: dict[str, Any] = {
            "username": request.query_params.get("un", ""),
            "accounts": [(self.org.world.settings.salesforce_user, self.org.world.settings.salesforce_password)]
            + [(name, DEMO_PASSWORD) for name in DEMO_USERS],
        }
        if request.method == "GET":
            return render(request, "login.html", context)
        form = await request.form()
        context["username"] = str(form.get("username", ""))
        username = self.signed_in(context["username"], str(form.get("password", "")))
        if username is None:
            context["error"] = (
                "Please check your username and password. "
                "If you still can't log in, contact your Salesforce administrator."
            )
            return render(request, "login.html", context, 401)
        if profile_name(self.org.user(username)["ProfileId"]) == INTEGRATION:
            return render(request, "login.html", context | {"error": API_ONLY}, 403)
        session = secrets.token_urlsafe(32)
        self.org.sessions[session] = username
        response = RedirectResponse(_local_target(request.query_params.get("startURL", "")), 303)
        response.set_cookie(COOKIE, session, httponly=True, samesite="lax")
        return response

    def signed_in(self, username: str, password: str, *, may_have_token: bool = False) -> str | None:
        """The username as Salesforce spells it, when the password is right. A security token may follow it in SOAP."""
        settings = self.org.world.settings
        own = dict.fromkeys((settings.salesforce_user, INTEGRATION_USER), settings.salesforce_password)
        passwords = dict.fromkeys(DEMO_USERS, DEMO_PASSWORD) | own
        user = self.org.find_user(username)
        expected = passwords.get(user["Username"], "") if user else ""
        given = password[: len(expected)] if may_have_token else password
        if not user or not expected or not secrets.compare_digest(expected.encode(), given.encode()):
            return None
        return str(user["Username"])

    async def logout(self, request: Request) -> Response:
        self.org.sessions.pop(request.cookies.get(COOKIE, ""), None)
        response = RedirectResponse(LOGIN, 303)
        response.delete_cookie(COOKIE)
        return response


def scopes_of(app: App) -> tuple[str, ...]:
    """The scopes that an app may ask for. Setup selects them by their labels, which several may share."""
    if app.scopes is None:
        return tuple(SCOPES)
    labels = {SCOPES[scope] for scope in app.scopes}
    return tuple(scope for scope, label in SCOPES.items() if label in labels)


def _check_decision(decision: str) -> None:
    if decision != "allow":
        raise RefusalError("access_denied", "end-user denied authorization")


def _is_local(redirect_uri: str) -> bool:
    parts = urlsplit(redirect_uri)
    return parts.scheme in {"http", "https"} and parts.hostname in LOCAL_HOSTS and not parts.fragment


def _to_login(asked: dict[str, str]) -> Response:
    """To the login page and back to this request, which then no longer asks for a login."""
    prompts = " ".join(word for word in asked.pop("prompt", "").split() if word != "login")
    start = f"{AUTHORIZE}?{urlencode(asked | ({'prompt': prompts} if prompts else {}))}"
    target = {"startURL": start} | ({"un": asked["login_hint"]} if "login_hint" in asked else {})
    return RedirectResponse(f"{LOGIN}?{urlencode(target)}", 302)


def _local_target(start: str) -> str:
    return start if start.startswith("/") and start[1:2] not in {"/", "\\"} else "/lightning/setup/SetupOneHome/home"


def _back(asked: dict[str, str], **answer: str) -> Response:
    if "state" in asked:
        answer["state"] = asked["state"]
    glue = "&" if urlsplit(asked["redirect_uri"]).query else "?"
    return RedirectResponse(asked["redirect_uri"] + glue + urlencode(answer), 302)
