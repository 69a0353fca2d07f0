"""
Checks of page layouts.

Other people may get other layouts than the connected user: a lack proves nothing about theirs.
"""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy as _

from clients.salesforce.client import LayoutPart
from salesforce_package.facts import NAMESPACE, PackageField
from salesforce_package.items.declaration import Check, Evidence
from salesforce_package.org import Finding, Org, State

EVIDENCE: Evidence = {
    "not_on_layout": _("The layouts of the connected user lack: %(names)s. Other users may have other layouts."),
    "no_panel": _("Not on the layouts of the connected user: %(names)s. Other users may have other layouts."),
    "on_layout": _("Found on the layouts of the connected user."),
}


def has_fields_of_people(wanted: Mapping[str, Iterable[PackageField]]) -> Check:
    """Are the fields, by object, on the layouts of Lead and Contact?"""

    def check(org: Org) -> Finding:
        found = {sobject: _lacking_labels(org, sobject, fields) for sobject, fields in wanted.items()}
        return layout_finding([f"{sobject}: {label}" for sobject, labels in found.items() for label in labels])

    return check


def _lacking_labels(org: Org, sobject: str, wanted: Iterable[PackageField]) -> list[str]:
    """The labels of what a layout lacks; a field that the org does not show is on none."""
    names = org.names_of(sobject, wanted)
    return lacking_fields(org, sobject, {names.get(field.label, field.label): field.label for field in wanted})


def has_panel(*sobjects: str) -> Check:
    """Does every layout of the objects hold a Visualforce page of the package?"""

    def check(org: Org) -> Finding:
        without = [sobject for sobject in sobjects if not _is_panel_shown(org.layouts(sobject))]
        return layout_finding(without, lacks="no_panel")

    return check


def lacking_fields(org: Org, sobject: str, wanted: dict[str, str]) -> list[str]:
    """The labels of the fields, given by API name, that a layout of the object lacks."""
    layouts = [{part.name for part in parts} for parts in org.layouts(sobject)]
    return [label for name, label in wanted.items() if not all(name in shown for shown in layouts)]


def layout_finding(lacking: list[str], lacks: str = "not_on_layout") -> Finding:
    if lacking:
        return Finding(State.UNKNOWN, lacks, {"names": ", ".join(lacking)})
    return Finding(State.DONE, "on_layout")


def _is_panel_shown(layouts: list[list[LayoutPart]]) -> bool:
    return all(
        any(part.type == "VisualforcePage" and part.name.startswith(f"{NAMESPACE}__") for part in parts)
        for parts in layouts
    )
