"""Ids and names of the activity types of the instance."""

from typing import Final

NEW_LEAD: Final = 12
CHANGE_DATA_VALUE: Final = 13
CONVERT_LEAD: Final = 21
CHANGE_OWNER: Final = 23
ADD_TO_LIST: Final = 24
REMOVE_FROM_LIST: Final = 25
DELETE_IN_SALESFORCE: Final = 29
MERGE_LEADS: Final = 32
DELETE_LEAD: Final = 37

TYPES: Final = {
    1: "Visit Webpage",
    2: "Fill Out Form",
    7: "Email Delivered",
    9: "Unsubscribe Email",
    10: "Open Email",
    11: "Click Email",
    NEW_LEAD: "New Lead",
    CHANGE_DATA_VALUE: "Change Data Value",
    19: "Sync Lead to SFDC",
    CONVERT_LEAD: "Convert Lead",
    CHANGE_OWNER: "Change Owner",
    ADD_TO_LIST: "Add to List",
    REMOVE_FROM_LIST: "Remove from List",
    DELETE_IN_SALESFORCE: "Delete Lead from SFDC",
    MERGE_LEADS: "Merge Leads",
    DELETE_LEAD: "Delete Lead",
    39: "Send Sales Email",
    104: "Change Status in Progression",
}

NEW_LEAD_ATTRIBUTES: Final = {
    "Created Date": "date",
    "Form Name": "string",
    "Lead Source": "string",
    "List Name": "string",
    "SFDC Type": "string",
    "Source Type": "string",
    "API Method Name": "string",
    "Modifying User": "string",
    "Request Id": "string",
}
"""Data types by name, as a recorded list of activity types has them; this type has no primary attribute there."""

# Only in subscriptions that have Sales Insight Actions; names from Adobe's FAQ on its data sync, ids are ours.
# Send Sales Email is not among them: Adobe lists it for all ("Activity Type Filters").
ACTIONS_TYPES: Final = {
    40: "Open Sales Email",
    41: "Click Sales Email",
    45: "Replied to Sales Email",
    46: "Bounced Sales Email",
    47: "Sales Call Received",
    48: "Add to Sales Campaign",
    49: "Removed from Sales Campaign",
}
