"""Where the rows of every object come from: the world of records, or the org's own set-up."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any, Final

from sandbox.people import DAY
from sandbox.record_ids import PREFIXES, checksum, make_id, read_id
from sandbox.records import MOST_ROLES
from sandbox.salesforce import audit_trail, layouts, permission_rows, record_types, setup_rows
from sandbox.salesforce.org import RECORD_TYPES, Org
from sandbox.salesforce.record_types import with_record_type

Row = dict[str, Any]
Span = tuple[datetime | None, datetime | None]
WORLD_OBJECTS: Final = frozenset(
    {"Lead", "Contact", "Account", "Opportunity", "OpportunityContactRole", "User", "Group"}
)
SETUP_ROWS: Final[dict[str, Callable[[Org], Iterator[Row]]]] = {
    "Organization": lambda org: iter([org.facts]),
    "InstalledSubscriberPackage": setup_rows.installed_packages,
    "SubscriberPackage": setup_rows.packages,
    "SubscriberPackageVersion": setup_rows.package_versions,
    "RemoteProxy": setup_rows.remote_proxies,
    "EntityDefinition": record_types.entity_definitions,
    "FieldDefinition": setup_rows.field_definitions,
    "EntityParticle": setup_rows.entity_particles,
    "FieldPermissions": permission_rows.field_permissions,
    "Publisher": setup_rows.publishers,
    "Layout": layouts.layout_rows,
    "ProfileLayout": layouts.profile_layouts,
    "SetupAuditTrail": audit_trail.audit_trail,
    "RecordType": record_types.record_type_rows,
    "FlexiPage": layouts.flexi_pages,
    "UserLicense": permission_rows.licenses,
    "Profile": permission_rows.profiles,
    "PermissionSet": permission_rows.permission_set_rows,
    "PermissionSetGroup": permission_rows.groups,
    "PermissionSetGroupComponent": permission_rows.group_components,
    "PermissionSetAssignment": permission_rows.assignments,
    "ObjectPermissions": permission_rows.object_permissions,
    "PackageLicense": setup_rows.package_licenses,
    "WebLink": setup_rows.web_links,
    "SearchLayout": setup_rows.search_layouts,
    "EmailAdministrationSettings": setup_rows.email_settings,
}
LEAVE_NO_TRACE: Final = frozenset({"OpportunityContactRole"})
"""Deleted by themselves they are not even in the recycle bin (Object Reference, ``IsDeleted`` of this object)."""

LONGEST_SPAN: Final = 10 * DAY
"""Seeded rows that changed within so many seconds are found by their ids, without a look at all others."""

_OBJECT_OF_PREFIX: Final = {prefix: name for name, prefix in PREFIXES.items()} | {"012": "RecordType"}


def long_id(text: str) -> str | None:
    """The 18-character form of an id, None for text that is no id (Salesforce Object Reference, "ID Field Type")."""
    if not text.isascii() or not text.isalnum() or len(text) not in {15, 18}:
        return None
    return text[:15] + checksum(text[:15])


def object_of(record_id: str) -> str:
    """The object whose records have ids like this one; an empty text when there is none."""
    return _OBJECT_OF_PREFIX.get(record_id[:3], "")


def all_rows(org: Org, sobject: str) -> Iterator[Row]:
    """Every row of an object by ascending id, deleted ones too. Objects without rows here (ApexClass) are empty."""
    created = list(org.created.get(sobject, {}).values())
    found = chain(_own_rows(org, sobject), created)
    return (item for item in found if not is_gone(sobject, item)) if sobject in LEAVE_NO_TRACE else found


def is_gone(sobject: str, item: Row) -> bool:
    return sobject in LEAVE_NO_TRACE and bool(item["IsDeleted"])


def _own_rows(org: Org, sobject: str) -> Iterator[Row]:
    """The rows that were not made through the API."""
    if sobject == "User":
        return map(org.user_row, org.world.salesforce_rows(sobject))
    if sobject in SETUP_ROWS:
        return SETUP_ROWS[sobject](org)
    if sobject not in WORLD_OBJECTS:
        return iter(())
    found = org.world.salesforce_rows(sobject)
    if org.has_record_types and sobject in RECORD_TYPES:
        found = (with_record_type(org, sobject, item) for item in found)
    changed = org.changed.get(sobject)
    if not changed:
        return iter(found)
    return (item | changed[item["Id"]] if item["Id"] in changed else item for item in found)


def row(org: Org, sobject: str, record_id: str) -> Row | None:
    """One row by its 18-character id, or None."""
    found = _row(org, sobject, record_id)
    return None if found is None or is_gone(sobject, found) else found


def _row(org: Org, sobject: str, record_id: str) -> Row | None:
    if created := org.created.get(sobject, {}).get(record_id):
        return created
    if sobject not in WORLD_OBJECTS:
        return next((found for found in _own_rows(org, sobject) if found["Id"] == record_id), None)
    found = org.world.salesforce_row(sobject, record_id)
    if found is None:
        return None
    if sobject == "User":
        return org.user_row(found)
    return with_record_type(org, sobject, found) | org.changed.get(sobject, {}).get(record_id, {})


def rows_between(org: Org, sobject: str, spans: Iterable[Span]) -> Iterator[Row]:
    """Rows by ascending id, among which are all that were created or changed within each of the spans of time.

    Those of a short span are found by their ids; otherwise every row is looked at.
    """
    seeds, end = org.world.generator, org.world.generator.end
    known = [(low.timestamp(), min(high.timestamp(), end) if high else end) for low, high in spans if low]
    start, stop = min(known, key=lambda span: span[1] - span[0], default=(0.0, 0.0))
    # What is not about people is as old as the first of them.
    if sobject not in WORLD_OBJECTS or start <= seeds.created(1) or stop - start > LONGEST_SPAN:
        return all_rows(org, sobject)
    found = (row(org, sobject, record_id) for record_id in _ids_between(org, sobject, start, stop))
    return (item for item in found if item is not None)


def _ids_between(org: Org, sobject: str, start: float, end: float) -> list[str]:
    """What is no longer as seeded, and what is and was created or changed then."""
    return _ids_of_people(org, sobject, {*org.world.stored_ids(), *org.world.generator.touched_between(start, end)})


def role_ids(org: Org, contact_ids: Iterable[str]) -> list[str]:
    """Ids among which are those of all roles that contacts have, as Salesforce finds them by its index."""
    numbers = (read_id("Contact", contact_id) for contact_id in contact_ids)
    return _ids_of_people(org, "OpportunityContactRole", {number for number in numbers if number})


def _ids_of_people(org: Org, sobject: str, people: Iterable[int]) -> list[str]:
    """The ids that rows may have for people, and those of all rows that were created or changed through the API."""
    ids = {record_id for marketo_id in people for record_id in _ids_of(sobject, marketo_id)}
    return sorted(ids | org.changed.get(sobject, {}).keys() | org.created.get(sobject, {}).keys())


def _ids_of(sobject: str, marketo_id: int) -> list[str]:
    """The ids that rows of an object may have for a person."""
    if sobject in {"Lead", "Contact"}:
        return [make_id(sobject, marketo_id)]
    if sobject in {"Opportunity", "OpportunityContactRole"}:
        return [make_id(sobject, marketo_id * MOST_ROLES + position) for position in range(MOST_ROLES)]
    return []


def visible_count(org: Org, sobject: str) -> int:
    """How many rows an object has that are not deleted."""
    if sobject in WORLD_OBJECTS:
        return visible_counts(org)[sobject]
    return sum(not found.get("IsDeleted") for found in all_rows(org, sobject))


def visible_counts(org: Org) -> dict[str, int]:
    """How many rows the objects of the world have that are not deleted, those made through the API included."""
    counts: dict[str, int] = org.world.counts()["salesforce"]
    return {name: count - _deleted_count(org, name) + _created_count(org, name) for name, count in counts.items()}


def _created_count(org: Org, sobject: str) -> int:
    return sum(not item["IsDeleted"] for item in org.created.get(sobject, {}).values())


def _deleted_count(org: Org, sobject: str) -> int:
    """Rows that are deleted through the API while the world still holds them."""
    deleted = (key for key, item in org.changed.get(sobject, {}).items() if item.get("IsDeleted"))
    held = (org.world.salesforce_row(sobject, record_id) for record_id in deleted)
    return sum(found is not None and not found["IsDeleted"] for found in held)


def parent_row(org: Org, parents: tuple[str, ...], record_id: str | None) -> tuple[str, Row] | None:
    """The object name and row a reference points to; the id's prefix tells which of several objects it is."""
    if not record_id:
        return None
    sobject = parents[0] if len(parents) == 1 else object_of(record_id)
    found = row(org, sobject, record_id)
    if found is None:
        return None
    # Salesforce says Queue for the groups that can own records.
    return sobject, {"Type": "Queue" if sobject == "Group" else sobject} | found
