"""Where people see a record: page layouts, by profile and record type, and Lightning pages with fields of their own."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from clients.salesforce.client import SalesforceClient
from clients.salesforce.soql import batches, literals
from clients.values import as_text, required
from salesforce_package.rights import Rights

# Salesforce, "Dynamic Forms": the component that shows the page layout within a Lightning page.
_LAYOUT_COMPONENT = "force:detailPanel"
_VISUALFORCE_COMPONENT = "flexipage:visualforcePage"
_PAGE_PROPERTY = "pageName"
_OBJECTS = literals(("Lead", "Contact", "Account", "Opportunity", "Task"))


@dataclass(frozen=True)
class Surface:
    """A page layout or a Lightning page: the API names of the fields and Visualforce pages on it."""

    name: str
    fields: frozenset[str]
    pages: frozenset[str]


@dataclass(frozen=True)
class Surfaces:
    """
    What shows the records of an object: the page layouts that some profiles get, and Lightning pages that show fields
    themselves instead. Who gets which Lightning page is in no object that can be queried.
    """

    layouts: list[Surface]
    pages: list[Surface]


class SurfaceReader:
    """
    Reads the surfaces of objects as users get them by their profiles: three questions, and one for each layout
    and page, whose metadata comes one at a time (Tooling API, "Layout"). Needs View Setup and Configuration.
    """

    def __init__(self, client: SalesforceClient, rights: Rights) -> None:
        self._client, self._rights = client, rights

    def surfaces(self, sobject: str) -> Surfaces:
        """Raises ValueError when no profile has a layout: of none at all everything could be said."""
        layouts = [_layout(name, self._metadata("Layout", id_)) for id_, name in self._layouts[sobject].items()]
        if not layouts:
            raise ValueError("no layouts")
        pages = [(name, self._metadata("FlexiPage", id_)) for id_, name in self._pages[sobject].items()]
        own_fields = [_page(name, found) for name, found in pages if _LAYOUT_COMPONENT not in _names(found)]
        return Surfaces(layouts, own_fields)

    @cached_property
    def _layouts(self) -> dict[str, dict[str, str]]:
        """The names of the layouts in use, by object and id; those of record types that are off nobody sees."""
        is_off = "SELECT Id FROM RecordType WHERE IsActive = false"
        unused = {_text(row["Id"]) for row in self._client.query(is_off)}
        found = defaultdict[str, dict[str, str]](dict)
        for batch in batches(user.profile_id for user in self._rights.users):
            for row in self._client.tooling_query(
                "SELECT TableEnumOrId, LayoutId, Layout.Name, RecordTypeId FROM ProfileLayout "  # noqa: S608
                f"WHERE TableEnumOrId IN ({_OBJECTS}) AND ProfileId IN ({literals(batch)})"
            ):
                if row["RecordTypeId"] not in unused:
                    found[_text(row["TableEnumOrId"])][_text(row["LayoutId"])] = _text(row["Layout"]["Name"])
        return found

    @cached_property
    def _pages(self) -> dict[str, dict[str, str]]:
        """The names of the Lightning record pages, by object and id."""
        found = defaultdict[str, dict[str, str]](dict)
        for row in self._client.tooling_query(
            "SELECT Id, MasterLabel, EntityDefinitionId FROM FlexiPage WHERE Type = 'RecordPage' "  # noqa: S608
            f"AND EntityDefinitionId IN ({_OBJECTS})"
        ):
            found[_text(row["EntityDefinitionId"])][_text(row["Id"])] = _text(row["MasterLabel"])
        return found

    def _metadata(self, sobject: str, record_id: str) -> dict[str, Any]:
        [row] = self._client.tooling_query(f"SELECT Metadata FROM {sobject} WHERE Id = '{record_id}'")  # noqa: S608
        return dict(row["Metadata"])


def _layout(name: str, metadata: dict[str, Any]) -> Surface:
    """Metadata API Developer Guide, "Layout": an item of a column is a field, a page or something else."""
    columns = [column for section in metadata["layoutSections"] for column in section["layoutColumns"] or []]
    items = [item for column in columns for item in column["layoutItems"] or []]
    fields = frozenset(_text(item["field"]) for item in items if item.get("field"))
    return Surface(name, fields, frozenset(_text(item["page"]) for item in items if item.get("page")))


def _page(name: str, metadata: dict[str, Any]) -> Surface:
    """Metadata API Developer Guide, "FlexiPage": a field is named `Record.` and its API name."""
    fields = (item["fieldInstance"]["fieldItem"] for item in _items(metadata) if item.get("fieldInstance"))
    pages = (page for item in _components(metadata) for page in _visualforce_pages(item))
    return Surface(name, frozenset(_text(field).removeprefix("Record.") for field in fields), frozenset(pages))


def _names(metadata: dict[str, Any]) -> set[str]:
    return {_text(item["componentName"]) for item in _components(metadata)}


def _components(metadata: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (item["componentInstance"] for item in _items(metadata) if item.get("componentInstance"))


def _items(metadata: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (item for region in metadata["flexiPageRegions"] for item in region["itemInstances"] or [])


def _visualforce_pages(component: dict[str, Any]) -> Iterator[str]:
    if component["componentName"] == _VISUALFORCE_COMPONENT:
        properties = component["componentInstanceProperties"]
        yield from (_text(item["value"]) for item in properties if item["name"] == _PAGE_PROPERTY)


def _text(value: object) -> str:
    return required(as_text(value))
