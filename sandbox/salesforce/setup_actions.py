"""What an administrator sets up in the org: packages, fields, remote sites, task types, permission sets."""

import re
from typing import Final

from sandbox.salesforce.action_bodies import Action, Body, flag, number, object_name, profile_named, text, texts
from sandbox.salesforce.layouts import PANEL_HEIGHTS
from sandbox.salesforce.org import (
    ACTIONS_SITES,
    ACTIVITY_FIELDS,
    BUTTON_OBJECTS,
    LIST_BUTTONS,
    NAMESPACE,
    PACKAGE_OBJECTS,
    PACKAGE_VERSION,
    Org,
    Package,
    RemoteSite,
)
from sandbox.salesforce.record_types import record_types
from sandbox.salesforce.schema import LENGTHS, Field, words
from sandbox.salesforce.setup_rows import LAYOUT_OBJECTS

FIELD_TYPES: Final = frozenset(
    {
        "string",
        "url",
        "boolean",
        "textarea",
        "picklist",
        "multipicklist",
        "email",
        "phone",
        "date",
        "datetime",
        "double",
    }
)
LICENSE_STATES: Final = ("Free", "Trial", "Active", "Expired")
VERSION: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")


def _install_package(org: Org, body: Body) -> None:
    version = str(body.get("version") or PACKAGE_VERSION)
    if not VERSION.fullmatch(version):
        raise ValueError(f"A package version has four numbers, such as {PACKAGE_VERSION}; {version!r} has not.")
    if body.get("fields") not in {None, "", "newest"}:
        raise ValueError(f"The fields are the newest ones or, when nothing is said, the first; not {body['fields']}.")
    org.package_version = version
    org.has_newest_fields = org.has_newest_fields or body.get("fields") == "newest"
    org.is_package_versioned = flag(body, "versioned")


def _install_other_package(org: Org, body: Body) -> None:
    """Install a package of another name; several packages may share one namespace."""
    version = str(body.get("version") or "1.0.0.0")
    if not VERSION.fullmatch(version):
        raise ValueError(f"A package version has four numbers, such as 1.0.0.0; {version!r} has not.")
    package = Package(text(body, "name"), str(body.get("namespace") or NAMESPACE), version, flag(body, "versioned"))
    org.other_packages.append(package)


def spoil_tooling(org: Org, body: Body) -> None:
    """Let the Tooling API refuse an object, or leave out what is nested in its rows."""
    name, how = object_name(body), text(body, "how")
    org.spoiled_tooling.pop(name, None)
    if how not in {"refused", "shape", "not"}:
        raise ValueError(f"The Tooling API can be refused, of another shape, or not spoiled; not {how}.")
    if how != "not":
        org.spoiled_tooling[name] = how


def _set_package_license(org: Org, body: Body) -> None:
    status = text(body, "status")
    if status not in LICENSE_STATES:
        raise ValueError(f"A package licence is {', '.join(LICENSE_STATES)}; not {status}.")
    org.package_license = status


def _set_layout_button(org: Org, body: Body) -> None:
    """Put a button of the package on the page layout of an object, or take it off."""
    button = object_name(body), text(body, "name")
    (org.hidden_buttons.discard if flag(body, "shown") else org.hidden_buttons.add)(button)


def _add_layout_panel(org: Org, body: Body) -> None:
    """Put the package's Visualforce panel on the page layouts of an object, or on that of one record type."""
    name, record_type = object_name(body), str(body.get("record_type") or body.get("layout") or "")
    if not org.package_version:
        raise ValueError("The panel comes with the package. Install the package first.")
    if name not in PANEL_HEIGHTS:
        raise ValueError(f"The package has panels for {', '.join(PANEL_HEIGHTS)}; not for {name}.")
    if record_type and record_type not in {item.name for item in record_types(org, name)} | _own_layouts(org, name):
        raise ValueError(f"{name} has no record type {record_type}.")
    (org.layout_panels.add if flag(body, "shown") else org.layout_panels.discard)((name, record_type))


def _own_layouts(org: Org, sobject: str) -> set[str]:
    return {layout for (of, _profile), layout in org.profile_layouts.items() if of == sobject}


def _add_layout(org: Org, body: Body) -> None:
    """Give a profile a page layout of its own for an object, whatever the record type."""
    name = object_name(body)
    if name not in LAYOUT_OBJECTS:
        raise ValueError(f"There are page layouts of {', '.join(LAYOUT_OBJECTS)}; not of {name}.")
    org.profile_layouts[name, profile_named(body)] = text(body, "name")


def _set_layout_field(org: Org, body: Body) -> None:
    """Take a field off a page layout, or off the Lightning page of an object, or put it back."""
    key = object_name(body), text(body, "layout"), text(body, "name")
    (org.off_layout.discard if flag(body, "shown") else org.off_layout.add)(key)


def _add_page_panel(org: Org, body: Body) -> None:
    """Put the package's Visualforce page on the Lightning page of an object that has dynamic forms."""
    name = object_name(body)
    if name not in org.dynamic_forms or not org.package_version:
        raise ValueError(f"{name} has no Lightning page of its own, or the package is not installed.")
    (org.page_panels.add if flag(body, "shown") else org.page_panels.discard)(name)


def _use_dynamic_forms(org: Org, body: Body) -> None:
    """Show the fields of an object on a Lightning page instead of the page layout."""
    name = object_name(body)
    if name not in LAYOUT_OBJECTS:
        raise ValueError(f"There are page layouts of {', '.join(LAYOUT_OBJECTS)}; not of {name}.")
    (org.dynamic_forms.add if flag(body, "used") else org.dynamic_forms.discard)(name)


def _add_record_types(org: Org, _body: Body) -> None:
    """Three kinds of leads and two of contacts, each with a page layout of its own."""
    org.has_record_types = True


def uninstall_package(org: Org, _body: Body) -> None:
    org.package_version = ""
    org.has_newest_fields = False
    org.layout_panels.clear()
    org.page_panels.clear()
    org.permission_set_users.clear()
    org.not_deployed.clear()
    org.list_view_buttons.clear()


def _set_deployed(org: Org, body: Body) -> None:
    name = text(body, "object")
    if name not in PACKAGE_OBJECTS:
        raise ValueError(f"The package has no object {name}. It has {', '.join(PACKAGE_OBJECTS)}.")
    (org.not_deployed.discard if flag(body, "deployed") else org.not_deployed.add)(name)


def _add_field(org: Org, body: Body) -> None:
    sobject, name, kind = object_name(body), text(body, "name"), text(body, "type")
    if not re.fullmatch(r"[A-Za-z]\w*__c", name, re.ASCII):
        raise ValueError(f"The API name of a custom field ends in __c; {name!r} does not.")
    if kind not in FIELD_TYPES:
        raise ValueError(f"There is no field type {kind}. Known types: {', '.join(sorted(FIELD_TYPES))}.")
    length = number(body, "length", LENGTHS.get(kind, 0))
    fields = org.custom_fields.setdefault(sobject, {})
    is_external_id = flag({"external_id": False, **body}, "external_id")
    label = str(body.get("label") or words(name))
    fields[name] = Field(name, kind, length, label=label, is_external_id=is_external_id)


def _add_all_activity_fields(org: Org, _body: Body) -> None:
    fields = org.custom_fields.setdefault("Task", {})
    for label, name, kind, length in ACTIVITY_FIELDS:
        fields[name] = Field(name, kind, length, label=label)


def _remove_field(org: Org, body: Body) -> None:
    sobject, name = object_name(body), text(body, "name")
    if org.custom_fields.get(sobject, {}).pop(name, None) is None:
        raise ValueError(f"{sobject} has no custom field {name}.")


def _add_remote_site(org: Org, body: Body) -> None:
    name = text(body, "name")
    org.remote_sites[name] = RemoteSite(name, text(body, "url"), flag(body, "active"))


def _add_all_remote_sites(org: Org, _body: Body) -> None:
    for name, url in ACTIONS_SITES:
        org.remote_sites[name] = RemoteSite(name, url)


def _remove_remote_site(org: Org, body: Body) -> None:
    name = text(body, "name")
    if org.remote_sites.pop(name, None) is None:
        raise ValueError(f"There is no remote site {name}.")


def _set_task_types(org: Org, body: Body) -> None:
    values = texts(body, "values")
    default = body.get("default") or None
    if default is not None and default not in values:
        raise ValueError(f"The default {default!r} is not among the values.")
    org.task_types = tuple(values)
    org.default_task_type = default


def _set_list_view_buttons(org: Org, body: Body) -> None:
    """The buttons that the list views of an object show, by label."""
    org.list_view_buttons[object_name(body)] = texts(body, "labels")


def _add_all_list_view_buttons(org: Org, _body: Body) -> None:
    if not org.package_version:
        raise ValueError("The buttons come with the package. Install the package first.")
    for name in BUTTON_OBJECTS:
        org.list_view_buttons[name] = [label for _, label in LIST_BUTTONS]


def _set_email_to_salesforce(org: Org, body: Body) -> None:
    org.is_email_to_salesforce = flag(body, "active")


SETUP_ACTIONS: Final[dict[str, Action]] = {
    "install_package": _install_package,
    "uninstall_package": uninstall_package,
    "install_other_package": _install_other_package,
    "set_package_license": _set_package_license,
    "set_layout_button": _set_layout_button,
    "add_layout_panel": _add_layout_panel,
    "add_layout": _add_layout,
    "set_layout_field": _set_layout_field,
    "add_page_panel": _add_page_panel,
    "use_dynamic_forms": _use_dynamic_forms,
    "add_record_types": _add_record_types,
    "set_deployed": _set_deployed,
    "add_field": _add_field,
    "add_all_activity_fields": _add_all_activity_fields,
    "remove_field": _remove_field,
    "add_remote_site": _add_remote_site,
    "add_all_remote_sites": _add_all_remote_sites,
    "remove_remote_site": _remove_remote_site,
    "set_task_types": _set_task_types,
    "set_list_view_buttons": _set_list_view_buttons,
    "add_all_list_view_buttons": _add_all_list_view_buttons,
    "set_email_to_salesforce": _set_email_to_salesforce,
}
