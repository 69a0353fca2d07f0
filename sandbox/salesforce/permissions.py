"""Who may do what: profiles, permission sets and their groups, and the rights on objects that they give.

The rows about them, which the API shows, are in permission_rows.py.
"""

from __future__ import annotations

from typing import Final

from sandbox.records import ADMINISTRATOR, INTEGRATION, PROFILES
from sandbox.salesforce.org import PACKAGE_OBJECTS, PERMISSION_SET, FieldRights, ObjectRights, Org, PermissionSetGroup

GOVERNED: Final = ("Lead", "Contact", "Account", "Opportunity")
"""The objects that a profile or permission set gives rights on. A role goes with its opportunity and its contact."""

BEHIND: Final = {"OpportunityContactRole": ("Opportunity", "Contact")}
NOTHING: Final = ObjectRights(may_read=False, may_view_all=False)
EVERYTHING: Final = ObjectRights(may_read=True, may_view_all=True)


def profile_name(profile_id: str) -> str:
    """The name of a profile by its id, as users carry it."""
    return next(name for name, known in PROFILES.items() if known == profile_id)


def permission_sets(org: Org) -> dict[str, set[str]]:
    """The users to whom each permission set is assigned directly, by its label."""
    packaged = {PERMISSION_SET: org.permission_set_users} if org.package_version else {}
    return packaged | org.own_permission_sets


def holders(org: Org, username: str) -> list[str]:
    """What gives a user rights: their profile, and the permission sets assigned to them directly or by a group."""
    known = permission_sets(org)
    groups = [group for group in org.permission_set_groups.values() if username in group.users]
    by_group = {label for group in groups for label in group.permission_sets}
    sets = [label for label, users in known.items() if username in users or label in by_group]
    return [profile_name(org.user(username)["ProfileId"]), *sets]


def rights(org: Org, holder: str, sobject: str) -> ObjectRights:
    """What a profile or permission set allows on an object."""
    if sobject in PACKAGE_OBJECTS:
        return EVERYTHING if holder == PERMISSION_SET else NOTHING
    return org.object_rights.get((holder, sobject)) or _first_rights(holder)


def group_rights(org: Org, group: PermissionSetGroup, sobject: str) -> ObjectRights:
    """What the members of a group give together, unless the group mutes it."""
    known = permission_sets(org)
    found = [rights(org, label, sobject) for label in group.permission_sets if label in known]
    if sobject in group.muted:
        return NOTHING
    return ObjectRights(any(item.may_read for item in found), any(item.may_view_all for item in found))


def granted(org: Org, username: str, sobject: str) -> list[ObjectRights]:
    """What each thing that gives a user rights allows on an object: profile, permission sets, groups."""
    known = permission_sets(org)
    direct = [profile_name(org.user(username)["ProfileId"]), *(label for label in known if username in known[label])]
    groups = [group for group in org.permission_set_groups.values() if username in group.users]
    return [rights(org, label, sobject) for label in direct] + [group_rights(org, item, sobject) for item in groups]


def field_rights(org: Org, holder: str, sobject: str, name: str) -> FieldRights:
    """What a profile or permission set allows on a field: profiles see and edit all, permission sets give nothing."""
    first = FieldRights(may_read=holder in PROFILES, may_edit=holder in PROFILES)
    return org.field_rights.get((holder, sobject, name), first)


def may_call_api(org: Org, holder: str) -> bool:
    """API Enabled, which at the start every profile gives."""
    return org.api_rights.get(holder, holder in PROFILES)


def _first_rights(holder: str) -> ObjectRights:
    """Before anybody changed them: profiles read, administrators everything.

    The profile for API-only users gives no access to records: permission sets must (Salesforce help, "Give Integration
    Users API Only Access").
    """
    if holder not in PROFILES or holder == INTEGRATION:
        return NOTHING
    return ObjectRights(may_read=True, may_view_all=holder == ADMINISTRATOR)


def may_view_all_data(org: Org, holder: str) -> bool:
    """The permission View All Data: an administrator's, as long as View All Records is not taken from any object."""
    return holder == ADMINISTRATOR and all(rights(org, holder, name).may_view_all for name in GOVERNED)
