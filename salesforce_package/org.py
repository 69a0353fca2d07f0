"""The org that is looked at for the package Marketo Sales Insight, and the words for what was found."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from typing import Any
from urllib.parse import urlsplit

from clients.salesforce.client import Organization, SalesforceClient
from clients.values import as_text, flag, required, whole_number
from salesforce_package.facts import NAMESPACE, PackageField
from salesforce_package.rights import Person, Rights
from salesforce_package.surfaces import SurfaceReader


class State(StrEnum):
    """What a look at the org says about a checklist item."""

    DONE = "done"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Lacking:
    """Somebody who lacks something: what the console calls them, their profile in Salesforce, and what it is."""

    name: str
    profile: str
    lacks: str


@dataclass(frozen=True)
class Finding:
    """
    What was found for an item. `code` names a sentence of `salesforce_package.items.checklist.EVIDENCE`, `values` fill
    it in; `parts` are the findings of an item that consists of several things, `people` are those who lack it.
    """

    state: State
    code: str
    values: dict[str, str | int] = field(default_factory=dict)
    parts: list["Finding"] = field(default_factory=list)
    people: list[Lacking] = field(default_factory=list)


def is_same_finding(stored: dict[str, Any], other: dict[str, Any]) -> bool:
    """Do two findings, as they are stored, say the same? Counts change from day to day and say nothing new."""
    return _gist(stored) == _gist(other)


def _gist(finding: dict[str, Any]) -> tuple[str, dict[str, str]]:
    return finding["code"], {key: value for key, value in finding["values"].items() if isinstance(value, str)}


@dataclass(frozen=True)
class Expectation:
    """
    What the org must match: the Marketo instance, ids of records that Marketo knows from its Salesforce sync, and the
    people who will work there. `connected_ids` are the users over whose connections Salesforce answers.
    """

    munchkin_id: str
    org_id: str
    lead_ids: list[str]
    contact_ids: list[str]
    people: list[Person] = field(default_factory=list)
    connected_ids: frozenset[str] = frozenset()


class Org:
    """The org with what several items need read once."""

    def __init__(self, client: SalesforceClient, organization: Organization, expected: Expectation) -> None:
        self.client, self.organization, self.expected = client, organization, expected
        self.rights = Rights(client, expected.people)
        # Several items look at the layouts of one object, which take a call each.
        self.surfaces = cache(SurfaceReader(client, self.rights).surfaces)
        # The labels of an object's fields, by API name.
        self._labels = cache(self._describe_labels)

    @cached_property
    def packages(self) -> dict[str, tuple[int, ...]]:
        """
        The version of every package of the namespace, by name: several packages may share one. It is empty where the
        row names none, as rows of some packages do.
        """
        # This object can hardly be filtered: its rows, a few dozen at most, are searched here.
        rows = self.client.tooling_query(
            "SELECT SubscriberPackage.NamespacePrefix, SubscriberPackage.Name, SubscriberPackageVersion.MajorVersion, "
            "SubscriberPackageVersion.MinorVersion, SubscriberPackageVersion.PatchVersion, "
            "SubscriberPackageVersion.BuildNumber FROM InstalledSubscriberPackage"
        )
        ours = [row for row in rows if (row["SubscriberPackage"] or {}).get("NamespacePrefix") == NAMESPACE]
        return {row["SubscriberPackage"]["Name"]: _version(row["SubscriberPackageVersion"]) for row in ours}

    @cached_property
    def remote_sites(self) -> dict[str, bool]:
        """Is the site active, by host in lower case."""
        rows = self.client.tooling_query("SELECT EndpointUrl, IsActive FROM RemoteProxy")
        sites = sorted(
            (_https_host(required(as_text(row["EndpointUrl"]))), required(flag(row["IsActive"]))) for row in rows
        )
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
        return self.client.fields_of("Task")

    def names_of(self, sobject: str, wanted: Iterable[PackageField]) -> dict[str, str]:
        """
        The API names of fields, by label: as published, or of the field with a label that Adobe uses. A field that the
        org does not show is left out.
        """
        labels = self._labels(sobject)
        by_label = {label: name for name, label in labels.items()}
        found = {
            field.label: field.name if field.name in labels else _first(by_label, field.labels) for field in wanted
        }
        return {label: name for label, name in found.items() if name}

    def _describe_labels(self, sobject: str) -> dict[str, str]:
        return {name: item["label"] for name, item in self.client.fields_of(sobject).items()}


def _first(by_label: dict[str, str], labels: Iterable[str]) -> str:
    return next((by_label[label] for label in labels if label in by_label), "")


def _version(found: dict[str, Any] | None) -> tuple[int, ...]:
    parts = ("MajorVersion", "MinorVersion", "PatchVersion", "BuildNumber")
    return () if found is None else tuple(required(whole_number(found[part])) for part in parts)


def _https_host(url: str) -> str:
    parts = urlsplit(url)
    return (parts.hostname or "") if parts.scheme == "https" else ""
