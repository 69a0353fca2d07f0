"""What the page layouts of a Salesforce org show of the package Marketo Sales Insight."""

from collections.abc import Callable

from clients.salesforce.client import LayoutPart
from salesforce_package.facts import ACTIVITY_FIELDS, MSI_FIELDS, NAMESPACE, OPT_OUT_FIELDS
from salesforce_package.org import Finding, Org, State


def task_layout(org: Org) -> Finding:
    lacking = _lacking(org, "Task", {item.name: item.label for item in ACTIVITY_FIELDS})
    if len(lacking) == len(ACTIVITY_FIELDS):
        return Finding(State.UNKNOWN, "fields_off_layout")
    return _layout_finding(lacking)


def opt_out_fields(org: Org) -> Finding:
    standard, custom = OPT_OUT_FIELDS
    return _on_people_layouts(org, {"HasOptedOutOfEmail": standard, custom: custom})


def msi_fields(org: Org) -> Finding:
    return _on_people_layouts(org, {label: label for label in MSI_FIELDS})


def _on_people_layouts(org: Org, wanted: dict[str, str]) -> Finding:
    """Adobe names the labels of the package's fields, not their API names."""
    found = {sobject: _lacking(org, sobject, wanted) for sobject in ("Lead", "Contact")}
    return _layout_finding([f"{sobject}: {label}" for sobject, labels in found.items() for label in labels])


def panel(*sobjects: str) -> Callable[[Org], Finding]:
    def verify(org: Org) -> Finding:
        return _layout_finding(
            [sobject for sobject in sobjects if not _has_panel(org.client.layouts(sobject))], lacks="no_panel"
        )

    return verify


def _has_panel(layouts: list[list[LayoutPart]]) -> bool:
    return all(
        any(part.type == "VisualforcePage" and part.name.startswith(f"{NAMESPACE}__") for part in parts)
        for parts in layouts
    )


def _lacking(org: Org, sobject: str, wanted: dict[str, str]) -> list[str]:
    """The labels of the fields, given by API name or label, that a layout of the object lacks."""
    layouts = [{name for part in parts for name in (part.name, part.label)} for parts in org.client.layouts(sobject)]
    return [label for name, label in wanted.items() if not all(name in shown for shown in layouts)]


def _layout_finding(lacking: list[str], lacks: str = "not_on_layout") -> Finding:
    """Other people may get other layouts than the connected user: a lack proves nothing about theirs."""
    if lacking:
        return Finding(State.UNKNOWN, lacks, {"names": ", ".join(lacking)})
    return Finding(State.DONE, "on_layout")
