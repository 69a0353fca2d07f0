"""What can be done to the org from outside: the actions of `POST /_sandbox/salesforce` and of the Setup pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from ipaddress import ip_network
from typing import Any, Final

from sandbox.salesforce.org import (
    ACTIONS_SITES,
    ACTIVITY_FIELDS,
    NAMESPACE,
    PACKAGE_OBJECTS,
    PACKAGE_VERSION,
    Org,
    Package,
    RemoteSite,
    RowRefusal,
)
from sandbox.salesforce.rows import long_id, row
from sandbox.salesforce.schema import LENGTHS, OBJECTS, Field, words

Body = Mapping[str, Any]
FIELD_TYPES: Final = frozenset(
    {
        "string",
        "url",
        "boolean",
        "textarea",
        "picklist",
        "multipicklist",
        "email",
        "phone",
        "date",
        "datetime",
        "double",
    }
)
LICENSE_STATES: Final = ("Free", "Trial", "Active", "Expired")
VERSION: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")


def act(org: Org, body: Body) -> None:
    """Do the action a body names. Raises ValueError with a sentence that says what is wrong."""
    action = ACTIONS.get(str(body.get("action", "")))
    if action is None:
        raise ValueError(f"There is no Salesforce action {body.get('action')!r}. Known actions: {', '.join(ACTIONS)}.")
    action(org, body)
    org.metadata_changed_at = org.world.clock.now()


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"The action {body['action']} needs a text {name!r}.")
    return value.strip()


def _number(body: Body, name: str, default: int) -> int:
    """A whole number, from JSON or from a form; the default when it is not said."""
    text = str(body.get(name, default)) or str(default)
    if not text.isdecimal():
        raise ValueError(f"{name!r} must be a whole number, not {body[name]!r}.")
    return int(text)


def _texts(body: Body, name: str) -> list[str]:
    """A list of texts, from JSON or from the lines of a form's text area."""
    given = body.get(name)
    values = given.splitlines() if isinstance(given, str) else given
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{name!r} must be a list of texts, not {given!r}.")
    return [value.strip() for value in values if value.strip()]


def _flag(body: Body, name: str) -> bool:
    """A yes or no, from JSON or from a form; yes when it is not said."""
    text = str(body.get(name, True)).lower()
    if text not in {"true", "false"}:
        raise ValueError(f"{name!r} must be true or false, not {body[name]!r}.")
    return text == "true"


def _install_package(org: Org, body: Body) -> None:
    version = str(body.get("version") or PACKAGE_VERSION)
    if not VERSION.fullmatch(version):
        raise ValueError(f"A package version has four numbers, such as {PACKAGE_VERSION}; {version!r} has not.")
    org.package_version = version


def _install_other_package(org: Org, body: Body) -> None:
    """Install a package of another name; several packages may share one namespace."""
    version = str(body.get("version") or "1.0.0.0")
    if not VERSION.fullmatch(version):
        raise ValueError(f"A package version has four numbers, such as 1.0.0.0; {version!r} has not.")
    org.other_packages.append(Package(_text(body, "name"), str(body.get("namespace") or NAMESPACE), version))


def _set_package_license(org: Org, body: Body) -> None:
    status = _text(body, "status")
    if status not in LICENSE_STATES:
        raise ValueError(f"A package licence is {', '.join(LICENSE_STATES)}; not {status}.")
    org.package_license = status


def _set_layout_button(org: Org, body: Body) -> None:
    """Put a button of the package on the page layout of an object, or take it off."""
    button = _object_name(body), _text(body, "name")
    (org.hidden_buttons.discard if _flag(body, "shown") else org.hidden_buttons.add)(button)


def _uninstall_package(org: Org, _body: Body) -> None:
    org.package_version = ""
    org.permission_set_users.clear()
    org.not_deployed.clear()


def _set_deployed(org: Org, body: Body) -> None:
    name = _text(body, "object")
    if name not in PACKAGE_OBJECTS:
        raise ValueError(f"The package has no object {name}. It has {', '.join(PACKAGE_OBJECTS)}.")
    (org.not_deployed.discard if _flag(body, "deployed") else org.not_deployed.add)(name)


def _object_name(body: Body) -> str:
    name = _text(body, "object")
    if name.lower() not in OBJECTS:
        raise ValueError(f"There is no object {name} in this org.")
    return OBJECTS[name.lower()].name


def _add_field(org: Org, body: Body) -> None:
    sobject, name, kind = _object_name(body), _text(body, "name"), _text(body, "type")
    if not re.fullmatch(r"[A-Za-z]\w*__c", name, re.ASCII):
        raise ValueError(f"The API name of a custom field ends in __c; {name!r} does not.")
    if kind not in FIELD_TYPES:
        raise ValueError(f"There is no field type {kind}. Known types: {', '.join(sorted(FIELD_TYPES))}.")
    length = _number(body, "length", LENGTHS.get(kind, 0))
    fields = org.custom_fields.setdefault(sobject, {})
    is_external_id = _flag({"external_id": False, **body}, "external_id")
    label = str(body.get("label") or words(name))
    fields[name] = Field(name, kind, length, label=label, is_external_id=is_external_id)


def _add_all_activity_fields(org: Org, _body: Body) -> None:
    fields = org.custom_fields.setdefault("Task", {})
    for label, name, kind, length in ACTIVITY_FIELDS:
        fields[name] = Field(name, kind, length, label=label)


def _remove_field(org: Org, body: Body) -> None:
    sobject, name = _object_name(body), _text(body, "name")
    if org.custom_fields.get(sobject, {}).pop(name, None) is None:
        raise ValueError(f"{sobject} has no custom field {name}.")


def _hide_field(org: Org, body: Body) -> None:
    """Take the connected user's right to see a field (field-level security)."""
    sobject, name = _object_name(body), _text(body, "name")
    hidden = org.hidden_fields.setdefault(sobject, set())
    (hidden.add if _flag(body, "hidden") else hidden.discard)(name)


def _add_remote_site(org: Org, body: Body) -> None:
    name = _text(body, "name")
    org.remote_sites[name] = RemoteSite(name, _text(body, "url"), _flag(body, "active"))


def _add_all_remote_sites(org: Org, _body: Body) -> None:
    for name, url in ACTIONS_SITES:
        org.remote_sites[name] = RemoteSite(name, url)


def _remove_remote_site(org: Org, body: Body) -> None:
    name = _text(body, "name")
    if org.remote_sites.pop(name, None) is None:
        raise ValueError(f"There is no remote site {name}.")


def _set_task_types(org: Org, body: Body) -> None:
    values = _texts(body, "values")
    default = body.get("default") or None
    if default is not None and default not in values:
        raise ValueError(f"The default {default!r} is not among the values.")
    org.task_types = tuple(values)
    org.default_task_type = default


def _policy(attribute: str, name: str) -> Callable[[Org, Body], None]:
    """An action that switches one policy; the body's `name` says on or off."""

    def action(org: Org, body: Body) -> None:
        setattr(org.policies, attribute, _flag(body, name))

    return action


def _block_app(org: Org, body: Body) -> None:
    """Keep the app out; its sessions end at once."""
    org.policies.is_app_blocked = _flag(body, "blocked")
    if org.policies.is_app_blocked:
        _end_sessions(org, body)


def _username(org: Org, body: Body) -> str:
    user = org.find_user(_text(body, "username"))
    if user is None:
        raise ValueError(f"There is no user {body['username']} in this org.")
    return str(user["Username"])


def _set_user(org: Org, body: Body) -> None:
    username = _username(org, body)
    for name, off in (("active", org.inactive_users), ("api_enabled", org.users_without_api)):
        if name in body:
            (off.discard if _flag(body, name) else off.add)(username)


def _assign_permission_set(org: Org, body: Body) -> None:
    username = _username(org, body)
    if not org.package_version:
        raise ValueError("The permission set comes with the package. Install the package first.")
    (org.permission_set_users.add if _flag(body, "assigned") else org.permission_set_users.discard)(username)


def _set_callbacks(org: Org, body: Body) -> None:
    """The exact callback addresses of the connected app; an empty list allows any address of this machine."""
    org.policies.callbacks = tuple(_texts(body, "values"))


def _set_daily_api_requests(org: Org, body: Body) -> None:
    org.policies.daily_api_requests = _number(body, "value", 0)


def _set_sandbox(org: Org, body: Body) -> None:
    org.is_sandbox = _flag(body, "sandbox")


def _set_limits(org: Org, body: Body) -> None:
    """Life of unused tokens, in minutes and in days, and the rows a query may have (0: no limit)."""
    org.policies.session_minutes = _number(body, "session_minutes", org.policies.session_minutes)
    org.policies.idle_days = _number(body, "idle_days", org.policies.idle_days)
    org.policies.max_query_rows = _number(body, "max_query_rows", org.policies.max_query_rows)


def _set_allowed_networks(org: Org, body: Body) -> None:
    """Where the app may come from, such as 10.0.0.0/8; an empty list allows every address."""
    networks = _texts(body, "values")
    for network in networks:
        ip_network(network)
    org.policies.allowed_networks = tuple(networks)


def _strict_mode(org: Org, body: Body) -> None:
    """What Salesforce requires of partner apps since 2026: PKCE, single-use refresh tokens, 30 days without use."""
    is_strict = _flag(body, "strict")
    org.policies.is_pkce_required = True
    org.policies.is_rotating = is_strict
    org.policies.idle_days = 30 if is_strict else 0


def _rename_domain(org: Org, body: Body) -> None:
    """Give the org another domain: sessions end, and the next refresh says where the API is now."""
    org.policies.instance_url = _text(body, "url").rstrip("/")
    _end_sessions(org, body)


def _refresh_sandbox(org: Org, body: Body) -> None:
    """Copy production over a sandbox again: another org id, the same record ids, no tokens, no package."""
    org.refreshes += 1
    org.is_sandbox = True
    org.grants.clear()
    org.approvals.clear()
    org.sessions.clear()
    org.cursors.clear()
    org.jobs.clear()
    org.ingest_jobs.clear()
    org.classic_jobs.clear()
    _uninstall_package(org, body)


def _refuse_rows(org: Org, body: Body) -> None:
    """Refuse records written to an object, as a validation rule, a trigger or a lock would."""
    name, code = _object_name(body), _text(body, "code")
    message = str(body.get("message") or "The sandbox was asked to refuse this record.")
    org.refusals.append(RowRefusal(name, code, message, _number(body, "every", 1), _number(body, "count", 1)))


def _backdate_record(org: Org, body: Body) -> None:
    """Make the last change of a record look older than it is, as a commit that becomes visible late."""
    sobject, record_id = _object_name(body), long_id(_text(body, "id"))
    if record_id is None or row(org, sobject, record_id) is None:
        raise ValueError(f"{sobject} has no record {body['id']}.")
    moment = org.world.clock.now().replace(microsecond=0) - timedelta(seconds=_number(body, "seconds", 0))
    kept = org.created.get(sobject, {}).get(record_id) or org.changed.setdefault(sobject, {}).setdefault(record_id, {})
    kept.update({"SystemModstamp": moment, "LastModifiedDate": moment})


def _end_sessions(org: Org, _body: Body) -> None:
    """End all access tokens at once, as an administrator can; refresh tokens stay."""
    for grant in org.grants:
        grant.access_tokens.clear()


def _reset(org: Org, _body: Body) -> None:
    org.reset()


ACTIONS: Final[dict[str, Callable[[Org, Body], None]]] = {
    "install_package": _install_package,
    "uninstall_package": _uninstall_package,
    "install_other_package": _install_other_package,
    "set_package_license": _set_package_license,
    "set_layout_button": _set_layout_button,
    "set_deployed": _set_deployed,
    "add_field": _add_field,
    "add_all_activity_fields": _add_all_activity_fields,
    "remove_field": _remove_field,
    "hide_field": _hide_field,
    "add_remote_site": _add_remote_site,
    "add_all_remote_sites": _add_all_remote_sites,
    "remove_remote_site": _remove_remote_site,
    "set_task_types": _set_task_types,
    "block_app": _block_app,
    "require_install": _policy("is_install_required", "required"),
    "ip_restricted": _policy("is_ip_restricted", "restricted"),
    "hide_setup": _policy("is_setup_hidden", "hidden"),
    "rotate_refresh_tokens": _policy("is_rotating", "rotate"),
    "set_user": _set_user,
    "assign_permission_set": _assign_permission_set,
    "set_callbacks": _set_callbacks,
    "set_daily_api_requests": _set_daily_api_requests,
    "set_sandbox": _set_sandbox,
    "end_sessions": _end_sessions,
    "set_limits": _set_limits,
    "set_allowed_networks": _set_allowed_networks,
    "require_pkce": _policy("is_pkce_required", "required"),
    "strict_mode": _strict_mode,
    "rename_domain": _rename_domain,
    "refresh_sandbox": _refresh_sandbox,
    "refuse_rows": _refuse_rows,
    "backdate_record": _backdate_record,
    "reset": _reset,
}


def state(org: Org) -> dict[str, Any]:
    """The org's set-up, for the console page and for tests."""
    facts = org.facts
    return {
        "organization": {"id": org.id, "name": facts["Name"], "is_sandbox": org.is_sandbox},
        "package_version": org.package_version or None,
        "custom_fields": {name: list(fields) for name, fields in org.custom_fields.items()},
        "hidden_fields": {name: sorted(fields) for name, fields in org.hidden_fields.items() if fields},
        "remote_sites": [
            {"name": site.name, "url": site.url, "active": site.is_active} for site in org.remote_sites.values()
        ],
        "task_types": list(org.task_types),
        "default_task_type": org.default_task_type,
        "policies": asdict(org.policies),
        "inactive_users": sorted(org.inactive_users),
        "users_without_api": sorted(org.users_without_api),
        "permission_set_users": sorted(org.permission_set_users),
        "grants": len(org.grants),
        "api_calls": org.api_calls,
    }
