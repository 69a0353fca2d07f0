"""SetupAuditTrail: every change in Setup, with who made it and when (Object Reference, "SetupAuditTrail")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sandbox.salesforce.org import AuditEntry, Org, Row
from sandbox.salesforce.setup_rows import setup_id

# Salesforce documents "PermSetCreate" and the section "Manage Users"; all else has the sandbox's own names.
ACTIONS: Final = {"add_permission_set": "PermSetCreate"}
USERS: Final = "Manage Users"
SECTIONS: Final = {
    **dict.fromkeys(
        ("set_user", "set_sharing", "set_object_permission", "add_permission_set", "assign_permission_set"), USERS
    ),
    **dict.fromkeys(("add_permission_set_group", "assign_permission_set_group", "hide_field"), USERS),
    **dict.fromkeys(("set_field_permission", "set_api_enabled", "mute_permission"), USERS),
    **dict.fromkeys(("install_package", "uninstall_package", "install_other_package"), "Installed Packages"),
}
LONGEST: Final = 1000


def note(org: Org, body: Mapping[str, Any], username: str) -> None:
    """Write down a change that was made."""
    action = str(body["action"])
    details = ", ".join(f"{name} {value}" for name, value in body.items() if name != "action")
    display = f"{action.replace('_', ' ').capitalize()}{': ' if details else ''}{details}"[:LONGEST]
    section = SECTIONS.get(action, "Customize")
    at = org.world.clock.now().replace(microsecond=0)
    org.audit_trail.append(AuditEntry(ACTIONS.get(action, action), section, display, at, username))


def audit_trail(org: Org) -> Iterator[Row]:
    for number, entry in enumerate(org.audit_trail, 1):
        user = org.find_user(entry.username)
        yield {
            "Id": setup_id("0Ym", number),
            "Action": entry.action,
            "Section": entry.section,
            "Display": entry.display,
            "CreatedDate": entry.at,
            "CreatedById": user["Id"] if user else None,
            "DelegateUser": None,
            "ResponsibleNamespacePrefix": None,
        }
