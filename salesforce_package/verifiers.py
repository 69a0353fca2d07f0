"""What the APIs of a Salesforce org tell about the package Marketo Sales Insight and its configuration."""

from collections.abc import Callable, Iterable
from typing import Any

from clients.http import AccessDenied, ApiError, QuotaExceeded, ReconnectNeeded, TransientApiError
from clients.salesforce.client import SalesforceClient
from clients.salesforce.oauth import to_18
from salesforce_package.facts import (
    ACTIVITY_FIELDS,
    BULK_BUTTONS,
    LEGACY_CLASSES,
    LIST_VIEW_BUTTONS,
    NAMESPACE,
    NEEDED_VERSION,
    PACKAGE_NAME,
    PERMISSION_SET,
    STANDARD_OBJECTS,
    TASK_TYPES,
    ActivityField,
)
from salesforce_package.layouts import msi_fields, opt_out_fields, panel, task_layout
from salesforce_package.org import Expectation, Finding, Org, State

_SAMPLE_SIZE = 50


def check_org(client: SalesforceClient, expected: Expectation) -> dict[str, Finding]:
    """
    A finding for every checklist item that an API can see, by item key.

    Raises an ApiError only when the org as a whole cannot be asked: an item that is refused is UNKNOWN.
    """
    org = Org(client, client.organization(), expected)
    return {key: _look(verify, org) for key, verify in VERIFIERS.items()}


def _look(verify: Callable[[Org], Finding], org: Org) -> Finding:
    try:
        return verify(org)
    except (ReconnectNeeded, QuotaExceeded, TransientApiError):
        raise
    except AccessDenied:
        return Finding(State.UNKNOWN, "no_access")
    except ApiError as error:
        return Finding(State.UNKNOWN, "failed", {"code": error.code})


def version_text(version: Iterable[int]) -> str:
    return ".".join(map(str, version))


def _installed(org: Org) -> Finding:
    version = org.packages.get(PACKAGE_NAME)
    if version:
        return Finding(State.DONE, "version", {"version": version_text(version)})
    if org.packages:
        return Finding(State.MISSING, "other_packages", {"names": ", ".join(sorted(org.packages))})
    return Finding(State.MISSING, "not_installed")


def _new_enough(org: Org) -> Finding:
    found = _installed(org)
    if found.state is State.DONE and org.packages[PACKAGE_NAME][:2] < NEEDED_VERSION:
        return Finding(State.MISSING, "too_old", {**found.values, "needed": version_text(NEEDED_VERSION)})
    return found


def _deployed(org: Org) -> Finding:
    rows = org.client.tooling_query(
        f"SELECT QualifiedApiName, DeploymentStatus FROM EntityDefinition WHERE NamespacePrefix = '{NAMESPACE}'"  # noqa: S608
    )
    objects = {row["QualifiedApiName"]: row["DeploymentStatus"] for row in rows if row["DeploymentStatus"]}
    waiting = [name for name, status in sorted(objects.items()) if status != "Deployed"]
    if not objects:
        return Finding(State.MISSING, "no_objects")
    if waiting:
        return Finding(State.MISSING, "not_deployed", {"names": ", ".join(waiting)})
    return Finding(State.DONE, "deployed", {"count": len(objects)})


def _right_org(org: Org) -> Finding:
    name = org.organization.name
    if to_18(org.organization.id) != org.expected.org_id:
        return Finding(State.MISSING, "org_differs", {"org": name})
    samples = {"Lead": org.expected.lead_ids[:_SAMPLE_SIZE], "Contact": org.expected.contact_ids[:_SAMPLE_SIZE]}
    asked = sum(map(len, samples.values()))
    if not asked:
        return Finding(State.UNKNOWN, "no_samples", {"org": name})
    found = sum(_count_records(org.client, sobject, ids) for sobject, ids in samples.items() if ids)
    values: dict[str, str | int] = {"org": name, "found": found, "asked": asked}
    if found and org.organization.is_sandbox:
        return Finding(State.UNKNOWN, "org_is_copy", values)
    return Finding(State.DONE if found else State.MISSING, "org_matches" if found else "org_differs", values)


def _count_records(client: SalesforceClient, sobject: str, ids: list[str]) -> int:
    wanted = ", ".join(f"'{record_id}'" for record_id in ids if record_id.isalnum())
    return client.count(f"SELECT COUNT() FROM {sobject} WHERE Id IN ({wanted})")  # noqa: S608


def _standard_objects(org: Org) -> Finding:
    hidden = [name for name in STANDARD_OBJECTS if not _is_readable(org.client, name)]
    if hidden:
        return Finding(State.MISSING, "not_readable", {"names": ", ".join(hidden)})
    return Finding(State.DONE, "readable")


def _is_readable(client: SalesforceClient, sobject: str) -> bool:
    try:
        return bool(client.describe(sobject).get("queryable"))
    except (ReconnectNeeded, QuotaExceeded, TransientApiError):
        raise
    except ApiError:
        return False


def _api_answers(_org: Org) -> Finding:
    return Finding(State.DONE, "api_answers")


def _remote_site(host: str) -> Callable[[Org], Finding]:
    def verify(org: Org) -> Finding:
        name = host.format(munchkin_id=org.expected.munchkin_id.lower())
        values: dict[str, str | int] = {"url": f"https://{name}"}
        if name not in org.remote_sites:
            return Finding(State.MISSING, "site_missing", values)
        if not org.remote_sites[name]:
            return Finding(State.MISSING, "site_inactive", values)
        return Finding(State.DONE, "site_active", values)

    return verify


def _activity_fields(org: Org) -> Finding:
    parts = [_activity_field(wanted, org.task_fields.get(wanted.name)) for wanted in ACTIVITY_FIELDS]
    right = sum(part.state is State.DONE for part in parts)
    state = State.DONE if right == len(parts) else State.MISSING
    return Finding(state, "fields", {"right": right, "total": len(parts)}, parts)


def _activity_field(wanted: ActivityField, found: dict[str, Any] | None) -> Finding:
    values: dict[str, str | int] = {"name": wanted.name}
    if found is None:
        return Finding(State.MISSING, "field_missing", values)
    if found["type"] != wanted.type:
        return Finding(State.MISSING, "field_type", {**values, "found": found["type"], "needed": wanted.type})
    if found["length"] < wanted.length:
        return Finding(State.MISSING, "field_length", {**values, "found": found["length"], "needed": wanted.length})
    return Finding(State.DONE, "field_right", values)


def _room_for_fields(org: Org) -> Finding:
    missing = [wanted.name for wanted in ACTIVITY_FIELDS if wanted.name not in org.task_fields]
    if missing:
        return Finding(State.UNKNOWN, "room_needed", {"count": len(missing)})
    return Finding(State.DONE, "room_used")


def _task_types(org: Org) -> Finding:
    values = [item for item in org.task_fields.get("Type", {}).get("picklistValues", []) if item["active"]]
    missing = [name for name in TASK_TYPES if name not in {item["value"] for item in values}]
    default = next((item["value"] for item in values if item["defaultValue"]), "")
    if missing:
        return Finding(State.MISSING, "types_missing", {"names": ", ".join(missing)})
    if default:
        return Finding(State.MISSING, "types_default", {"name": default})
    return Finding(State.DONE, "types_right")


def _permission_set(org: Org) -> Finding:
    named = f"NamespacePrefix = '{NAMESPACE}' AND Label = '{PERMISSION_SET}'"
    sets = org.client.query(f"SELECT Id FROM PermissionSet WHERE {named}")  # noqa: S608
    if not sets:
        return Finding(State.MISSING, "set_missing")
    users = sum(
        org.client.count(f"SELECT COUNT() FROM PermissionSetAssignment WHERE PermissionSetId = '{row['Id']}'")  # noqa: S608
        for row in sets
    )
    # Profiles may give access instead, which Adobe describes as well.
    return Finding(State.DONE if users else State.UNKNOWN, "set_assigned", {"count": users})


def _legacy_removed(org: Org) -> Finding:
    names = ", ".join(f"'{name}'" for name in LEGACY_CLASSES)
    rows = org.client.tooling_query(f"SELECT Name FROM ApexClass WHERE Name IN ({names})")  # noqa: S608
    if rows:
        return Finding(State.MISSING, "classes_left", {"names": ", ".join(sorted(row["Name"] for row in rows))})
    return Finding(State.DONE, "classes_gone")


def _buttons(*labels: str) -> Callable[[Org], Finding]:
    """Does the package offer the buttons for leads and contacts, and do list views show them?"""

    def verify(org: Org) -> Finding:
        wanted = [(sobject, label) for sobject in ("Lead", "Contact") for label in labels]
        for code, found in (("buttons_missing", org.offered_buttons), ("buttons_not_shown", org.shown_buttons)):
            missing = [f"{sobject}: {label}" for sobject, label in wanted if (sobject, label) not in found]
            if missing:
                return Finding(State.MISSING, code, {"names": ", ".join(missing)})
        return Finding(State.DONE, "buttons_shown")

    return verify


def _email_to_salesforce(org: Org) -> Finding:
    rows = org.client.tooling_query("SELECT FullName, Metadata FROM EmailAdministrationSettings")
    is_active = any(row["Metadata"]["enableEmailToSalesforce"] for row in rows)
    # Without it nothing is missing where e-mails are logged through the API.
    return Finding(State.DONE, "email_active") if is_active else Finding(State.UNKNOWN, "email_inactive")


def _field_security(org: Org) -> Finding:
    if not any(item.name in org.task_fields for item in ACTIVITY_FIELDS):
        return Finding(State.MISSING, "fields_unseen")
    locked = [item.name for item in ACTIVITY_FIELDS if not org.task_fields.get(item.name, {}).get("updateable")]
    if locked:
        return Finding(State.MISSING, "fields_locked", {"names": ", ".join(locked)})
    return Finding(State.DONE, "fields_editable")


VERIFIERS: dict[str, Callable[[Org], Finding]] = {
    "package_installed": _installed,
    "package_version": _new_enough,
    "package_listed": _installed,
    "objects_deployed": _deployed,
    "right_org": _right_org,
    "standard_object_read": _standard_objects,
    "api_enabled": _api_answers,
    "app_not_blocked": _api_answers,
    "soap_site": _remote_site("{munchkin_id}.mktoapi.com"),
    "rest_site": _remote_site("{munchkin_id}.mktorest.com"),
    "ims_site": _remote_site("ims-na1.adobelogin.com"),
    "actions_site": _remote_site("mkto-sales-connect.adobe.io"),
    "activity_fields": _activity_fields,
    "field_room": _room_for_fields,
    "task_types": _task_types,
    "permission_set": _permission_set,
    "legacy_removed": _legacy_removed,
    "list_view_buttons": _buttons(*LIST_VIEW_BUTTONS),
    "bulk_buttons": _buttons(*BULK_BUTTONS),
    "email_to_salesforce": _email_to_salesforce,
    "layout_fields": msi_fields,
    "field_security": _field_security,
    "task_layout": task_layout,
    "opt_out_fields": opt_out_fields,
    "lead_layout": panel("Lead"),
    "other_layouts": panel("Contact", "Account", "Opportunity"),
}
