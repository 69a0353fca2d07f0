"""
The rights that this console uses in Marketo and in Salesforce: what for, and where they are granted.

The one list for the pages that check them, for what to do about a refused call, and for the README.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clients.marketo.errors import SERVICE as MARKETO
from clients.salesforce.errors import SERVICE as SALESFORCE


class RightCode(StrEnum):
    """What a right lets this console do."""

    PEOPLE = "people"
    ACTIVITIES = "activities"
    ASSETS = "assets"
    USERS = "users"
    WORKSPACES = "workspaces"
    API = "api"
    SETUP = "setup"
    LEADS = "leads"
    CONTACTS = "contacts"
    ACCOUNTS = "accounts"
    OPPORTUNITIES = "opportunities"
    ALL_LEADS = "all_leads"
    ALL_CONTACTS = "all_contacts"


@dataclass(frozen=True)
class Right:
    """Something that an administrator over there grants; `names` are what it is called there."""

    code: RightCode
    service: str
    names: tuple[str, ...]
    why: Promise
    where: Promise
    # What is missing without it; None where this console cannot do its work.
    without: Promise | None = None

    @property
    def is_needed(self) -> bool:
        return self.without is None


_ACCESS_API = _("Admin > Users & Roles > Roles > the API user's role > Access API")
_PERMISSION_SET = _("Setup > Permission Sets > a set of the connected user > Object Settings")
_WHAT_IS_SHARED = _(
    "Without it Salesforce shows only what is shared with the user. Public Read in Setup > Sharing Settings works too."
)
_SYSTEM_PERMISSIONS = _("Setup > Permission Sets > a set of the connected user > System Permissions")

RIGHTS: tuple[Right, ...] = (
    Right(RightCode.PEOPLE, MARKETO, ("Read-Only Lead",), _("Reads people, their fields and lists."), _ACCESS_API),
    Right(
        RightCode.ACTIVITIES,
        MARKETO,
        ("Read-Only Activity",),
        _("Learns who was changed, merged or deleted."),
        _ACCESS_API,
    ),
    Right(
        RightCode.ASSETS,
        MARKETO,
        ("Read-Only Assets",),
        _("Learns how old the instance is, so that a full sync reads everybody."),
        _ACCESS_API,
    ),
    Right(
        RightCode.WORKSPACES,
        MARKETO,
        ("All workspaces",),
        _("Marketo shows the people of the workspaces in which the API user has its role, and nobody else."),
        _("Admin > Users & Roles > Users > the API user > its role in all workspaces"),
    ),
    Right(
        RightCode.USERS,
        MARKETO,
        ("Access User Management Api", "Access Users"),
        _("Lists the Marketo admins, and the workspaces for User Access."),
        _(
            "Admin > Users & Roles > Roles, the API user's role: Access User Management Api under Access API, "
            "Access Users under Access Admin"
        ),
        _("Without it, type the address of the first admin yourself. Workspaces cannot be chosen."),
    ),
    Right(RightCode.API, SALESFORCE, ("API Enabled",), _("Every call."), _SYSTEM_PERMISSIONS),
    Right(RightCode.LEADS, SALESFORCE, ("Lead: Read",), _("Reads leads and who owns them."), _PERMISSION_SET),
    Right(
        RightCode.CONTACTS,
        SALESFORCE,
        ("Contact: Read",),
        _("Reads contacts and who owns them."),
        _PERMISSION_SET,
    ),
    Right(
        RightCode.ACCOUNTS,
        SALESFORCE,
        ("Account: Read",),
        _("Salesforce lets a user read contacts only together with accounts."),
        _PERMISSION_SET,
    ),
    Right(
        RightCode.ALL_LEADS,
        SALESFORCE,
        ("Lead: View All Records",),
        _WHAT_IS_SHARED,
        _PERMISSION_SET,
    ),
    Right(
        RightCode.ALL_CONTACTS,
        SALESFORCE,
        ("Contact: View All Records",),
        _WHAT_IS_SHARED,
        _PERMISSION_SET,
    ),
    Right(
        RightCode.SETUP,
        SALESFORCE,
        ("View Setup and Configuration",),
        _("Checks the package, and whether all records are shown."),
        _SYSTEM_PERMISSIONS,
    ),
    Right(
        RightCode.OPPORTUNITIES,
        SALESFORCE,
        ("Opportunity: Read",),
        _("Reads which contacts have a role in an opportunity."),
        _PERMISSION_SET,
        _("Without it the Salesforce opportunity ID stays empty."),
    ),
)


def rights_in(service: str) -> list[Right]:
    """Those of one provider, in the order in which they are told."""
    return [right for right in RIGHTS if right.service == service]


def names_of(*codes: RightCode) -> tuple[str, ...]:
    """What rights are called where they are granted."""
    return tuple(name for code in codes for right in RIGHTS if right.code == code for name in right.names)
