"""
The checklist of steps 6 and 7: installing the package Marketo Sales Insight and configuring it in Salesforce.

Items, order and what to enter are those of Adobe's pages on installing and configuring Marketo Sales Insight and Sales
Insight Actions in Salesforce. Paths of Setup pages are Lightning's; an item without one is found by its words.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connections.messages import MARKETO_ADMIN, SALESFORCE_ADMIN
from salesforce_package.facts import (
    ACTIONS_SITE,
    BULK_BUTTONS,
    IMS_SITE,
    LEGACY_CLASSES,
    LIST_VIEW_BUTTONS,
    MSI_FIELDS,
    OPT_OUT_FIELDS,
    PERMISSION_SET,
    TASK_TYPES,
)
from salesforce_package.verifiers import VERIFIERS

LISTING_URL = "https://appexchange.salesforce.com/appxListingDetail?listingId=a0N30000001SVZmEAO"
INSTALLED_PACKAGES_PATH = "/lightning/setup/ImportedPackage/home"

_OBJECTS = "/lightning/setup/ObjectManager"
# Adobe, "Configure Marketo Sales Insight in Salesforce": what it calls Marketo Host and API URL.
SOAP_HOST, REST_HOST = "https://{munchkin_id}.mktoapi.com", "https://{munchkin_id}.mktorest.com"
_REMOTE_SITES = "/lightning/setup/SecurityRemoteProxy/home"
_PROFILES = "/lightning/setup/EnhancedProfiles/home"
_CONFIG_TAB = _("App Launcher > Marketo Sales Insight Config")
_REMOTE_SITES_WHERE = _("Setup > Remote Site Settings > New Remote Site")

# Why an item is ticked by hand.
_KEPT_BY_THE_PACKAGE = _("The package keeps this to itself: Adobe documents no way to read what its Config tab stores.")
_NOT_IN_MARKETO_API = _("Marketo's API does not show what Admin > Sales Insight holds.")
# Salesforce, "Metadata API Developer Guide": even reading needs Modify Metadata Through Metadata API Functions.
_NEEDS_A_RIGHT_TO_CHANGE = _(
    "Salesforce shows the mapping only to users who may change the org's setup, which this console does not ask for."
)
_LIST_VIEWS_ARE_PERSONAL = _("Everybody arranges list views for themselves, and no API says who is to see what.")
_TABS_ARE_PERSONAL = _("Everybody arranges the tab bar for themselves, and no API shows it.")


@dataclass(frozen=True)
class Item:
    """
    One thing to do in Salesforce (or, for its secret, in Marketo). `path` leads to a page of the org, or elsewhere.

    `values` are texts to enter there; {munchkin_id} stands for the instance's. Optional items do not hold up a step.
    `who` can do it. `by_hand` says why no check of this console can see it, of items that none can.
    """

    key: str
    title: Promise
    where: Promise
    how: Promise
    path: str = ""
    values: tuple[str, ...] = ()
    is_optional: bool = False
    who: Promise = SALESFORCE_ADMIN
    by_hand: Promise | str = ""

    @property
    def is_verifiable(self) -> bool:
        return self.key in VERIFIERS


@dataclass(frozen=True)
class Section:
    """Items under one heading; `step` is the step of the Setup guide they belong to."""

    step: int
    title: Promise
    items: tuple[Item, ...]


INSTALL = Section(
    6,
    _("Install or upgrade the package"),
    (
        Item(
            "package_installed",
            _("Install or upgrade Marketo Sales Insight"),
            _("AppExchange > Marketo Sales Insight > Get It Now"),
            _("Choose the org that is connected here, accept the terms, then install for Admins Only."),
            LISTING_URL,
        ),
        Item(
            "package_version",
            _("Version 1.8000 or newer"),
            _("AppExchange > Marketo Sales Insight > Get It Now"),
            _("The permission set Marketo App Access comes with version 1.8000. Upgrade the way you install."),
            LISTING_URL,
        ),
        Item(
            "package_listed",
            _("Marketo Sales Insight is in the list of installed packages"),
            _("Setup > Installed Packages"),
            _("A long installation goes on in the background; Salesforce sends a mail when it is done."),
            INSTALLED_PACKAGES_PATH,
        ),
        Item(
            "objects_deployed",
            _("All objects of the package are deployed"),
            _("Setup > Object Manager > object > Edit > Deployment Status"),
            _("Set every object of Marketo Sales Insight to Deployed."),
            f"{_OBJECTS}/home",
        ),
        Item(
            "right_org",
            _("The org is the one that Marketo is synced with"),
            _("Setup > Company Information"),
            _("The package must be in the org whose leads and contacts Marketo syncs."),
            "/lightning/setup/CompanyProfileInfo/home",
        ),
        Item(
            "legacy_removed",
            _("The old Sales Connect customization is removed"),
            _("Setup > Apex Classes; page layouts of Lead, Contact, Account and Opportunity"),
            _("Only if you used Sales Connect: take its fields and buttons off layouts, then delete its classes."),
            "/lightning/setup/ApexClasses/home",
            LEGACY_CLASSES,
            is_optional=True,
        ),
    ),
)
ACCESS = Section(
    7,
    _("Access rights"),
    (
        Item(
            "standard_object_read",
            _("Read access to Lead, Contact, Account and Opportunity"),
            _("Setup > Profiles > profile > Object Settings"),
            _("The package cannot grant rights on standard objects; the users' profiles must."),
            _PROFILES,
        ),
        Item(
            "permission_set",
            _("MSI users have the permission set Marketo App Access"),
            _("Setup > Permission Sets > Marketo App Access > Manage Assignments"),
            _("Assign it to as many users as you have seats for. If profiles gave access before, remove that first."),
            "/lightning/setup/PermSets/home",
            (PERMISSION_SET,),
        ),
        Item(
            "api_enabled",
            _("API Enabled for the users of the Sales account"),
            _("Setup > Profiles > profile > System Permissions"),
            _("Needed to activate an account and to connect. Checked here for the connected user."),
            _PROFILES,
        ),
        Item(
            "app_not_blocked",
            _("The connected app is not blocked"),
            _("Setup > Connected Apps OAuth Usage"),
            _("The row of the app must offer Block; if it offers Unblock, press it."),
            "/lightning/setup/ConnectedAppsUsage/home",
        ),
        Item(
            "list_views_cleaned",
            _("List views of people without access show no MSI buttons or columns"),
            _("Setup > Object Manager > Lead, Contact, Account > Search Layouts"),
            _("Profiles cannot hide these. Only if some users have no access to Marketo Sales Insight."),
            f"{_OBJECTS}/Lead/SearchLayouts/view",
            is_optional=True,
            by_hand=_LIST_VIEWS_ARE_PERSONAL,
        ),
    ),
)
BASE = Section(
    7,
    _("Basic configuration of Marketo Sales Insight"),
    (
        Item(
            "api_secret",
            _("An API secret is set in Marketo"),
            _("Marketo: Admin > Sales Insight > Edit API Configuration"),
            _("Choose a secret without the character &, and keep it like a password."),
            who=MARKETO_ADMIN,
            by_hand=_NOT_IN_MARKETO_API,
        ),
        Item(
            "rest_credentials",
            _("The REST credentials are revealed in Marketo"),
            _("Marketo: Admin > Sales Insight > REST API Configuration > View"),
            _("Press View, then OK: the API URL and the credentials appear."),
            who=MARKETO_ADMIN,
            by_hand=_NOT_IN_MARKETO_API,
        ),
        Item(
            "soap_site",
            _("Remote site for Marketo's SOAP API"),
            _REMOTE_SITES_WHERE,
            _("Take the Marketo Host from Marketo's SOAP API Configuration as the URL and tick Active."),
            _REMOTE_SITES,
            ("MarketoSoapAPI", SOAP_HOST),
        ),
        Item(
            "rest_site",
            _("Remote site for Marketo's REST API"),
            _REMOTE_SITES_WHERE,
            _("Take the API URL from Marketo's REST API Configuration as the URL and tick Active."),
            _REMOTE_SITES,
            ("MarketoRestAPI", REST_HOST),
        ),
        Item(
            "lead_layout",
            _("The Lead layout has the section Marketo Sales Insight"),
            _("Setup > Object Manager > Lead > Page Layouts"),
            _("One column below Custom Links, holding the Visualforce page Lead, 450 pixels high."),
            f"{_OBJECTS}/Lead/PageLayouts/view",
            ("Marketo Sales Insight", "450"),
        ),
        Item(
            "other_layouts",
            _("The layouts of Contact, Account and Opportunity have it too"),
            _("Setup > Object Manager > Contact, Account, Opportunity > Page Layouts"),
            _("The page is named after the object. Contact 450 pixels, Account and Opportunity 410 pixels high."),
            f"{_OBJECTS}/Contact/PageLayouts/view",
            ("450", "410"),
        ),
        Item(
            "layout_fields",
            _("The seven MSI fields are on the Lead and Contact layouts"),
            _("Setup > Object Manager > Lead, Contact > Page Layouts > Fields"),
            _("Add the seven fields to both layouts."),
            f"{_OBJECTS}/Lead/PageLayouts/view",
            MSI_FIELDS,
        ),
        Item(
            "lead_conversion",
            _("The seven MSI fields follow a lead into the contact"),
            _("Setup > Object Manager > Lead > Fields & Relationships > Map Lead Fields"),
            _("Map each of the seven fields to the contact's field with the same label."),
            f"{_OBJECTS}/Lead/FieldsAndRelationships/view",
            by_hand=_NEEDS_A_RIGHT_TO_CHANGE,
        ),
        Item(
            "marketo_api_enabled",
            _("The Marketo API is enabled and has its credentials"),
            _CONFIG_TAB,
            _("Tick Enable Marketo API and paste the SOAP and REST credentials; once for every language in use."),
            by_hand=_KEPT_BY_THE_PACKAGE,
        ),
        Item(
            "marketo_tab",
            _("The tab Marketo is in the tab bar"),
            _("App Launcher > + > Customize My Tabs"),
            _("Add the tab Marketo for the people who work with Sales Insight."),
            is_optional=True,
            by_hand=_TABS_ARE_PERSONAL,
        ),
        Item(
            "bulk_buttons",
            _("List views have the MSI buttons"),
            _("Setup > Object Manager > Lead, Contact > Search Layouts for Salesforce Classic > List View"),
            _("Add both buttons, then save."),
            f"{_OBJECTS}/Lead/SearchLayouts/view",
            BULK_BUTTONS,
            is_optional=True,
        ),
    ),
)
ACTIONS = Section(
    7,
    _("MSI Actions"),
    (
        Item(
            "ims_site",
            _("Remote site for Adobe sign-in"),
            _REMOTE_SITES_WHERE,
            _("Enter the name and the URL exactly and tick Active."),
            _REMOTE_SITES,
            ("MarketoSalesInsight1", IMS_SITE),
        ),
        Item(
            "actions_site",
            _("Remote site for Sales Insight Actions"),
            _REMOTE_SITES_WHERE,
            _("Enter the name and the URL exactly and tick Active."),
            _REMOTE_SITES,
            ("MarketoSalesInsight2", ACTIONS_SITE),
        ),
        Item(
            "actions_enabled",
            _("MSI Actions is enabled"),
            _CONFIG_TAB,
            _("Tick Enable MSI Actions. It switches every feature of Actions on for all MSI users."),
            by_hand=_KEPT_BY_THE_PACKAGE,
        ),
        Item(
            "api_secret_key",
            _("The API Secret Key is entered"),
            _CONFIG_TAB,
            _("Enter the API secret that was set in Marketo, then Save."),
            by_hand=_KEPT_BY_THE_PACKAGE,
        ),
        Item(
            "governance",
            _("Features you do not want are switched off"),
            _CONFIG_TAB,
            _("Hide Sales Campaigns or the Task tab, or switch single actions off; it counts for all MSI users."),
            is_optional=True,
            by_hand=_KEPT_BY_THE_PACKAGE,
        ),
        Item(
            "list_view_buttons",
            _("List views have the Actions buttons"),
            _("Setup > Object Manager > Lead, Contact > List View Button Layout"),
            _("Add both buttons. If they are not offered, upgrade the package."),
            f"{_OBJECTS}/Lead/SearchLayouts/view",
            LIST_VIEW_BUTTONS,
        ),
        Item(
            "activity_fields",
            _("The 15 activity fields exist"),
            _("Setup > Object Manager > Activity > Fields & Relationships > New"),
            _("The package does not bring these: create each by hand. Names must match exactly, labels may differ."),
            f"{_OBJECTS}/Activity/FieldsAndRelationships/view",
        ),
        Item(
            "field_security",
            _("Users can see and edit the activity fields"),
            _("Setup > Object Manager > Activity > Fields & Relationships > field > Set Field-Level Security"),
            _("Tick Visible and leave Read-Only empty for the users' profiles; otherwise the values stay empty."),
            f"{_OBJECTS}/Activity/FieldsAndRelationships/view",
        ),
        Item(
            "task_layout",
            _("The activity fields are on the Task layout"),
            _("Setup > Object Manager > Task > Page Layouts"),
            _("Add the fields people should see, also to the columns of the list Activity History."),
            f"{_OBJECTS}/Task/PageLayouts/view",
        ),
        Item(
            "task_types",
            _("Task Type has Email, Call and Reply, and no default"),
            _("Setup > Object Manager > Task > Fields & Relationships > Type"),
            _("Spell the values exactly so; clear Default for all values."),
            f"{_OBJECTS}/Task/FieldsAndRelationships/view",
            TASK_TYPES,
        ),
        Item(
            "opt_out_fields",
            _("The opt-out fields are on the Lead and Contact layouts"),
            _("Setup > Object Manager > Lead, Contact > Page Layouts > Fields"),
            _("Add Email Opt Out and Marketo Sales Opt Out."),
            f"{_OBJECTS}/Lead/PageLayouts/view",
            OPT_OUT_FIELDS,
        ),
        Item(
            "email_to_salesforce",
            _("Email to Salesforce is active"),
            _("Setup > Email Administration > Email to Salesforce"),
            _("Only if e-mails are logged by BCC: tick Active and let users list their addresses."),
            is_optional=True,
        ),
        Item(
            "field_room",
            _("There is room for 15 custom activity fields"),
            _("Setup > Object Manager > Activity > Fields & Relationships"),
            _("Salesforce limits the number of custom fields by edition."),
            f"{_OBJECTS}/Activity/FieldsAndRelationships/view",
            is_optional=True,
        ),
    ),
)
SECTIONS = (INSTALL, ACCESS, BASE, ACTIONS)
ITEMS = {item.key: item for section in SECTIONS for item in section.items}
