"""Step 7, access rights."""

from django.utils.translation import gettext_lazy as _

from clients.salesforce.soql import literals
from clients.values import as_text, required
from salesforce_package.facts import NAMESPACE, PERMISSION_SET_SOURCE
from salesforce_package.items.declaration import OBJECT_MANAGER, Evidence, Item, Place, Section
from salesforce_package.items.users import judge_users
from salesforce_package.org import Finding, Org, State
from salesforce_package.rights import OrgUser

STANDARD_OBJECTS = ("Lead", "Contact", "Account", "Opportunity")
PERMISSION_SET = "Marketo App Access"
_PROFILES = "/lightning/setup/EnhancedProfiles/home"

EVIDENCE: Evidence = {
    "read_objects": _("Users who can read all four objects: %(able)s of %(count)s."),
    "set_missing": _("There is no permission set Marketo App Access of the package."),
    "have_set": _("Users who have it, or the same rights by a profile: %(able)s of %(count)s."),
    "have_api": _("Users whose profile or permission sets have API Enabled: %(able)s of %(count)s."),
    "all_connected": _("Salesforce answers every user's own connection: %(count)s of %(count)s."),
    "some_connected": _(
        "Salesforce answers the connected user. Users whom it has answered: %(able)s of %(count)s. The others have not "
        "tried it yet."
    ),
    "none_connected": _(
        "Salesforce answers the connected user. Users who have tried it with a connection of their own: none of "
        "%(count)s."
    ),
}


def _can_read_objects(org: Org) -> Finding:
    def lacks(user: OrgUser) -> list[str]:
        return [name for name in STANDARD_OBJECTS if name not in readable[user.id]]

    readable = org.rights.readable(STANDARD_OBJECTS)
    return judge_users(org, "read_objects", lacks)


def _has_permission_set(org: Org) -> Finding:
    """
    The permission set itself, or rights on all objects on which it gives them: Adobe describes both ways. A group may
    hold the set and mute what it gives.
    """

    def lacks(user: OrgUser) -> list[str]:
        has_same_rights = bool(objects) and objects <= readable[user.id]
        return [] if has_same_rights or sets & org.rights.held[user.id] else [PERMISSION_SET]

    named = f"NamespacePrefix = '{NAMESPACE}' AND Label = '{PERMISSION_SET}'"
    sets = {_text(row["Id"]) for row in org.client.query(f"SELECT Id FROM PermissionSet WHERE {named}")}  # noqa: S608
    if not sets:
        return Finding(State.MISSING, "set_missing")
    objects = _readable_by(org, sets)
    readable = org.rights.readable(objects) if objects else {}
    return judge_users(org, "have_set", lacks)


def _readable_by(org: Org, sets: set[str]) -> set[str]:
    """The objects that permission sets let their users read."""
    rows = org.client.query(
        "SELECT SobjectType FROM ObjectPermissions WHERE PermissionsRead = true "  # noqa: S608
        f"AND ParentId IN ({literals(sets)})"
    )
    return {_text(row["SobjectType"]) for row in rows}


def _may_call_api(org: Org) -> Finding:
    return judge_users(org, "have_api", lambda user: [] if org.rights.may_call_api(user) else ["API Enabled"])


def _lets_app_in(org: Org) -> Finding:
    """
    No API tells who may use an app: the policies of external client apps are in no object that can be queried. What is
    known are the connections that work.
    """
    users = org.rights.users
    able = sum(user.id in org.expected.connected_ids for user in users)
    values: dict[str, str | int] = {"able": able, "count": len(users)}
    if users and able == len(users):
        return Finding(State.DONE, "all_connected", values)
    return Finding(State.UNKNOWN, "some_connected" if able else "none_connected", values)


def _text(value: object) -> str:
    return required(as_text(value))


SECTION = Section(
    7,
    _("Access rights"),
    _("Access rights"),
    (
        Item(
            key="standard_object_read",
            title=_("Read access to Lead, Contact, Account and Opportunity"),
            place=Place.PROFILES,
            where=_("Setup > Profiles > profile > Object Settings"),
            how=_("The package cannot grant rights on standard objects; the users' profiles must."),
            path=_PROFILES,
            check=_can_read_objects,
        ),
        Item(
            key="permission_set",
            title=_("Users have the permission set Marketo App Access"),
            place=Place.PROFILES,
            where=_("Setup > Permission Sets > Marketo App Access > Manage Assignments"),
            how=_(
                "Assign it to everybody who will work with Sales Insight, directly or by a group of permission sets. "
                "If profiles gave access before, remove that first."
            ),
            path="/lightning/setup/PermSets/home",
            values=(PERMISSION_SET,),
            check=_has_permission_set,
            source=PERMISSION_SET_SOURCE,
        ),
        Item(
            key="api_enabled",
            title=_("API Enabled for the users of the Sales account"),
            place=Place.PROFILES,
            where=_("Setup > Profiles > profile > System Permissions"),
            how=_(
                "Needed to activate an account and to connect. Tick it in the profile, or give it by a permission set."
            ),
            path=_PROFILES,
            check=_may_call_api,
        ),
        Item(
            key="app_not_blocked",
            title=_("The app of this console is not blocked"),
            place=Place.ORG,
            where=_("Setup > External Client Apps > OAuth Usage; a connected app: Setup > Connected Apps OAuth Usage"),
            how=_(
                "Find the app in the list by the name that Salesforce shows when somebody presses Connect, or that "
                "your company gave it. Its row must offer Block; if it offers Unblock, press it."
            ),
            path="/lightning/setup/ConnectedAppsUsage/home",
            check=_lets_app_in,
        ),
        Item(
            key="list_views_cleaned",
            title=_("List views of people without access show no MSI buttons or columns"),
            place=Place.LIST_VIEWS,
            where=_("Setup > Object Manager > Lead, Contact, Account > Search Layouts"),
            how=_("Profiles cannot hide these. Only if some users have no access to Marketo Sales Insight."),
            path=f"{OBJECT_MANAGER}/Lead/SearchLayouts/view",
            is_optional=True,
            by_hand=_("Everybody arranges list views for themselves, and no API says who is to see what."),
        ),
    ),
)
