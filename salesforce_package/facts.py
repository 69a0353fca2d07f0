"""What Adobe's pages say must be in a Salesforce org for Marketo Sales Insight and its Actions."""

from typing import NamedTuple

NAMESPACE = "mkto_si"
PACKAGE_NAME = "Marketo Sales Insight"
# The permission set Marketo App Access comes with this version (Adobe, "Add Sales Insight Permission Set").
NEEDED_VERSION = (1, 8000)
# Adobe, "Sales Insight Actions Configuration in Salesforce".
IMS_SITE = "https://ims-na1.adobelogin.com"
ACTIONS_SITE = "https://mkto-sales-connect.adobe.io"
TASK_TYPES = ("Email", "Call", "Reply")
STANDARD_OBJECTS = ("Lead", "Contact", "Account", "Opportunity")
PERMISSION_SET = "Marketo App Access"
LIST_VIEW_BUTTONS = ("Send Sales Email", "Add to Sales Campaign")
# Adobe, "Bulk Actions in Salesforce Lightning".
BULK_BUTTONS = ("Add to Marketo Campaign (lightning)", "Send Marketo Email (lightning)")
# By label, as Adobe's "Configure Marketo Sales Insight in Salesforce" names them.
MSI_FIELDS = (
    "Engagement",
    "Relative Score Value",
    "Urgency Value",
    "Last Interesting Moment Date",
    "Last Interesting Moment Desc",
    "Last Interesting Moment Source",
    "Last Interesting Moment Type",
)
OPT_OUT_FIELDS = ("Email Opt Out", "Marketo Sales Opt Out")
# Adobe, "Uninstall Marketo Sales Connect from Salesforce Lightning".
LEGACY_CLASSES = ("MarketoSalesConnectionCustomization", "MarketoSalesEngageCustomization")


class ActivityField(NamedTuple):
    """A custom activity field: label, API name, describe type, least length (0: any)."""

    label: str
    name: str
    type: str
    length: int


# Adobe, "Logging Sales Activity Attributes to Salesforce". The page gives the e-mail status no length.
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
