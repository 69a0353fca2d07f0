"""Rows about the org itself: packages, remote sites, definitions, layouts. Made from the org's state when asked."""

from collections.abc import Iterator
from typing import Any, Final

from sandbox.record_ids import checksum
from sandbox.salesforce.org import (
    BUTTON_OBJECTS,
    LIST_BUTTONS,
    NAMESPACE,
    PACKAGE_ID,
    PACKAGE_NAME,
    PACKAGE_OBJECTS,
    PACKAGE_VERSION_ID,
    Org,
    Package,
)
from sandbox.salesforce.schema import STANDARD, Field

Row = dict[str, Any]
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
        yield (
            1,
            PACKAGE_ID,
            PACKAGE_VERSION_ID,
            Package(PACKAGE_NAME, NAMESPACE, org.package_version, org.is_package_versioned),
        )
    for number, package in enumerate(org.other_packages, 2):
        yield number, setup_id("033", number), setup_id("04t", number), package


def installed_packages(org: Org) -> Iterator[Row]:
    for number, package_id, version_id, package in _installed(org):
        yield {
            "Id": setup_id("0A3", number),
            "SubscriberPackageId": package_id,
            "SubscriberPackageVersionId": version_id if package.is_versioned else None,
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
        if not package.is_versioned:
            continue
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
