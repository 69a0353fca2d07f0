"""Step 7, the basic configuration of Marketo Sales Insight."""

from django.utils.translation import gettext_lazy as _

from problems.problem import MARKETO_ADMIN
from salesforce_package.facts import BASE_SOURCE, BUTTONS_SOURCE, PACKAGE_FIELDS, SOAP_SOURCE
from salesforce_package.items.buttons import shows_buttons
from salesforce_package.items.declaration import (
    CONFIG_TAB,
    KEPT_BY_THE_PACKAGE,
    OBJECT_MANAGER,
    Item,
    Place,
    Section,
)
from salesforce_package.items.layouts import has_fields_of_people, has_panel
from salesforce_package.items.remote_sites import remote_site

# Adobe, "Configure Marketo Sales Insight in Salesforce": what it calls Marketo Host and API URL.
SOAP_HOST, REST_HOST = "https://{munchkin_id}.mktoapi.com", "https://{munchkin_id}.mktorest.com"
# The table of the section "Map Custom Person Fields" of that page, by label; no longer the list for layouts.
CONVERTED_FIELDS = (
    "Engagement",
    "Relative Score Value",
    "Urgency Value",
    "Last Interesting Moment Date",
    "Last Interesting Moment Desc",
    "Last Interesting Moment Source",
    "Last Interesting Moment Type",
)
# Adobe, "Bulk Actions in Salesforce Lightning".
BULK_BUTTONS = ("Add to Marketo Campaign (lightning)", "Send Marketo Email (lightning)")
_NOT_IN_MARKETO_API = _("Marketo's API does not show what Admin > Sales Insight holds.")

SECTION = Section(
    7,
    _("Basic configuration of Marketo Sales Insight"),
    _("Basic configuration"),
    (
        Item(
            key="api_secret",
            title=_("An API secret is set in Marketo"),
            place=Place.IN_MARKETO,
            where=_("Marketo: Admin > Sales Insight > Edit API Configuration"),
            how=_("Choose a secret without the character &, and keep it like a password."),
            who=MARKETO_ADMIN,
            by_hand=_NOT_IN_MARKETO_API,
        ),
        Item(
            key="rest_credentials",
            title=_("The REST credentials are revealed in Marketo"),
            place=Place.IN_MARKETO,
            where=_("Marketo: Admin > Sales Insight > REST API Configuration > View"),
            how=_("Press View, then OK: the API URL and the credentials appear."),
            who=MARKETO_ADMIN,
            by_hand=_NOT_IN_MARKETO_API,
        ),
        remote_site(
            "soap_site",
            title=_("Remote site for Marketo's SOAP API"),
            how=_(
                "Only if something of yours still calls Marketo's SOAP API, which Adobe removed on July 31, 2026: take "
                "the Marketo Host from Marketo's SOAP API Configuration as the URL and tick Active."
            ),
            name="MarketoSoapAPI",
            url=SOAP_HOST,
            source=SOAP_SOURCE,
            is_retired=True,
        ),
        remote_site(
            "rest_site",
            title=_("Remote site for Marketo's REST API"),
            how=_("Take the API URL from Marketo's REST API Configuration as the URL and tick Active."),
            name="MarketoRestAPI",
            url=REST_HOST,
            source=BASE_SOURCE,
        ),
        Item(
            key="lead_layout",
            title=_("The Lead layout has the section Marketo Sales Insight"),
            place=Place.PAGE_LAYOUTS,
            where=_("Setup > Object Manager > Lead > Page Layouts"),
            how=_("One column below Custom Links, holding the Visualforce page Lead, 450 pixels high."),
            path=f"{OBJECT_MANAGER}/Lead/PageLayouts/view",
            values=("Marketo Sales Insight", "450"),
            check=has_panel("Lead"),
            source=BASE_SOURCE,
        ),
        Item(
            key="other_layouts",
            title=_("The layouts of Contact, Account and Opportunity have it too"),
            place=Place.PAGE_LAYOUTS,
            where=_("Setup > Object Manager > Contact, Account, Opportunity > Page Layouts"),
            how=_("The page is named after the object. Contact 450 pixels, Account and Opportunity 410 pixels high."),
            path=f"{OBJECT_MANAGER}/Contact/PageLayouts/view",
            values=("450", "410"),
            check=has_panel("Contact", "Account", "Opportunity"),
            source=BASE_SOURCE,
        ),
        Item(
            key="layout_fields",
            title=_("The fields of Sales Insight are on the Lead and Contact layouts"),
            place=Place.PAGE_LAYOUTS,
            where=_("Setup > Object Manager > Lead, Contact > Page Layouts > Fields"),
            how=_(
                "Add these fields. MSI Contact Id and View in Marketo are fields of Lead only, MKTO Lead Score and "
                "Sales Insight of Contact only."
            ),
            path=f"{OBJECT_MANAGER}/Lead/PageLayouts/view",
            values=tuple(dict.fromkeys(field.label for fields in PACKAGE_FIELDS.values() for field in fields)),
            check=has_fields_of_people(PACKAGE_FIELDS),
            source=BASE_SOURCE,
        ),
        Item(
            key="lead_conversion",
            title=_("The fields of Sales Insight follow a lead into the contact"),
            place=Place.FIELDS,
            where=_("Setup > Object Manager > Lead > Fields & Relationships > Map Lead Fields"),
            how=_("Map each to the contact's field with the same label. Leave out what your org does not have."),
            path=f"{OBJECT_MANAGER}/Lead/FieldsAndRelationships/view",
            values=CONVERTED_FIELDS,
            source=BASE_SOURCE,
            # Salesforce, "Metadata API Developer Guide": even reading needs Modify Metadata Through Metadata API
            # Functions.
            by_hand=_(
                "Salesforce shows the mapping only to users who may change the org's setup, which this console does "
                "not ask for."
            ),
        ),
        Item(
            key="marketo_api_enabled",
            title=_("The Marketo API is enabled and has its credentials"),
            place=Place.PACKAGE_CONFIG,
            where=CONFIG_TAB,
            how=_(
                "Tick Enable Marketo API and paste the credentials, of REST and where it still asks of SOAP; once for "
                "every language in use."
            ),
            by_hand=KEPT_BY_THE_PACKAGE,
        ),
        Item(
            key="marketo_tab",
            title=_("The tab Marketo is in the tab bar"),
            place=Place.PACKAGE_CONFIG,
            where=_("App Launcher > + > Customize My Tabs"),
            how=_("Add the tab Marketo for the people who work with Sales Insight."),
            is_optional=True,
            by_hand=_("Everybody arranges the tab bar for themselves, and no API shows it."),
        ),
        Item(
            key="bulk_buttons",
            title=_("List views have the MSI buttons"),
            place=Place.LIST_VIEWS,
            where=_("Setup > Object Manager > Lead, Contact > Search Layouts for Salesforce Classic > List View"),
            how=_("Add both buttons, then save."),
            path=f"{OBJECT_MANAGER}/Lead/SearchLayouts/view",
            values=BULK_BUTTONS,
            is_optional=True,
            check=shows_buttons(*BULK_BUTTONS),
            source=BUTTONS_SOURCE,
        ),
    ),
)
