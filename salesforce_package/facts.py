"""What several items of the checklist rest on."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

NAMESPACE = "mkto_si"
# What a new field's type is called in Setup, by its name in describe answers.
FIELD_TYPES = {"string": _("Text"), "url": _("URL"), "boolean": _("Checkbox")}


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
