"""What an administrator decides about who sees what."""

from dataclasses import replace
from typing import Final

from sandbox.salesforce.action_bodies import (
    Action,
    Body,
    flag,
    number,
    object_name,
    profile_named,
    text,
    texts,
    username_of,
)
from sandbox.salesforce.describe import is_permissionable
from sandbox.salesforce.org import (
    PACKAGE_OBJECTS,
    PERMISSION_SET,
    FieldRights,
    ObjectRights,
    Org,
    PermissionSetGroup,
    Sharing,
)
from sandbox.salesforce.permissions import GOVERNED, permission_sets, profile_name, rights

SEEN: Final = ("all", "own", "team", "part")


def _set_sharing(org: Org, body: Body) -> None:
    """Which records a user sees: all, their own, those of a few owners, or a part in per cent."""
    username = username_of(org, body)
    org.sharing.pop(username, None)
    sees = text(body, "sees")
    if sees not in SEEN:
        raise ValueError(f"A user sees {', '.join(SEEN)}; not {sees}.")
    if sees == "part":
        _narrowed(org, username, Sharing(percent=_percent(body)))
    elif sees != "all":
        names = [username] if sees == "own" else texts(body, "owners")
        owners = tuple(str(org.user(username_of(org, {**body, "username": name}))["Id"]) for name in names)
        _narrowed(org, username, Sharing(owners))


def _narrowed(org: Org, username: str, sharing: Sharing) -> None:
    """Share only some records with a user. What lets their profile view all of them anyway is taken from it."""
    org.sharing[username] = sharing
    profile = profile_name(org.user(username)["ProfileId"])
    for name in GOVERNED:
        org.object_rights[profile, name] = replace(rights(org, profile, name), may_view_all=False)


def _percent(body: Body) -> int:
    percent = number(body, "percent", 50)
    if percent > 100:
        raise ValueError(f"A part is at most 100 per cent, not {percent}.")
    return percent


def _set_object_permission(org: Org, body: Body) -> None:
    """What a profile, or a permission set, allows on an object."""
    holder, name = _holder(org, body), object_name(body)
    if name not in GOVERNED:
        raise ValueError(f"Profiles and permission sets give rights on {', '.join(GOVERNED)}; not on {name}.")
    may_view_all = flag({"view_all": False, **body}, "view_all")
    org.object_rights[holder, name] = ObjectRights(flag(body, "read") or may_view_all, may_view_all)


def _holder(org: Org, body: Body) -> str:
    """The profile or permission set that a body names."""
    if "permission_set" not in body:
        return profile_named(body)
    return _permission_set(org, text(body, "permission_set"))


def _permission_set(org: Org, label: str) -> str:
    known = permission_sets(org)
    if label not in known:
        raise ValueError(f"There is no permission set {label}. Known sets: {', '.join(known) or 'none'}.")
    return label


def _add_permission_set(org: Org, body: Body) -> None:
    """A permission set of the company's own, which gives nothing yet."""
    org.own_permission_sets.setdefault(text(body, "name"), set())


def _add_permission_set_group(org: Org, body: Body) -> None:
    """Permission sets that are assigned together."""
    labels = tuple(_permission_set(org, label) for label in texts(body, "permission_sets"))
    org.permission_set_groups[text(body, "name")] = PermissionSetGroup(labels)


def _assign_permission_set(org: Org, body: Body) -> None:
    """Assign a permission set, the package's own when none is named, or take it away again."""
    username, label = username_of(org, body), str(body.get("name") or PERMISSION_SET)
    if label == PERMISSION_SET and not org.package_version:
        raise ValueError("The permission set comes with the package. Install the package first.")
    users = permission_sets(org)[_permission_set(org, label)]
    (users.add if flag(body, "assigned") else users.discard)(username)


def _assign_permission_set_group(org: Org, body: Body) -> None:
    username, group = username_of(org, body), _group(org, body)
    (group.users.add if flag(body, "assigned") else group.users.discard)(username)


def _hide_field(org: Org, body: Body) -> None:
    """Take the right to see a field: from the users of one profile, or from the connected user whoever that is."""
    sobject, name = object_name(body), text(body, "name")
    if "profile" not in body:
        hidden = org.hidden_fields.setdefault(sobject, set())
        (hidden.add if flag(body, "hidden") else hidden.discard)(name)
        return
    is_seen = not flag(body, "hidden")
    org.field_rights[profile_named(body), sobject, _governed_field(org, sobject, name)] = FieldRights(is_seen, is_seen)


def _set_field_permission(org: Org, body: Body) -> None:
    """What a profile, or a permission set, allows on a field."""
    sobject, name = object_name(body), text(body, "name")
    may_edit = flag({"edit": False, **body}, "edit")
    found = FieldRights(flag(body, "read") or may_edit, may_edit)
    org.field_rights[_holder(org, body), sobject, _governed_field(org, sobject, name)] = found


def _governed_field(org: Org, sobject: str, name: str) -> str:
    found = org.full_sobject(sobject).fields.get(name.lower())
    if found is None or not is_permissionable(found, sobject):
        raise ValueError(f"{sobject}.{name} is no field that field-level security can hide.")
    return found.name


def _set_api_enabled(org: Org, body: Body) -> None:
    """Whether a profile, or a permission set, lets its users call the API."""
    org.api_rights[_holder(org, body)] = flag(body, "enabled")


def _mute_permission(org: Org, body: Body) -> None:
    """Whether a permission set group gives no rights on an object, whatever its permission sets say."""
    group, name = _group(org, body), text(body, "object")
    if name not in (*GOVERNED, *PACKAGE_OBJECTS):
        raise ValueError(f"Nothing gives rights on {name}.")
    (group.muted.add if flag(body, "muted") else group.muted.discard)(name)


def _group(org: Org, body: Body) -> PermissionSetGroup:
    name = text(body, "name")
    if name not in org.permission_set_groups:
        raise ValueError(f"There is no permission set group {name}.")
    return org.permission_set_groups[name]


ACCESS_ACTIONS: Final[dict[str, Action]] = {
    "set_sharing": _set_sharing,
    "set_object_permission": _set_object_permission,
    "hide_field": _hide_field,
    "set_field_permission": _set_field_permission,
    "set_api_enabled": _set_api_enabled,
    "mute_permission": _mute_permission,
    "add_permission_set": _add_permission_set,
    "assign_permission_set": _assign_permission_set,
    "add_permission_set_group": _add_permission_set_group,
    "assign_permission_set_group": _assign_permission_set_group,
}
