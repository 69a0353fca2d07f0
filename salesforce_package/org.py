"""The org that is looked at for the package Marketo Sales Insight, and the words for what was found."""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from typing import Any
from urllib.parse import urlsplit

from clients.salesforce.client import Organization, SalesforceClient
from salesforce_package.facts import NAMESPACE


class State(StrEnum):
    """What a look at the org says about a checklist item."""

    DONE = "done"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """
    What was found for an item. `code` names a sentence of `salesforce_package.items.checklist.EVIDENCE`, `values` fill
    it in; `parts` are the findings of an item that consists of several things.
    """

    state: State
    code: str
    values: dict[str, str | int] = field(default_factory=dict)
    parts: list["Finding"] = field(default_factory=list)


@dataclass(frozen=True)
class Expectation:
    """What the org must match: the Marketo instance, and ids of records that Marketo knows from its Salesforce sync."""

    munchkin_id: str
    org_id: str
    lead_ids: list[str]
    contact_ids: list[str]


class Org:
    """The org with what several items need read once."""

    def __init__(self, client: SalesforceClient, organization: Organization, expected: Expectation) -> None:
        self.client, self.organization, self.expected = client, organization, expected
        # Several items look at the layouts of one object, which may take a call for each record type.
        self.layouts = cache(client.layouts)

    @cached_property
    def packages(self) -> dict[str, tuple[int, ...]]:
        """The version of every package of the namespace, by name: several packages may share one."""
        # This object can hardly be filtered: its rows, a few dozen at most, are searched here.
        rows = self.client.tooling_query(
            "SELECT SubscriberPackage.NamespacePrefix, SubscriberPackage.Name, SubscriberPackageVersion.MajorVersion, "
            "SubscriberPackageVersion.MinorVersion, SubscriberPackageVersion.PatchVersion, "
            "SubscriberPackageVersion.BuildNumber FROM InstalledSubscriberPackage"
        )
        ours = [row for row in rows if (row["SubscriberPackage"] or {}).get("NamespacePrefix") == NAMESPACE]
        parts = ("MajorVersion", "MinorVersion", "PatchVersion", "BuildNumber")
        return {
            row["SubscriberPackage"]["Name"]: tuple(int(row["SubscriberPackageVersion"][part]) for part in parts)
            for row in ours
        }

    @cached_property
    def remote_sites(self) -> dict[str, bool]:
        """Is the site active, by host in lower case."""
        rows = self.client.tooling_query("SELECT EndpointUrl, IsActive FROM RemoteProxy")
        sites = sorted((_https_host(row["EndpointUrl"]), bool(row["IsActive"])) for row in rows)
        return dict(sites)

    @cached_property
    def offered_buttons(self) -> set[tuple[str, str]]:
        """The package's buttons, by object and label."""
        rows = self.client.query(
            f"SELECT MasterLabel, PageOrSobjectType FROM WebLink WHERE NamespacePrefix = '{NAMESPACE}'"  # noqa: S608
        )
        return {(row["PageOrSobjectType"], row["MasterLabel"]) for row in rows}

    @cached_property
    def shown_buttons(self) -> set[tuple[str, str]]:
        """The buttons in list views, by object and label (Tooling API Reference, "SearchLayout")."""
        return {
            (sobject, button["label"])
            for sobject in ("Lead", "Contact")
            for row in self.client.tooling_query(
                f"SELECT ButtonsDisplayed FROM SearchLayout WHERE EntityDefinitionId = '{sobject}'"  # noqa: S608
            )
            for button in (row["ButtonsDisplayed"] or {}).get("buttons") or []
        }

    @cached_property
    def task_fields(self) -> dict[str, dict[str, Any]]:
        return {item["name"]: item for item in self.client.describe("Task")["fields"]}


def _https_host(url: str) -> str:
    parts = urlsplit(url)
    return (parts.hostname or "") if parts.scheme == "https" else ""
