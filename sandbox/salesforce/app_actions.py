"""What an administrator decides about the connected app, its users and the org as a whole."""

from ipaddress import ip_network
from typing import Final

from sandbox.salesforce.action_bodies import Action, Body, flag, number, text, texts, username_of
from sandbox.salesforce.assertions import read_public_key
from sandbox.salesforce.grants import Grants
from sandbox.salesforce.org import App, Org
from sandbox.salesforce.setup_actions import uninstall_package


def _policy(attribute: str, name: str) -> Action:
    """An action that switches one policy; the body's `name` says on or off."""

    def action(org: Org, body: Body) -> None:
        setattr(org.policies, attribute, flag(body, name))

    return action


def _block_app(org: Org, body: Body) -> None:
    """Keep the app out; its sessions end at once."""
    org.policies.is_app_blocked = flag(body, "blocked")
    if org.policies.is_app_blocked:
        _end_sessions(org, body)


def _set_user(org: Org, body: Body) -> None:
    username = username_of(org, body)
    for name, off in (("active", org.inactive_users), ("api_enabled", org.users_without_api)):
        if name in body:
            (off.discard if flag(body, name) else off.add)(username)


def _set_callbacks(org: Org, body: Body) -> None:
    """The exact callback addresses of the connected app; an empty list allows any address of this machine."""
    org.policies.callbacks = tuple(texts(body, "values"))


def _set_certificate(org: Org, body: Body) -> None:
    """What the connected app signs its JWT bearer tokens with."""
    pem = text(body, "pem")
    try:
        read_public_key(pem)
    except ValueError as error:
        raise ValueError(f"The pem must be a certificate or public key for RSA: {error}.") from error
    org.policies.certificate = pem


def _approve_app(org: Org, body: Body) -> None:
    """Whether a user has approved the connected app, as on the consent page."""
    username = username_of(org, body)
    change = org.approvals.add if flag(body, "approved") else org.approvals.discard
    change((username, str(body.get("consumer_key") or org.world.settings.consumer_key)))


def _require_approval(org: Org, body: Body) -> None:
    """Let only users in whom the administrator approves ("Admin approved users are pre-authorized")."""
    org.policies.is_approval_required = flag(body, "required")
    # What users allowed themselves no longer counts.
    org.approvals.clear()


def _add_app(org: Org, body: Body) -> None:
    """Let another app ask for tokens, or the same one with other rules: `external` is an external client app, and
    `of_this_org` says whether this org defines it."""
    certificate, run_as = str(body.get("pem") or ""), str(body.get("run_as") or "")
    if certificate:
        read_public_key(certificate)
    app = App(
        text(body, "consumer_key"),
        text(body, "consumer_secret"),
        str(body.get("name") or "Sales Insight Actions"),
        is_external=flag(body, "external"),
        is_foreign=not flag(body, "of_this_org"),
        run_as=username_of(org, {**body, "username": run_as}) if run_as else "",
        certificate=certificate,
        callback=str(body.get("callback") or ""),
    )
    org.apps[app.consumer_key] = app


def _set_daily_api_requests(org: Org, body: Body) -> None:
    org.policies.daily_api_requests = number(body, "value", 0)


def _set_sandbox(org: Org, body: Body) -> None:
    org.is_sandbox = flag(body, "sandbox")


def _set_limits(org: Org, body: Body) -> None:
    """Life of unused tokens, in minutes and in days, and the rows a query may have (0: no limit)."""
    org.policies.session_minutes = number(body, "session_minutes", org.policies.session_minutes)
    org.policies.idle_days = number(body, "idle_days", org.policies.idle_days)
    org.policies.max_query_rows = number(body, "max_query_rows", org.policies.max_query_rows)


def _set_allowed_networks(org: Org, body: Body) -> None:
    """Where the app may come from, such as 10.0.0.0/8; an empty list allows every address."""
    networks = texts(body, "values")
    for network in networks:
        ip_network(network)
    org.policies.allowed_networks = tuple(networks)


def _strict_mode(org: Org, body: Body) -> None:
    """What Salesforce requires of partner apps since 2026: PKCE, single-use refresh tokens, 30 days without use."""
    is_strict = flag(body, "strict")
    org.policies.is_pkce_required = True
    org.policies.is_rotating = is_strict
    org.policies.idle_days = 30 if is_strict else 0


def _rename_domain(org: Org, body: Body) -> None:
    """Give the org another domain: sessions end, and the next refresh says where the API is now."""
    org.policies.instance_url = text(body, "url").rstrip("/")
    _end_sessions(org, body)


def _refresh_sandbox(org: Org, body: Body) -> None:
    """Copy production over a sandbox again: another org id, the same record ids, no tokens, no package."""
    org.refreshes += 1
    org.is_sandbox = True
    org.end_all()
    # Local external client apps are not copied (Salesforce help, "External Client Apps").
    org.apps = {key: app for key, app in org.apps.items() if not app.is_external}
    uninstall_package(org, body)


def _end_sessions(org: Org, _body: Body) -> None:
    """End all access tokens at once, as an administrator can; refresh tokens stay."""
    for grant in org.keep(Grants):
        grant.access_tokens.clear()


APP_ACTIONS: Final[dict[str, Action]] = {
    "block_app": _block_app,
    "require_install": _policy("is_install_required", "required"),
    "ip_restricted": _policy("is_ip_restricted", "restricted"),
    "hide_setup": _policy("is_setup_hidden", "hidden"),
    "rotate_refresh_tokens": _policy("is_rotating", "rotate"),
    "set_user": _set_user,
    "set_callbacks": _set_callbacks,
    "set_certificate": _set_certificate,
    "approve_app": _approve_app,
    "require_approval": _require_approval,
    "add_app": _add_app,
    "set_daily_api_requests": _set_daily_api_requests,
    "set_sandbox": _set_sandbox,
    "end_sessions": _end_sessions,
    "set_limits": _set_limits,
    "set_allowed_networks": _set_allowed_networks,
    "require_pkce": _policy("is_pkce_required", "required"),
    "strict_mode": _strict_mode,
    "rename_domain": _rename_domain,
    "refresh_sandbox": _refresh_sandbox,
}
