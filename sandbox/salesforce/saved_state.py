"""The org as JSON and back, so that a sandbox that is started again keeps what was set up and who is connected.

Codes of authorisations and devices, open cursors and bulk jobs end with the process: they live for minutes in a real
org as well.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from itertools import count
from typing import Any, Final

from sandbox.salesforce import access_state
from sandbox.salesforce.grants import Grant, Grants
from sandbox.salesforce.org import App, AuditEntry, Org, Package, Policies, RemoteSite, Row, RowRefusal
from sandbox.salesforce.schema import Field

Saved = dict[str, Any]
PLAIN: Final = (
    "is_sandbox",
    "has_record_types",
    "has_newest_fields",
    "is_package_versioned",
    "spoiled_tooling",
    "refreshes",
    "package_license",
    "package_version",
    "default_task_type",
    "list_view_buttons",
    "is_email_to_salesforce",
    "calls_by_hour",
    "sessions",
)
SETS: Final = (
    "dynamic_forms",
    "page_panels",
    "not_deployed",
    "inactive_users",
    "users_without_api",
    "permission_set_users",
)


def dump(org: Org) -> Saved:
    """Everything about the org that outlives the process; `load` reads it."""
    return {
        **{name: getattr(org, name) for name in PLAIN},
        **{name: sorted(getattr(org, name)) for name in SETS},
        "policies": asdict(org.policies),
        "apps": [asdict(app) for app in org.apps.values()],
        "task_types": list(org.task_types),
        "remote_sites": [asdict(site) for site in org.remote_sites.values()],
        "custom_fields": {name: [asdict(item) for item in added.values()] for name, added in org.custom_fields.items()},
        "hidden_fields": {name: sorted(hidden) for name, hidden in org.hidden_fields.items()},
        "other_packages": [asdict(package) for package in org.other_packages],
        "hidden_buttons": sorted(org.hidden_buttons),
        "layout_panels": sorted(org.layout_panels),
        "profile_layouts": [[*key, name] for key, name in org.profile_layouts.items()],
        "off_layout": sorted(org.off_layout),
        "approvals": sorted(org.approvals),
        **access_state.dump(org),
        "grants": [_dump_grant(grant) for grant in org.keep(Grants)],
        "created": _dump_rows(org.created),
        "changed": _dump_rows(org.changed),
        "refusals": [asdict(refusal) for refusal in org.refusals],
        "audit_trail": [asdict(entry) | {"at": entry.at.isoformat()} for entry in org.audit_trail],
        "metadata_changed_at": org.metadata_changed_at.isoformat(),
        "next_number": next(org.numbers),
    }


def load(org: Org, saved: Saved) -> None:
    """Make the org what it was when `dump` answered `saved`. Raises KeyError or TypeError for anything else."""
    org.reset()
    for name in PLAIN:
        setattr(org, name, saved[name])
    for name in SETS:
        setattr(org, name, set(saved[name]))
    org.policies = Policies(**_with_tuples(saved["policies"]))
    org.apps = {item["consumer_key"]: App(**_with_tuples(item)) for item in saved["apps"]}
    org.task_types = tuple(saved["task_types"])
    org.remote_sites = {item["name"]: RemoteSite(**item) for item in saved["remote_sites"]}
    org.custom_fields = {name: _load_fields(items) for name, items in saved["custom_fields"].items()}
    org.hidden_fields = {name: set(hidden) for name, hidden in saved["hidden_fields"].items()}
    org.other_packages = [Package(**item) for item in saved["other_packages"]]
    org.hidden_buttons = {(sobject, name) for sobject, name in saved["hidden_buttons"]}
    org.layout_panels = {(sobject, name) for sobject, name in saved["layout_panels"]}
    org.profile_layouts = {(sobject, profile): name for sobject, profile, name in saved["profile_layouts"]}
    org.off_layout = {(sobject, layout, name) for sobject, layout, name in saved["off_layout"]}
    org.approvals = {(username, client_id) for username, client_id in saved["approvals"]}
    access_state.load(org, saved)
    org.keep(Grants).extend(map(_load_grant, saved["grants"]))
    org.created = _load_rows(org, saved["created"])
    org.changed = _load_rows(org, saved["changed"])
    org.refusals = [RowRefusal(**item) for item in saved["refusals"]]
    org.audit_trail = [AuditEntry(**item | {"at": datetime.fromisoformat(item["at"])}) for item in saved["audit_trail"]]
    org.metadata_changed_at = datetime.fromisoformat(saved["metadata_changed_at"])
    org.numbers = count(saved["next_number"])


Rows = dict[str, dict[str, Row]]


def _dump_rows(rows: Rows) -> Saved:
    def plain(value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value

    return {
        name: {record_id: {key: plain(value) for key, value in row.items()} for record_id, row in found.items()}
        for name, found in rows.items()
    }


def _load_rows(org: Org, saved: Saved) -> Rows:
    found: Rows = {}
    for name, rows in saved.items():
        kinds = {item.name: item.type for item in org.full_sobject(name).fields.values()}
        found[name] = {
            record_id: {key: _typed(kinds.get(key, ""), value) for key, value in row.items()}
            for record_id, row in rows.items()
        }
    return found


def _typed(kind: str, value: Any) -> Any:
    if value is not None and kind == "datetime":
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if value is not None and kind == "date" else value


def _load_fields(items: list[Saved]) -> dict[str, Field]:
    found = (Field(**item | {"parents": tuple(item["parents"]), "values": tuple(item["values"])}) for item in items)
    return {item.name: item for item in found}


def _dump_grant(grant: Grant) -> Saved:
    return vars(grant) | {
        "rotated_tokens": sorted(grant.rotated_tokens),
        "used_at": grant.used_at.isoformat(),
        "access_tokens": {token: ends_at.isoformat() for token, ends_at in grant.access_tokens.items()},
    }


def _load_grant(item: Saved) -> Grant:
    tokens = {token: datetime.fromisoformat(ends_at) for token, ends_at in item["access_tokens"].items()}
    return Grant(
        item["username"],
        tuple(item["scopes"]),
        datetime.fromisoformat(item["used_at"]),
        item["refresh_token"],
        set(item["rotated_tokens"]),
        tokens,
        item["client_id"],
    )


def _with_tuples(saved: Saved) -> Saved:
    """JSON knows lists only."""
    return saved | {name: tuple(value) for name, value in saved.items() if isinstance(value, list)}
