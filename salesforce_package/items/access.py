"""Step 7, access rights."""

from django.utils.translation import gettext_lazy as _

from clients.http import ApiError, QuotaExceeded, ReconnectNeeded, TransientApiError
from clients.salesforce.client import SalesforceClient
from clients.values import flag
from salesforce_package.facts import NAMESPACE, PERMISSION_SET_SOURCE
from salesforce_package.items.declaration import OBJECT_MANAGER, Evidence, Item, Section
from salesforce_package.org import Finding, Org, State

STANDARD_OBJECTS = ("Lead", "Contact", "Account", "Opportunity")
PERMISSION_SET = "Marketo App Access"
_PROFILES = "/lightning/setup/EnhancedProfiles/home"

EVIDENCE: Evidence = {
    "readable": _("The connected user can read all four."),
    "not_readable": _("The connected user cannot read: %(names)s."),
    "set_missing": _("There is no permission set Marketo App Access of the package."),
    "set_assigned": _("Users who have the permission set: %(count)s. Profiles may give access instead."),
    "api_answers": _("Salesforce answers the connected user."),
}


def _can_read_objects(org: Org) -> Finding:
    hidden = [name for name in STANDARD_OBJECTS if not _is_readable(org.client, name)]
    if hidden:
        return Finding(State.MISSING, "not_readable", {"names": ", ".join(hidden)})
    return Finding(State.DONE, "readable")


def _is_readable(client: SalesforceClient, sobject: str) -> bool:
    try:
        return flag(client.describe(sobject)["queryable"]) is True
    except (ReconnectNeeded, QuotaExceeded, TransientApiError):
        raise
    except ApiError:
        return False


def _has_permission_set(org: Org) -> Finding:
    named = f"NamespacePrefix = '{NAMESPACE}' AND Label = '{PERMISSION_SET}'"
    sets = org.client.query(f"SELECT Id FROM PermissionSet WHERE {named}")  # noqa: S608
    if not sets:
        return Finding(State.MISSING, "set_missing")
    users = sum(
        org.client.count(f"SELECT COUNT() FROM PermissionSetAssignment WHERE PermissionSetId = '{row['Id']}'")  # noqa: S608
        for row in sets
    )
    # Profiles may give access instead, which Adobe describes as well.
    return Finding(State.DONE if users else State.UNKNOWN, "set_assigned", {"count": users})


def _answers(_org: Org) -> Finding:
    return Finding(State.DONE, "api_answers")


SECTION = Section(
    7,
    _("Access rights"),
    (
        Item(
            key="standard_object_read",
            title=_("Read access to Lead, Contact, Account and Opportunity"),
            where=_("Setup > Profiles > profile > Object Settings"),
            how=_("The package cannot grant rights on standard objects; the users' profiles must."),
            path=_PROFILES,
            check=_can_read_objects,
        ),
        Item(
            key="permission_set",
            title=_("MSI users have the permission set Marketo App Access"),
            where=_("Setup > Permission Sets > Marketo App Access > Manage Assignments"),
            how=_(
                "Assign it to as many users as you have seats for. If profiles gave access before, remove that first."
            ),
            path="/lightning/setup/PermSets/home",
            values=(PERMISSION_SET,),
            check=_has_permission_set,
            source=PERMISSION_SET_SOURCE,
        ),
        Item(
            key="api_enabled",
            title=_("API Enabled for the users of the Sales account"),
            where=_("Setup > Profiles > profile > System Permissions"),
            how=_("Needed to activate an account and to connect. Checked here for the connected user."),
            path=_PROFILES,
            check=_answers,
        ),
        Item(
            key="app_not_blocked",
            title=_("The app of this console is not blocked"),
            where=_("Setup > External Client Apps > OAuth Usage; a connected app: Setup > Connected Apps OAuth Usage"),
            how=_("The row of the app must offer Block; if it offers Unblock, press it."),
            path="/lightning/setup/ConnectedAppsUsage/home",
            check=_answers,
        ),
        Item(
            key="list_views_cleaned",
            title=_("List views of people without access show no MSI buttons or columns"),
            where=_("Setup > Object Manager > Lead, Contact, Account > Search Layouts"),
            how=_("Profiles cannot hide these. Only if some users have no access to Marketo Sales Insight."),
            path=f"{OBJECT_MANAGER}/Lead/SearchLayouts/view",
            is_optional=True,
            by_hand=_("Everybody arranges list views for themselves, and no API says who is to see what."),
        ),
    ),
)
