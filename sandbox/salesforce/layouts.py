"""What records look like: page layouts, by record type, and the Lightning pages that may stand in for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sandbox.records import PROFILES
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
from sandbox.salesforce.setup_rows import LAYOUT_OBJECTS, setup_id

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
    name = layout_name(sobject.name, record_type)
    fields = _section(f"{sobject.label} Information", list(map(_field, _fields(org, sobject, name))))
    has_panel = _has_panel(org, sobject.name, record_type.name)
    sections = [fields, *([_section("Marketo Sales Insight", [_panel(sobject)])] if has_panel else [])]
    return {
        "id": layout_id(sobject.name, record_type),
        "name": name,
        "buttonLayoutSection": {"detailButtons": _buttons(org, sobject)},
        "detailLayoutSections": sections,
        "editLayoutSections": [fields],
        "relatedLists": [],
    }


def _has_panel(org: Org, sobject: str, record_type: str) -> bool:
    """A profile's own layout is nobody's record type: it has the panel where all layouts do."""
    return bool({(sobject, ""), (sobject, record_type)} & org.layout_panels)


def _fields(org: Org, sobject: SObject, layout: str) -> Iterator[Field]:
    """What cannot be taken off a layout stays on it where a Lightning page shows the fields."""
    for item in sobject.fields.values():
        is_shown = sobject.name not in org.dynamic_forms or item.name in REQUIRED | {"Name"}
        if item.name not in STAMPS and is_shown and (sobject.name, layout, item.name) not in org.off_layout:
            yield item


def layout_rows(org: Org) -> Iterator[Row]:
    """Rows of Layout: a page layout for each object and each of its record types, and those of profiles."""
    for sobject in LAYOUT_OBJECTS:
        for record_type in (MASTER, *record_types(org, sobject)):
            name = layout_name(sobject, record_type)
            has_panel = _has_panel(org, sobject, record_type.name)
            yield _layout_row(org, layout_id(sobject, record_type), sobject, name, has_panel=has_panel)
    for name, (found, sobject) in _own_layouts(org).items():
        yield _layout_row(org, found, sobject, name, has_panel=(sobject, name) in org.layout_panels)


def _own_layouts(org: Org) -> dict[str, tuple[str, str]]:
    """The id and the object of each layout that was made for a profile, by name."""
    made = dict.fromkeys((name, sobject) for (sobject, _profile), name in org.profile_layouts.items())
    return {name: (setup_id("00h", 501 + number), sobject) for number, (name, sobject) in enumerate(made)}


def _layout_row(org: Org, layout: str, sobject: str, name: str, *, has_panel: bool) -> Row:
    return {
        "Id": layout,
        "Name": name,
        "EntityDefinitionId": sobject,
        "TableEnumOrId": sobject,
        "NamespacePrefix": None,
        "FullName": f"{sobject}-{name}",
        "Metadata": _layout_metadata(org, org.full_sobject(sobject), name, has_panel=has_panel),
    }


def _layout_metadata(org: Org, sobject: SObject, name: str, *, has_panel: bool) -> Answer:
    """Metadata API Developer Guide, "Layout": items of columns are a field or a page."""
    fields = [{"behavior": "Edit", "field": item.name} for item in _fields(org, sobject, name)]
    page = {"page": f"{NAMESPACE}__{sobject.name}", "height": PANEL_HEIGHTS.get(sobject.name), "width": "100%"}
    sections = [(f"{sobject.label} Information", fields), *([("Marketo Sales Insight", [page])] if has_panel else [])]
    return {
        "layoutSections": [
            {"label": label, "style": "OneColumn", "layoutColumns": [{"layoutItems": items}]}
            for label, items in sections
        ],
        "relatedLists": [],
    }


def profile_layouts(org: Org) -> Iterator[Row]:
    """Rows of ProfileLayout: which layout a profile has for a record type; the master type has none."""
    own = _own_layouts(org)
    number = 0
    for profile, profile_id in PROFILES.items():
        for sobject in LAYOUT_OBJECTS:
            for record_type in (MASTER, *record_types(org, sobject)):
                number += 1
                made = org.profile_layouts.get((sobject, profile))
                yield {
                    "Id": setup_id("01G", number),
                    "LayoutId": own[made][0] if made else layout_id(sobject, record_type),
                    "ProfileId": profile_id,
                    "RecordTypeId": record_type.id if record_type.name else None,
                    "TableEnumOrId": sobject,
                }


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
    shown = [item.name for item in fields if (sobject, page, item.name) not in org.off_layout]
    items: list[Answer] = [{"fieldInstance": {"fieldItem": f"Record.{name}", "identifier": name}} for name in shown]
    if sobject in org.page_panels:
        properties = [{"name": "pageName", "value": f"{NAMESPACE}__{sobject}"}, {"name": "height", "value": "450"}]
        component = {"componentName": "flexipage:visualforcePage", "componentInstanceProperties": properties}
        items.append({"componentInstance": component})
    return {
        "masterLabel": page.replace("_", " "),
        "sobjectType": sobject,
        "type": "RecordPage",
        "flexiPageRegions": [{"name": "main", "type": "Region", "itemInstances": items}],
    }
