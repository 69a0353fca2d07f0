"""What records look like: page layouts, by record type, and the Lightning pages that may stand in for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sandbox.salesforce.describe import REQUIRED, STAMPS
from sandbox.salesforce.errors import not_found
from sandbox.salesforce.org import ACTIONS_BUTTONS, NAMESPACE, Org, Row
from sandbox.salesforce.record_types import (
    MASTER,
    RecordType,
    layout_id,
    layout_name,
    record_type_info,
    record_types,
)
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.setup_rows import setup_id

Answer = dict[str, Any]
# Adobe, "Configure Marketo Sales Insight in Salesforce": pixels, by object.
PANEL_HEIGHTS: Final = {"Lead": 450, "Contact": 450, "Account": 410, "Opportunity": 410}


def describe_layouts(org: Org, sobject: SObject, base: str) -> Answer:
    """The page layouts of an object. Of one with several record types there are none here: each must be asked for
    (REST API Developer Guide, "Get Layouts and Descriptions for an Object With Multiple Record Types")."""
    found = record_types(org, sobject.name)
    types = [*found, MASTER]
    return {
        "layouts": None if found else [_layout(org, sobject, MASTER)],
        "recordTypeMappings": [_mapping(sobject, item, base, is_default=item is types[0]) for item in types],
        "recordTypeSelectorRequired": [bool(found)],
    }


def describe_layout(org: Org, sobject: SObject, record_type_id: str) -> Answer:
    """The page layout of one record type, by its 18-character id: it stands alone. Raises SalesforceError."""
    for item in (*record_types(org, sobject.name), MASTER):
        if item.id == record_type_id:
            return _layout(org, sobject, item)
    raise not_found()


def _mapping(sobject: SObject, item: RecordType, base: str, *, is_default: bool) -> Answer:
    info = record_type_info(sobject.name, item, base, is_default=is_default)
    return info | {"layoutId": layout_id(sobject.name, item), "picklistsForRecordType": None}


def _layout(org: Org, sobject: SObject, record_type: RecordType) -> Answer:
    """One section with every field, the package's panel where it was put, and the package's buttons."""
    fields = _section(f"{sobject.label} Information", list(map(_field, _fields(org, sobject))))
    panels = {(sobject.name, ""), (sobject.name, record_type.name)} & org.layout_panels
    sections = [fields, *([_section("Marketo Sales Insight", [_panel(sobject)])] if panels else [])]
    return {
        "id": layout_id(sobject.name, record_type),
        "name": layout_name(sobject.name, record_type),
        "buttonLayoutSection": {"detailButtons": _buttons(org, sobject)},
        "detailLayoutSections": sections,
        "editLayoutSections": [fields],
        "relatedLists": [],
    }


def _fields(org: Org, sobject: SObject) -> Iterator[Field]:
    """What cannot be taken off a layout stays on it where a Lightning page shows the fields."""
    for item in sobject.fields.values():
        is_shown = sobject.name not in org.dynamic_forms or item.name in REQUIRED | {"Name"}
        if item.name not in STAMPS and is_shown:
            yield item


def _buttons(org: Org, sobject: SObject) -> list[Answer]:
    if not org.package_version or sobject.name not in {"Lead", "Contact"}:
        return []
    shown = [button for button in ACTIONS_BUTTONS if (sobject.name, button[0]) not in org.hidden_buttons]
    return [{"name": name, "label": label, "custom": True} for name, label in shown]


def _section(heading: str, items: list[Answer]) -> Answer:
    rows = [{"numItems": 1, "layoutItems": [item]} for item in items]
    return {"heading": heading, "columns": 1, "rows": len(rows), "layoutRows": rows}


def _field(item: Field) -> Answer:
    return {"label": item.label, "layoutComponents": [{"type": "Field", "value": item.name, "displayLines": 1}]}


def _panel(sobject: SObject) -> Answer:
    """The package's Visualforce page. Type and further keys are those of the SOAP API's schema ("VisualforcePage");
    that `value` is the page's name is a guess, for there is no recorded answer."""
    page = f"{NAMESPACE}__{sobject.name}"
    component = {
        "type": "VisualforcePage",
        "value": page,
        "displayLines": 1,
        "tabOrder": 0,
        "showLabel": False,
        "showScrollbars": False,
        "suggestedHeight": f"{PANEL_HEIGHTS[sobject.name]}px",
        "suggestedWidth": "100%",
        "url": f"/apex/{page}",
    }
    return {"label": sobject.name, "layoutComponents": [component]}


def flexi_pages(org: Org) -> Iterator[Row]:
    """Rows of FlexiPage: the Lightning record pages with dynamic forms, which hold the fields themselves."""
    for number, name in enumerate(sorted(org.dynamic_forms), 1):
        page = f"{name}_Record_Page"
        yield {
            "Id": setup_id("0M0", number),
            "DeveloperName": page,
            "FullName": page,
            "MasterLabel": page.replace("_", " "),
            "NamespacePrefix": None,
            "Type": "RecordPage",
            "EntityDefinitionId": name,
            "Metadata": _page_metadata(org, name, page),
        }


def _page_metadata(org: Org, sobject: str, page: str) -> Answer:
    """Metadata API Developer Guide, "FlexiPage": a field is an item `Record.` and its name."""
    fields = (item for item in org.known_sobject(sobject).fields.values() if item.name not in STAMPS)
    items = [{"fieldInstance": {"fieldItem": f"Record.{item.name}", "identifier": item.name}} for item in fields]
    return {
        "masterLabel": page.replace("_", " "),
        "sobjectType": sobject,
        "type": "RecordPage",
        "flexiPageRegions": [{"name": "main", "type": "Region", "itemInstances": items}],
    }
