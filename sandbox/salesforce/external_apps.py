"""
External client apps as an administrator makes them in Setup: with the scopes, flows and policies that were chosen, and
nothing that was not (Salesforce help, "Create an External Client App", "Configure OAuth Policies").
"""

import secrets
from dataclasses import replace
from typing import Any, Final

from sandbox.records import PROFILES
from sandbox.salesforce.action_bodies import Action, Body, flag, text, texts, username_of
from sandbox.salesforce.assertions import read_public_key
from sandbox.salesforce.authorize import SCOPES
from sandbox.salesforce.org import App, Org
from sandbox.salesforce.permissions import permission_sets

# Scopes as Setup lists them: each label with all that it stands for.
SCOPE_CHOICES: Final = {
    f"{label} ({', '.join(scope for scope, its_label in SCOPES.items() if its_label == label)})": first
    for first, label in SCOPES.items()
    if first == next(scope for scope, its_label in SCOPES.items() if its_label == label)
}
PERMITTED: Final = {
    "self": "All users can self-authorize",
    "approved": "Admin approved users are pre-authorized",
}
REFRESH: Final = {
    "until_revoked": "Refresh token is valid until revoked",
    "at_once": "Immediately expire refresh token",
}


def apps_in_setup(org: Org) -> list[App]:
    return [app for app in org.apps.values() if app.is_external and not app.is_foreign]


def shown_app(org: Org, consumer_key: str) -> App | None:
    """The app that a page of Setup is about; after it was created that is the newest."""
    apps = apps_in_setup(org)
    if consumer_key == "newest":
        return apps[-1] if apps else None
    return next((app for app in apps if app.consumer_key == consumer_key), None)


def choices(org: Org) -> dict[str, Any]:
    """What can be chosen on the pages."""
    return {
        "scope_choices": SCOPE_CHOICES,
        "permitted": PERMITTED,
        "refresh": REFRESH,
        "profiles": list(PROFILES),
        "permission_sets": list(permission_sets(org)),
    }


def _create_app(org: Org, body: Body) -> None:
    """An app of this org, with credentials that Salesforce makes up. What is not said is not allowed."""
    if not _is_on(body, "oauth"):
        raise ValueError("Without Enable OAuth the app has no consumer key.")
    key, secret = f"3MVG9{secrets.token_urlsafe(48)}", secrets.token_hex(32).upper()
    org.apps[key] = _with_settings(App(key, secret, text(body, "name"), is_external=True), body)


def _set_app_settings(org: Org, body: Body) -> None:
    """The tab Settings: callback, scopes and flows."""
    app = _app(org, body)
    org.apps[app.consumer_key] = _with_settings(app, body)


def _with_settings(app: App, body: Body) -> App:
    certificate = str(body.get("pem") or app.certificate) if _is_on(body, "jwt") else ""
    if certificate:
        read_public_key(certificate)
    elif _is_on(body, "jwt"):
        raise ValueError("Enable JWT Bearer Flow needs a certificate: upload its file.")
    scopes = tuple(texts(body, "scopes")) if "scopes" in body else ()
    if unknown := set(scopes) - set(SCOPES):
        raise ValueError(f"There is no scope {unknown.pop()}.")
    return replace(
        app,
        callback=text(body, "callback"),
        scopes=scopes,
        has_client_credentials=_is_on(body, "client_credentials"),
        certificate=certificate,
    )


def _set_app_policies(org: Org, body: Body) -> None:
    """The tab Policies: who may use the app, whom it runs as, and how long refresh tokens live."""
    app = _app(org, body)
    is_approval_required = body.get("permitted_users") == "approved"
    if is_approval_required and not app.is_approval_required:
        # What users allowed themselves no longer counts.
        org.approvals = {known for known in org.approvals if known[1] != app.consumer_key}
    runs = _is_on(body, "client_credentials")
    org.apps[app.consumer_key] = replace(
        app,
        is_approval_required=is_approval_required,
        approved=tuple(name for kind in ("profiles", "permission_sets") if kind in body for name in texts(body, kind)),
        run_as=username_of(org, {**body, "username": body.get("run_as")}) if runs else "",
        gives_refresh_tokens=body.get("refresh") != "at_once",
    )


def _app(org: Org, body: Body) -> App:
    app = shown_app(org, text(body, "consumer_key"))
    if app is None:
        raise ValueError("There is no external client app with this key in this org.")
    return app


def _is_on(body: Body, name: str) -> bool:
    """A box that is not ticked is not sent at all."""
    return name in body and flag(body, name)


EXTERNAL_APP_ACTIONS: Final[dict[str, Action]] = {
    "create_app": _create_app,
    "set_app_settings": _set_app_settings,
    "set_app_policies": _set_app_policies,
}
