"""Rows about the org itself: packages, remote sites, definitions, permissions. Made from the org's state when asked."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.record_ids import checksum, make_id, read_id
from sandbox.salesforce.org import (
    BUTTON_OBJECTS,
    LIST_BUTTONS,
    NAMESPACE,
    PACKAGE_ID,
    PACKAGE_NAME,
    PACKAGE_OBJECTS,
    PACKAGE_VERSION_ID,
    PERMISSION_SET,
    Org,
    Package,
)
from sandbox.salesforce.schema import STANDARD, Field

Row = dict[str, Any]
PROFILES: Final = ("System Administrator", "Standard User")
LAYOUT_OBJECTS: Final = ("Lead", "Contact", "Account", "Opportunity", "Task")
DATA_TYPES: Final = {
    "string": "Text({length})",
    "url": "URL({length})",
    "boolean": "Checkbox",
    "textarea": "Text Area({length})",
    "reference": "Lookup",
    "picklist": "Picklist",
    "datetime": "Date/Time",
    "double": "Number",
}


def setup_id(prefix: str, number: int) -> str:
    short = f"{prefix}Hs00000{number:05d}"
    return short + checksum(short)


def _installed(org: Org) -> Iterator[tuple[int, str, str, Package]]:
    """Number, id, id of the version, and facts of every installed package."""
    if org.package_version:
        yield 1, PACKAGE_ID, PACKAGE_VERSION_ID, Package(PACKAGE_NAME, NAMESPACE, org.package_version)
    for number, package in enumerate(org.other_packages, 2):
        yield number, setup_id("033", number), setup_id("04t", number), package


def installed_packages(org: Org) -> Iterator[Row]:
    for number, package_id, version_id, _ in _installed(org):
        yield {
            "Id": setup_id("0A3", number),
            "SubscriberPackageId": package_id,
            "SubscriberPackageVersionId": version_id,
            "MinPackageVersionId": None,
        }


def packages(org: Org) -> Iterator[Row]:
    for _, package_id, _, package in _installed(org):
        yield {
            "Id": package_id,
            "Name": package.name,
            "NamespacePrefix": package.namespace,
            "IsPackageValid": True,
        }


def package_versions(org: Org) -> Iterator[Row]:
    for _, package_id, version_id, package in _installed(org):
        major, minor, patch, build = (int(part) for part in package.version.split("."))
        yield {
            "Id": version_id,
            "SubscriberPackageId": package_id,
            "Name": package.version,
            "MajorVersion": major,
            "MinorVersion": minor,
            "PatchVersion": patch,
            "BuildNumber": build,
            "IsManaged": True,
            "ReleaseState": "Released",
        }


def remote_proxies(org: Org) -> Iterator[Row]:
    for number, site in enumerate(org.remote_sites.values(), 1):
        yield {
            "Id": setup_id("0rp", number),
            "SiteName": site.name,
            "DeveloperName": site.name,
            "EndpointUrl": site.url,
            "IsActive": site.is_active,
            "DisableProtocolSecurity": False,
        }


def entity_definitions(org: Org) -> Iterator[Row]:
    for sobject in STANDARD:
        yield _entity(sobject.name, sobject.label, "", sobject.key_prefix, None)
    if not org.package_version:
        return
    for number, name in enumerate(PACKAGE_OBJECTS):
        label = name.removeprefix(f"{NAMESPACE}__").removesuffix("__c").replace("_", " ")
        status = "InDevelopment" if name in org.not_deployed else "Deployed"
        yield _entity(name, label, NAMESPACE, f"a{number:02d}", status)


def _entity(name: str, label: str, namespace: str, key_prefix: str, status: str | None) -> Row:
    return {
        "Id": name,
        "DurableId": name,
        "QualifiedApiName": name,
        "DeveloperName": name.removeprefix(f"{namespace}__").removesuffix("__c"),
        "NamespacePrefix": namespace or None,
        "Label": label,
        "DeploymentStatus": status,
        "KeyPrefix": key_prefix,
        "IsCustomizable": True,
    }


def field_definitions(org: Org) -> Iterator[Row]:
    """Every field, also those hidden from the connected user: Setup sees what describe does not."""
    for standard in STANDARD:
        for item in org.full_sobject(standard.name).fields.values():
            yield _field_definition(standard.name, item)


def entity_particles(org: Org) -> Iterator[Row]:
    """As field definitions, with the type in the words of describe."""
    for standard in STANDARD:
        for item in org.full_sobject(standard.name).fields.values():
            yield _field_definition(standard.name, item) | {"DataType": item.type}


def field_permissions(org: Org) -> Iterator[Row]:
    """Who may see and edit the custom fields; only what is granted has a row."""
    granted = (
        (profile["Id"], sobject.name, item.name)
        for profile in profiles(org)
        for sobject in STANDARD
        for item in org.known_sobject(sobject.name).fields.values()
        if item.is_custom
    )
    for number, (profile_id, sobject, name) in enumerate(granted, 1):
        yield {
            "Id": setup_id("01k", number),
            "ParentId": _permission_set_id(profile_id),
            "SobjectType": sobject,
            "Field": f"{sobject}.{name}",
            "PermissionsRead": True,
            "PermissionsEdit": True,
        }


def publishers(org: Org) -> Iterator[Row]:
    """Who made what is installed, Salesforce first."""
    yield {"Id": "System", "DurableId": "System", "Name": "Salesforce.com", "IsSalesforce": True}
    for _, package_id, _, package in _installed(org):
        major, minor = (int(part) for part in package.version.split(".")[:2])
        yield {
            "Id": package_id,
            "DurableId": package_id,
            "Name": package.name,
            "NamespacePrefix": package.namespace,
            "MajorVersion": major,
            "MinorVersion": minor,
            "IsSalesforce": False,
        }


def data_type(item: Field) -> str:
    """A field's type as Setup words it: `Text(255)`."""
    return DATA_TYPES.get(item.type, item.type.capitalize()).format(length=item.length)


def _field_definition(sobject: str, item: Field) -> Row:
    namespace = NAMESPACE if item.name.startswith(f"{NAMESPACE}__") else None
    return {
        "Id": f"{sobject}.{item.name}",
        "DurableId": f"{sobject}.{item.name}",
        "EntityDefinitionId": sobject,
        "QualifiedApiName": item.name,
        "DeveloperName": item.name.removeprefix(f"{NAMESPACE}__").removesuffix("__c"),
        "NamespacePrefix": namespace,
        "Label": item.label,
        "DataType": data_type(item),
        "Length": item.length,
    }


def layouts(_org: Org) -> Iterator[Row]:
    for number, name in enumerate(LAYOUT_OBJECTS, 1):
        yield {
            "Id": setup_id("00h", number),
            "Name": f"{name} Layout",
            "EntityDefinitionId": name,
            "TableEnumOrId": name,
            "NamespacePrefix": None,
        }


def profiles(_org: Org) -> Iterator[Row]:
    for number, name in enumerate(PROFILES, 1):
        yield {"Id": make_id("Profile", number), "Name": name, "UserType": "Standard"}


def permission_sets(org: Org) -> Iterator[Row]:
    """The hidden set behind each profile, and the package's own once it is installed."""
    for profile in profiles(org):
        name = f"X{profile['Id'][:15]}"
        yield _permission_set(profile["Id"], name, profile["Name"], None, profile["Id"])
    if org.package_version:
        yield _permission_set("package", PERMISSION_SET.replace(" ", "_"), PERMISSION_SET, NAMESPACE, None)


def _permission_set_id(key: str) -> str:
    """The set behind a profile by the profile's id, or the package's own."""
    return setup_id("0PS", 9 if key == "package" else read_id("Profile", key) or 0)


def _permission_set(key: str, name: str, label: str, namespace: str | None, profile_id: str | None) -> Row:
    return {
        "Id": _permission_set_id(key),
        "Name": name,
        "Label": label,
        "NamespacePrefix": namespace,
        "IsOwnedByProfile": profile_id is not None,
        "IsCustom": namespace is None,
        "ProfileId": profile_id,
        "PermissionsApiEnabled": profile_id is not None,
        "PermissionsViewSetup": profile_id is not None,
    }


def permission_set_assignments(org: Org) -> Iterator[Row]:
    assigned = org.permission_set_users if org.package_version else frozenset()
    for number, user in enumerate(org.world.salesforce_rows("User"), 1):
        yield _assignment(number, user["ProfileId"], user)
        if user["Username"] in assigned:
            yield _assignment(50_000 + number, "package", user)


def _assignment(number: int, permission_set: str, user: Row) -> Row:
    return {
        "Id": setup_id("0Pa", number),
        "PermissionSetId": _permission_set_id(permission_set),
        "AssigneeId": user["Id"],
    }


def object_permissions(org: Org) -> Iterator[Row]:
    number = 0
    for profile in profiles(org):
        for name in ("Lead", "Contact", "Account", "Opportunity"):
            number += 1
            yield _object_permission(number, profile["Id"], name)
    if org.package_version:
        for number, name in enumerate(PACKAGE_OBJECTS, 101):
            yield _object_permission(number, "package", name)


def _object_permission(number: int, permission_set: str, sobject: str) -> Row:
    rights = ("Read", "Create", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
    return {
        "Id": setup_id("110", number),
        "ParentId": _permission_set_id(permission_set),
        "SobjectType": sobject,
        **{f"Permissions{right}": True for right in rights},
    }


def package_licenses(org: Org) -> Iterator[Row]:
    if org.package_version:
        yield {
            "Id": setup_id("050", 1),
            "NamespacePrefix": NAMESPACE,
            "Status": org.package_license,
            # Minus one: a site licence, for every user of the org (Salesforce Object Reference, PackageLicense).
            "AllowedLicenses": -1,
            "UsedLicenses": 0,
            "IsProvisioned": True,
        }


def web_links(org: Org) -> Iterator[Row]:
    if not org.package_version:
        return
    for number, (sobject, button) in enumerate((name, item) for name in BUTTON_OBJECTS for item in LIST_BUTTONS):
        name, label = button
        yield {
            "Id": setup_id("00b", number + 1),
            "Name": name,
            "MasterLabel": label,
            "NamespacePrefix": NAMESPACE,
            "PageOrSobjectType": sobject,
            "DisplayType": "massActionButton",
            "LinkType": "page",
        }


def search_layouts(org: Org) -> Iterator[Row]:
    """What list views and search results of an object show; only the former have buttons."""
    names = {label: name for name, label in LIST_BUTTONS}
    for number, sobject in enumerate(LAYOUT_OBJECTS, 1):
        labels = org.list_view_buttons.get(sobject, [])
        buttons = [{"apiName": names.get(label, label), "label": label} for label in labels]
        for kind, shown in (("ListView", {"applicable": True, "buttons": buttons}), ("SearchResult", None)):
            yield {
                "Id": setup_id("0SL", number),
                "DurableId": f"{sobject}.{kind}",
                "EntityDefinitionId": sobject,
                "LayoutType": kind,
                "ButtonsDisplayed": shown,
            }


def email_settings(org: Org) -> Iterator[Row]:
    metadata = {"enableEmailToSalesforce": org.is_email_to_salesforce}
    yield {"Id": setup_id("0ES", 1), "FullName": "EmailAdministration", "Metadata": metadata}
