"""Rows about permissions, which agree with what a user is let do: profiles, permission sets, objects and fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sandbox.records import INTEGRATION, PROFILES
from sandbox.salesforce.describe import is_permissionable
from sandbox.salesforce.org import NAMESPACE, PACKAGE_OBJECTS, PERMISSION_SET, ObjectRights, Org, Row
from sandbox.salesforce.permissions import (
    GOVERNED,
    field_rights,
    group_rights,
    holders,
    may_call_api,
    may_view_all_data,
    permission_sets,
    profile_name,
    rights,
)
from sandbox.salesforce.schema import STANDARD
from sandbox.salesforce.setup_rows import setup_id

LICENSES: Final = ("Salesforce", "Salesforce Integration")
PACKAGE_SET: Final = 9
FIRST_OWN_SET: Final = 21
FIRST_GROUP_SET: Final = 61


def licenses(_org: Org) -> Iterator[Row]:
    for number, name in enumerate(LICENSES, 1):
        yield {"Id": setup_id("100", number), "Name": name, "MasterLabel": name, "Status": "Active"}


def profiles(org: Org) -> Iterator[Row]:
    for name, profile_id in PROFILES.items():
        is_api_only = name == INTEGRATION
        yield {
            "Id": profile_id,
            "Name": name,
            "UserType": "Standard",
            "UserLicenseId": setup_id("100", 1 + is_api_only),
            **_user_permissions(org, name),
        }


def _user_permissions(org: Org, holder: str) -> Row:
    is_profile = holder in PROFILES
    return {
        "PermissionsApiEnabled": any(may_call_api(org, item) for item in _members(org, holder)),
        "PermissionsApiUserOnly": holder == INTEGRATION,
        "PermissionsViewSetup": is_profile and holder != INTEGRATION,
        "PermissionsViewAllData": may_view_all_data(org, holder),
    }


def _members(org: Org, holder: str) -> tuple[str, ...]:
    """The permission sets of a group; anything else stands for itself."""
    group = org.permission_set_groups.get(holder)
    return group.permission_sets if group else (holder,)


def own_permissions(org: Org, username: str) -> Row:
    """What a user's profile and permission sets allow taken together (Object Reference, "UserPermissionAccess")."""
    found = [_user_permissions(org, holder) for holder in holders(org, username)]
    return {"Id": None, **{name: any(item[name] for item in found) for name in found[0]}}


def _set_ids(org: Org) -> dict[str, str]:
    """The id of the set behind each profile, of the package's, of the company's own, by name of profile or set."""
    behind_profiles = {name: setup_id("0PS", number) for number, name in enumerate(PROFILES, 1)}
    packaged = {PERMISSION_SET: setup_id("0PS", PACKAGE_SET)} if org.package_version else {}
    own = {label: setup_id("0PS", number) for number, label in enumerate(org.own_permission_sets, FIRST_OWN_SET)}
    return behind_profiles | packaged | own


def _group_ids(org: Org) -> dict[str, tuple[str, str]]:
    """The id of every group of permission sets, and of the set into which Salesforce adds its members up."""
    return {
        name: (setup_id("0PG", number), setup_id("0PS", FIRST_GROUP_SET + number))
        for number, name in enumerate(org.permission_set_groups, 1)
    }


def permission_set_rows(org: Org) -> Iterator[Row]:
    """The hidden set behind each profile, the package's own once it is installed, the company's, and one per group."""
    for label, set_id in _set_ids(org).items():
        profile_id = PROFILES.get(label)
        yield {
            "Id": set_id,
            "Name": f"X{profile_id[:15]}" if profile_id else label.replace(" ", "_"),
            "Label": label,
            "NamespacePrefix": NAMESPACE if label == PERMISSION_SET else None,
            "IsOwnedByProfile": profile_id is not None,
            "IsCustom": label != PERMISSION_SET,
            "ProfileId": profile_id,
            "Type": "Profile" if profile_id else "Regular",
            "HasActivationRequired": False,
            **_user_permissions(org, label),
        }
    for label, (group_id, set_id) in _group_ids(org).items():
        name = label.replace(" ", "_")
        facts = {"IsOwnedByProfile": False, "IsCustom": True, "Type": "Group", "PermissionSetGroupId": group_id}
        facts["HasActivationRequired"] = False
        yield {"Id": set_id, "Name": name, "Label": label, **facts, **_user_permissions(org, label)}


def groups(org: Org) -> Iterator[Row]:
    for label, (group_id, _) in _group_ids(org).items():
        name = label.replace(" ", "_")
        yield {"Id": group_id, "DeveloperName": name, "MasterLabel": label, "Status": "Updated"}


def group_components(org: Org) -> Iterator[Row]:
    """Which permission sets a group has; the package's goes with the package."""
    set_ids, group_ids = _set_ids(org), _group_ids(org)
    pairs = ((name, label) for name, group in org.permission_set_groups.items() for label in group.permission_sets)
    for number, (name, label) in enumerate(pairs, 1):
        if label in set_ids:
            facts = {"PermissionSetGroupId": group_ids[name][0], "PermissionSetId": set_ids[label]}
            yield {"Id": setup_id("0PM", number), **facts}


def assignments(org: Org) -> Iterator[Row]:
    """A profile's hidden set is assigned to its users. One who has a set by a group has no row about that set itself,
    but one about the set of the group (Object Reference, "PermissionSetAssignment")."""
    set_ids, group_ids = _set_ids(org), _group_ids(org)
    for number, user in enumerate(org.world.salesforce_rows("User"), 1):
        username = user["Username"]
        yield _assignment(number, user, set_ids[profile_name(user["ProfileId"])])
        for label, users in permission_sets(org).items():
            if username in users:
                yield _assignment(50_000 + 100 * number + int(set_ids[label][13:15]), user, set_ids[label])
        for position, (name, (group_id, set_id)) in enumerate(group_ids.items()):
            if username in org.permission_set_groups[name].users:
                yield _assignment(60_000 + 100 * number + position, user, set_id, group_id)


def _assignment(number: int, user: Row, set_id: str, group_id: str | None = None) -> Row:
    facts = {"PermissionSetId": set_id, "PermissionSetGroupId": group_id, "AssigneeId": user["Id"], "IsActive": True}
    return {"Id": setup_id("0Pa", number), **facts}


def object_permissions(org: Org) -> Iterator[Row]:
    """What is granted; a profile or set that may not even read an object has no row for it. The set of a group has
    what its members give together and it does not mute (Object Reference, "PermissionSet")."""
    names = GOVERNED + (PACKAGE_OBJECTS if org.package_version else ())
    granted = [(set_id, name, rights(org, label, name)) for label, set_id in _set_ids(org).items() for name in names]
    granted += [
        (set_id, name, group_rights(org, org.permission_set_groups[label], name))
        for label, (_, set_id) in _group_ids(org).items()
        for name in names
    ]
    for number, (set_id, name, found) in enumerate(granted, 1):
        if found.may_read:
            yield _object_permission(number, set_id, name, found)


def _object_permission(number: int, set_id: str, sobject: str, found: ObjectRights) -> Row:
    every_record = dict.fromkeys(("PermissionsViewAllRecords", "PermissionsModifyAllRecords"), found.may_view_all)
    shared = dict.fromkeys((f"Permissions{right}" for right in ("Read", "Create", "Edit", "Delete")), found.may_read)
    return {"Id": setup_id("110", number), "ParentId": set_id, "SobjectType": sobject, **shared, **every_record}


def field_permissions(org: Org) -> Iterator[Row]:
    """Who may see and edit a field; only what is granted has a row, and only for a field that can be hidden."""
    number = 0
    for set_id, members in _holders_by_set(org):
        for sobject, name in _governed_fields(org):
            found = [field_rights(org, member, sobject, name) for member in members]
            if any(item.may_read for item in found):
                number += 1
                may_edit = any(item.may_edit for item in found)
                yield _field_permission(number, set_id, f"{sobject}.{name}", may_edit=may_edit)


def _holders_by_set(org: Org) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The profile or permission set behind each set, and the members of each group."""
    yield from ((set_id, (label,)) for label, set_id in _set_ids(org).items())
    yield from ((set_id, _members(org, label)) for label, (_, set_id) in _group_ids(org).items())


def _governed_fields(org: Org) -> list[tuple[str, str]]:
    return [
        (sobject.name, item.name)
        for sobject in STANDARD
        for item in org.known_sobject(sobject.name).fields.values()
        if is_permissionable(item, sobject.name)
    ]


def _field_permission(number: int, set_id: str, name: str, *, may_edit: bool) -> Row:
    return {
        "Id": setup_id("01k", number),
        "ParentId": set_id,
        "SobjectType": name.partition(".")[0],
        "Field": name,
        "PermissionsRead": True,
        "PermissionsEdit": may_edit,
    }
