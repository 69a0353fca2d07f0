"""Where the rows of every object come from: the world of records, or the org's own set-up."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from sandbox.record_ids import PREFIXES, checksum
from sandbox.salesforce import setup_rows
from sandbox.salesforce.org import Org

Row = dict[str, Any]
WORLD_OBJECTS: Final = frozenset(
    {"Lead", "Contact", "Account", "Opportunity", "OpportunityContactRole", "User", "Group"}
)
SETUP_ROWS: Final[dict[str, Callable[[Org], Iterator[Row]]]] = {
    "Organization": lambda org: iter([org.facts]),
    "InstalledSubscriberPackage": setup_rows.installed_packages,
    "SubscriberPackage": setup_rows.packages,
    "SubscriberPackageVersion": setup_rows.package_versions,
    "RemoteProxy": setup_rows.remote_proxies,
    "EntityDefinition": setup_rows.entity_definitions,
    "FieldDefinition": setup_rows.field_definitions,
    "Layout": setup_rows.layouts,
    "Profile": setup_rows.profiles,
    "PermissionSet": setup_rows.permission_sets,
    "PermissionSetAssignment": setup_rows.permission_set_assignments,
    "ObjectPermissions": setup_rows.object_permissions,
    "PackageLicense": setup_rows.package_licenses,
    "WebLink": setup_rows.web_links,
}
_OBJECT_OF_PREFIX: Final = {prefix: name for name, prefix in PREFIXES.items()}


def long_id(text: str) -> str | None:
    """The 18-character form of an id, None for text that is no id (Salesforce Object Reference, "ID Field Type")."""
    if not text.isascii() or not text.isalnum() or len(text) not in {15, 18}:
        return None
    return text[:15] + checksum(text[:15])


def all_rows(org: Org, sobject: str) -> Iterator[Row]:
    """Every row of an object, deleted ones included. Objects without any rows here (Task, ApexClass) are empty."""
    if sobject == "User":
        return map(org.user_row, org.world.salesforce_rows(sobject))
    if sobject in WORLD_OBJECTS:
        return iter(org.world.salesforce_rows(sobject))
    return SETUP_ROWS[sobject](org) if sobject in SETUP_ROWS else iter(())


def row(org: Org, sobject: str, record_id: str) -> Row | None:
    """One row by its id, or None."""
    if sobject not in WORLD_OBJECTS:
        return next((found for found in all_rows(org, sobject) if found["Id"] == record_id), None)
    found = org.world.salesforce_row(sobject, record_id)
    return org.user_row(found) if found and sobject == "User" else found


def parent_row(org: Org, parents: tuple[str, ...], record_id: str | None) -> tuple[str, Row] | None:
    """The object name and row a reference points to; the id's prefix tells which of several objects it is."""
    if not record_id:
        return None
    sobject = parents[0] if len(parents) == 1 else _OBJECT_OF_PREFIX.get(record_id[:3], "")
    found = row(org, sobject, record_id)
    if found is None:
        return None
    # Salesforce says Queue for the groups that can own records.
    return sobject, {"Type": "Queue" if sobject == "Group" else sobject} | found
