"""
What each role may do. Pages ask for a permission, and this table alone says which roles have it: navigation, templates
and tests derive from it.
"""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a member is in the Sales account."""

    ADMIN = "admin", _("Admin")
    USER = "user", _("User")
    # Sees only the steps that need rights in Salesforce: connecting, the package and its configuration.
    SALESFORCE_ADMIN = "salesforce_admin", _("Salesforce admin")


class Permission(StrEnum):
    """Something that a member may do, named by the room it is done in."""

    MANAGE_ACCOUNT = "accounts.manage"
    MANAGE_TEAMS = "accounts.manage_teams"
    READ_AUDIT_TRAIL = "accounts.read_audit_trail"
    CONNECT_MARKETO = "connections.connect_marketo"
    CONNECT_SALESFORCE = "connections.connect_salesforce"
    # A connection of one's own, beside the account's.
    CONNECT_OWN_SALESFORCE = "connections.connect_own_salesforce"
    # Tokens by which programs read what the account's Admins may read.
    MANAGE_API_TOKENS = "api.manage_tokens"
    READ_DIAGNOSTICS = "diagnostics.read"
    ASK_SALESFORCE_ADMIN = "guide.ask_salesforce_admin"
    MANAGE_USERS = "members.manage"
    MANAGE_NOTIFICATIONS = "notifications.manage"
    CONFIGURE_PACKAGE = "salesforce_package.configure"
    READ_PEOPLE = "sync.read_people"
    # The account's runs: watching, pausing, resuming, cancelling, and asking why somebody is (not) in the copy.
    CONTROL_RUNS = "sync.control_runs"
    # What becomes of people: approving or discarding a held run, taking one back, and from when on runs are held.
    DECIDE_RUNS = "sync.decide_runs"


# What gives rights, takes them away or decides about other people's data: every change under it asks whoever has not
# proved who they are in the last 15 minutes to do so. Reading stays free.
NEEDS_FRESH_SIGN_IN = frozenset(
    {
        Permission.MANAGE_ACCOUNT,
        Permission.CONNECT_MARKETO,
        Permission.CONNECT_SALESFORCE,
        Permission.CONNECT_OWN_SALESFORCE,
        Permission.ASK_SALESFORCE_ADMIN,
        Permission.MANAGE_USERS,
        Permission.MANAGE_NOTIFICATIONS,
        Permission.MANAGE_API_TOKENS,
        Permission.DECIDE_RUNS,
    }
)


ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.USER: frozenset({Permission.CONNECT_OWN_SALESFORCE, Permission.READ_PEOPLE}),
    Role.SALESFORCE_ADMIN: frozenset(
        {
            Permission.CONNECT_OWN_SALESFORCE,
            Permission.CONNECT_SALESFORCE,
            Permission.CONFIGURE_PACKAGE,
            Permission.READ_DIAGNOSTICS,
        }
    ),
}


def roles_with(permission: Permission) -> list[Role]:
    """The roles that may do it."""
    return [role for role, permissions in ROLE_PERMISSIONS.items() if permission in permissions]
