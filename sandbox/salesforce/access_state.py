"""Who may see what, as JSON and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sandbox.salesforce.org import FieldRights, ObjectRights, Org, PermissionSetGroup, Sharing

Saved = dict[str, Any]


def dump(org: Org) -> Saved:
    """Everything about sharing and permissions that outlives the process; `load` reads it."""
    return {
        "sharing": {username: asdict(sharing) for username, sharing in org.sharing.items()},
        "object_rights": [[*key, found.may_read, found.may_view_all] for key, found in org.object_rights.items()],
        "field_rights": [[*key, found.may_read, found.may_edit] for key, found in org.field_rights.items()],
        "api_rights": org.api_rights,
        "own_permission_sets": {label: sorted(users) for label, users in org.own_permission_sets.items()},
        "permission_set_groups": {
            label: {
                "permission_sets": group.permission_sets,
                "users": sorted(group.users),
                "muted": sorted(group.muted),
            }
            for label, group in org.permission_set_groups.items()
        },
    }


def load(org: Org, saved: Saved) -> None:
    org.sharing = {username: _sharing(item) for username, item in saved["sharing"].items()}
    org.object_rights = {(holder, name): ObjectRights(*flags) for holder, name, *flags in saved["object_rights"]}
    org.field_rights = {(holder, of, name): FieldRights(*flags) for holder, of, name, *flags in saved["field_rights"]}
    org.api_rights = dict(saved["api_rights"])
    org.own_permission_sets = {label: set(users) for label, users in saved["own_permission_sets"].items()}
    org.permission_set_groups = {
        label: PermissionSetGroup(tuple(item["permission_sets"]), set(item["users"]), set(item["muted"]))
        for label, item in saved["permission_set_groups"].items()
    }


def _sharing(item: Saved) -> Sharing:
    return Sharing(None if item["owners"] is None else tuple(item["owners"]), item["percent"])
