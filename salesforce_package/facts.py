"""What several items of the checklist rest on."""

from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

NAMESPACE = "mkto_si"
# What a new field's type is called in Setup, by its name in describe answers.
FIELD_TYPES = {"string": _("Text"), "url": _("URL"), "boolean": _("Checkbox")}


class Source(NamedTuple):
    """A page that says what an item asks for, and the day it was read: such lists change without notice."""

    title: str
    url: str
    read_on: date


_HELP = "https://experienceleague.adobe.com/en/docs/marketo/using/product-docs/marketo-sales-insight"
_READ_ON = date(2026, 11, 29)

BASE_SOURCE = Source(
    "Configure Marketo Sales Insight in Salesforce Enterprise/Unlimited",
    f"{_HELP}/msi-for-salesforce/configuration/configure-marketo-sales-insight-in-salesforce-enterprise-unlimited",
    _READ_ON,
)
BUTTONS_SOURCE = Source(
    "Bulk Actions in Salesforce Lightning",
    f"{_HELP}/msi-for-salesforce/configuration/bulk-actions-in-salesforce-lightning",
    _READ_ON,
)
PERMISSION_SET_SOURCE = Source(
    "Add Sales Insight Permission Set",
    f"{_HELP}/msi-for-salesforce/configuration/add-sales-insight-permission-set",
    _READ_ON,
)
ACTIONS_SOURCE = Source(
    "Sales Insight Actions Configuration in Salesforce",
    f"{_HELP}/actions/crm/salesforce-package-configuration/sales-insight-actions-configuration-in-salesforce",
    _READ_ON,
)
ACTIVITY_FIELDS_SOURCE = Source(
    "Logging Sales Activity Attributes to Salesforce",
    f"{_HELP}/actions/crm/salesforce-package-configuration/logging-sales-activity-attributes-to-salesforce",
    _READ_ON,
)
TASK_TYPES_SOURCE = Source(
    "Update Activity Type Field when Logging Activities to Salesforce",
    f"{_HELP}/actions/crm/salesforce-package-configuration/"
    "update-activity-type-field-when-logging-activities-to-salesforce",
    _READ_ON,
)
LIST_BUTTONS_SOURCE = Source(
    "Add Action Buttons to Salesforce List View",
    f"{_HELP}/actions/crm/salesforce-package-configuration/add-action-buttons-to-salesforce-list-view",
    _READ_ON,
)
SOAP_SOURCE = Source(
    "SOAP API Deprecation FAQ",
    "https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/soap/soap-faq",
    _READ_ON,
)


class PackageField(NamedTuple):
    """
    A field of Lead or Contact that the package or Salesforce brings. `name` is its API name as published, empty where
    no page names it; `other_label` is what another page of Adobe's calls it.
    """

    label: str
    name: str = ""
    other_label: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        return (self.label, self.other_label)


# By label, as BASE_SOURCE lists them. Labels are Adobe's; the API names are those that public column lists of orgs with
# the package have.
_OF_BOTH = (
    PackageField("Last Interesting Moment", "mkto_si__Last_Interesting_Moment__c"),
    PackageField("Last Interesting Moment Date", "mkto_si__Last_Interesting_Moment_Date__c"),
    PackageField("Last Interesting Moment Desc", "mkto_si__Last_Interesting_Moment_Desc__c"),
    PackageField("Last Interesting Moment Source", "mkto_si__Last_Interesting_Moment_Source__c"),
    PackageField("Last Interesting Moment Type", "mkto_si__Last_Interesting_Moment_Type__c"),
    PackageField("Last Marketo Activity by Sales", other_label="Last Activity by Sales"),
    PackageField("Last Marketo Engagement by Sales", other_label="Last Engagement by Sales"),
    PackageField("Relative Score", "mkto_si__Relative_Score__c"),
    PackageField("Relative Score Value", "mkto_si__Relative_Score_Value__c"),
    PackageField("Urgency", "mkto_si__Urgency__c"),
    PackageField("Urgency Value", "mkto_si__Urgency_Value__c"),
)
PACKAGE_FIELDS = {
    "Lead": (
        *_OF_BOTH,
        PackageField("MSI Contact Id", "mkto_si__MSIContactId__c"),
        PackageField("View in Marketo", "mkto_si__View_in_Marketo__c"),
    ),
    "Contact": (
        *_OF_BOTH,
        PackageField("MKTO Lead Score", "mkto_si__Mkto_Lead_Score__c"),
        PackageField("Sales Insight", "mkto_si__Sales_Insight__c"),
    ),
}
_OPT_OUT = (PackageField("Email Opt Out", "HasOptedOutOfEmail"), PackageField("Marketo Sales Opt Out"))
OPT_OUT_FIELDS = dict.fromkeys(("Lead", "Contact"), _OPT_OUT)


# Adobe, TASK_TYPES_SOURCE.
TASK_TYPES = ("Email", "Call", "Reply")


class ActivityField(NamedTuple):
    """A custom activity field: label, API name, describe type, least length (0: any)."""

    label: str
    name: str
    type: str
    length: int


# Adobe, "Logging Sales Activity Attributes to Salesforce". The page gives the email status no length.
ACTIVITY_FIELDS = (
    ActivityField("Call Outcomes", "mktosales_call_outcome__c", "string", 50),
    ActivityField("Call Reasons", "mktosales_call_reason__c", "string", 50),
    ActivityField("Marketo Sales Call Local Presence ID", "MSE_Call_Local_Presence_ID__c", "string", 255),
    ActivityField("Marketo Sales Call Recording URL", "MSE_Call_Recording__c", "url", 0),
    ActivityField("Marketo Sales Campaign", "MSE_Campaign__c", "string", 255),
    ActivityField("Marketo Sales Campaign Current Step", "MSE_Current_Campaign_Step__c", "string", 255),
    ActivityField("Marketo Sales Campaign URL", "MSE_Campaign_Details_Link__c", "url", 0),
    ActivityField("Marketo Sales Email Attachment Viewed", "MSE_Presentation_Viewed__c", "boolean", 0),
    ActivityField("Marketo Sales Email Clicked", "MSE_Clicked__c", "boolean", 0),
    ActivityField("Marketo Sales Email Replied", "MSE_Replied__c", "boolean", 0),
    ActivityField("Marketo Sales Email Status", "MSE_Email_Status__c", "string", 0),
    ActivityField("Marketo Sales Email Template", "MSE_Template__c", "string", 255),
    ActivityField("Marketo Sales Email Template URL", "MSE_Template_Details__c", "url", 0),
    ActivityField("Marketo Sales Email URL", "MSE_Details__c", "url", 0),
    ActivityField("Marketo Sales Email Viewed", "MSE_Viewed__c", "boolean", 0),
)
