"""
Step 6: the package itself.

Items and order are those of Adobe's pages on installing and configuring Marketo Sales Insight and Sales Insight Actions
in Salesforce, here and in the files beside. Paths of Setup pages are Lightning's; an item without one is found by its
words.
"""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from clients.salesforce.client import SalesforceClient
from clients.salesforce.oauth import to_18
from clients.values import as_text, flag, required
from connections.services.sessions import local_origins
from salesforce_package.facts import NAMESPACE
from salesforce_package.items.declaration import OBJECT_MANAGER, Evidence, Item, Place, Section
from salesforce_package.org import Finding, Org, State

LISTING_URL = "https://appexchange.salesforce.com/appxListingDetail?listingId=a0N30000001SVZmEAO"
INSTALLED_PACKAGES_PATH = "/lightning/setup/ImportedPackage/home"
PACKAGE_NAME = "Marketo Sales Insight"
# The permission set Marketo App Access comes with this version (Adobe, "Add Sales Insight Permission Set").
NEEDED_VERSION = (1, 8000)
# Adobe, "Uninstall Marketo Sales Connect from Salesforce Lightning".
LEGACY_CLASSES = ("MarketoSalesConnectionCustomization", "MarketoSalesEngageCustomization")
_SAMPLE_SIZE = 50

EVIDENCE: Evidence = {
    "not_installed": _("The package is not installed."),
    "other_packages": _("Only other packages with the same prefix are installed: %(names)s."),
    "version": _("Version %(version)s found."),
    "too_old": _("Version %(version)s found, %(needed)s needed."),
    "installed": _("It is installed. Salesforce does not tell its version."),
    "no_version": _("Salesforce does not tell the version: look at Installed Packages."),
    "no_objects": _("The org has no objects of the package."),
    "not_deployed": _("Not deployed: %(names)s."),
    "deployed": _("All %(count)s objects are deployed."),
    "org_matches": _("%(found)s of %(asked)s people that Marketo knows from Salesforce are in %(org)s."),
    "org_differs": _("None of the people that Marketo knows from Salesforce is in %(org)s."),
    "org_is_copy": _(
        "%(found)s of %(asked)s people that Marketo knows from Salesforce are in %(org)s. It is a sandbox, which holds "
        "copies of production's records: make sure that Marketo is synced with this sandbox."
    ),
    "no_samples": _("Connected to %(org)s. Marketo named nobody to compare with."),
    "classes_left": _("Still there: %(names)s."),
    "classes_gone": _("None of the old Apex classes is there. Layouts are not looked at."),
}


def listing_url() -> str:
    """Where the package is offered: AppExchange, or what stands in for Salesforce on this machine."""
    stand_ins = [f"{origin}{INSTALLED_PACKAGES_PATH}" for origin in local_origins()]
    return stand_ins[0] if stand_ins else LISTING_URL


def _is_installed(org: Org) -> Finding:
    if version := org.packages.get(PACKAGE_NAME):
        return Finding(State.DONE, "version", {"version": _version_text(version)})
    if PACKAGE_NAME in org.packages:
        return Finding(State.DONE, "installed")
    if org.packages:
        return Finding(State.MISSING, "other_packages", {"names": ", ".join(sorted(org.packages))})
    return Finding(State.MISSING, "not_installed")


def _is_new_enough(org: Org) -> Finding:
    found, version = _is_installed(org), org.packages.get(PACKAGE_NAME)
    if version == ():
        return Finding(State.UNKNOWN, "no_version")
    if version and version[:2] < NEEDED_VERSION:
        return Finding(State.MISSING, "too_old", {**found.values, "needed": _version_text(NEEDED_VERSION)})
    return found


def _version_text(version: Iterable[int]) -> str:
    return ".".join(map(str, version))


def _is_deployed(org: Org) -> Finding:
    rows = org.client.tooling_query(
        f"SELECT QualifiedApiName, DeploymentStatus FROM EntityDefinition WHERE NamespacePrefix = '{NAMESPACE}'"  # noqa: S608
    )
    objects = {_object_name(row): row["DeploymentStatus"] for row in rows if row["DeploymentStatus"]}
    waiting = [name for name, status in sorted(objects.items()) if status != "Deployed"]
    if not objects:
        return Finding(State.MISSING, "no_objects")
    if waiting:
        return Finding(State.MISSING, "not_deployed", {"names": ", ".join(waiting)})
    return Finding(State.DONE, "deployed", {"count": len(objects)})


def _object_name(row: dict[str, Any]) -> str:
    name = required(as_text(row["QualifiedApiName"]))
    if not name.startswith(f"{NAMESPACE}__"):
        raise ValueError("an object of another namespace")
    return name


def _is_the_right_org(org: Org) -> Finding:
    name = org.organization.name
    if to_18(org.organization.id) != org.expected.org_id:
        return Finding(State.MISSING, "org_differs", {"org": name})
    samples = {"Lead": org.expected.lead_ids[:_SAMPLE_SIZE], "Contact": org.expected.contact_ids[:_SAMPLE_SIZE]}
    asked = sum(map(len, samples.values()))
    if not asked:
        return Finding(State.UNKNOWN, "no_samples", {"org": name})
    found = sum(_count_records(org.client, sobject, ids) for sobject, ids in samples.items() if ids)
    values: dict[str, str | int] = {"org": name, "found": found, "asked": asked}
    if found and flag(org.organization.is_sandbox) is not False:
        return Finding(State.UNKNOWN, "org_is_copy", values)
    return Finding(State.DONE if found else State.MISSING, "org_matches" if found else "org_differs", values)


def _count_records(client: SalesforceClient, sobject: str, ids: list[str]) -> int:
    wanted = ", ".join(f"'{record_id}'" for record_id in ids if record_id.isalnum())
    return client.count(f"SELECT COUNT() FROM {sobject} WHERE Id IN ({wanted})")  # noqa: S608


def _is_rid_of_sales_connect(org: Org) -> Finding:
    names = ", ".join(f"'{name}'" for name in LEGACY_CLASSES)
    rows = org.client.tooling_query(f"SELECT Name FROM ApexClass WHERE Name IN ({names})")  # noqa: S608
    if rows:
        return Finding(State.MISSING, "classes_left", {"names": ", ".join(sorted(row["Name"] for row in rows))})
    return Finding(State.DONE, "classes_gone")


SECTION = Section(
    6,
    _("Install or upgrade the package"),
    _("Package"),
    (
        Item(
            key="package_installed",
            title=_("Install or upgrade Marketo Sales Insight"),
            place=Place.PACKAGES,
            where=_("AppExchange > Marketo Sales Insight > Get It Now"),
            how=_("Choose the org that is connected here, accept the terms, then install for Admins Only."),
            path=LISTING_URL,
            check=_is_installed,
        ),
        Item(
            key="package_version",
            title=_("Version 1.8000 or newer"),
            place=Place.PACKAGES,
            where=_("AppExchange > Marketo Sales Insight > Get It Now"),
            how=_("The permission set Marketo App Access comes with version 1.8000. Upgrade the way you install."),
            path=LISTING_URL,
            check=_is_new_enough,
        ),
        Item(
            key="package_listed",
            title=_("Marketo Sales Insight is in the list of installed packages"),
            place=Place.PACKAGES,
            where=_("Setup > Installed Packages"),
            how=_("A long installation goes on in the background; Salesforce sends a mail when it is done."),
            path=INSTALLED_PACKAGES_PATH,
            check=_is_installed,
        ),
        Item(
            key="objects_deployed",
            title=_("All objects of the package are deployed"),
            place=Place.ORG,
            where=_("Setup > Object Manager > object > Edit > Deployment Status"),
            how=_("Set every object of Marketo Sales Insight to Deployed."),
            path=f"{OBJECT_MANAGER}/home",
            check=_is_deployed,
        ),
        Item(
            key="right_org",
            title=_("The org is the one that Marketo is synced with"),
            place=Place.ORG,
            where=_("Setup > Company Information"),
            how=_("The package must be in the org whose leads and contacts Marketo syncs."),
            path="/lightning/setup/CompanyProfileInfo/home",
            check=_is_the_right_org,
        ),
        Item(
            key="legacy_removed",
            title=_("The old Sales Connect customization is removed"),
            place=Place.PACKAGES,
            where=_("Setup > Apex Classes; page layouts of Lead, Contact, Account and Opportunity"),
            how=_("Only if you used Sales Connect: take its fields and buttons off layouts, then delete its classes."),
            path="/lightning/setup/ApexClasses/home",
            values=LEGACY_CLASSES,
            is_optional=True,
            check=_is_rid_of_sales_connect,
        ),
    ),
)
