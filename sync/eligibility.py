"""
Who belongs in the copy, and why somebody does not: the only place that knows.

The merge asks in SQL, for everybody at once; the page that explains one person asks in Python; Salesforce is asked in
SOQL how many there are. tests/sync/test_eligibility.py holds SQL and Python against each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

# Salesforce, "Lead" and "Contact" of the object reference: a lead is owned by a user or a queue, a contact by a user;
# the first three characters of an id tell which ("Standard Field Types", ID field type).
USER_PREFIX, QUEUE_PREFIX = "005", "00G"


class Reason(models.TextChoices):
    """Why a person of Marketo is not in the copy, or no longer. Stored with runs and people, and shown."""

    NOT_IN_SALESFORCE = "not_in_salesforce", _("Not in Salesforce")
    DELETED_IN_SALESFORCE = "deleted_in_salesforce", _("Deleted in Salesforce")
    NO_OWNER = "no_owner", _("No sales owner")
    QUEUE_OWNER = "queue_owner", _("Owned by a queue")
    # The same person in two rows of an export: nobody is left out.
    REPEATED = "repeated", _("Read twice")
    DELETED_IN_MARKETO = "deleted_in_marketo", _("Deleted in Marketo")
    NOT_IN_LIST = "not_in_list", _("Not on the chosen list")
    # The export of a list does not tell the two apart.
    NOT_IN_LIST_OR_DELETED = "not_in_list_or_deleted", _("No longer on the chosen list, or deleted in Marketo")


# --- For everybody: SQL over rows named person, lead and contact -----------------------------------------------------
CONTACT_ID = """coalesce(nullif(person."sfdcContactId", ''), nullif(lead."ConvertedContactId", ''))"""
JOINS = f"""
    LEFT JOIN {{leads}} AS lead ON lead."Id" = person."sfdcLeadId"
    LEFT JOIN {{contacts}} AS contact ON contact."Id" = {CONTACT_ID}
"""
IS_KNOWN = """(lead."Id" IS NOT NULL OR contact."Id" IS NOT NULL)"""
RECORD_TYPE = """
    CASE
        WHEN NOT contact."IsDeleted" THEN 'Contact'
        WHEN NOT lead."IsDeleted" AND NOT lead."IsConverted" THEN 'Lead'
    END
"""
# Of a record type and an owner by these names, and of is_known. The signs of LIKE are doubled for psycopg.
REASON = f"""
    CASE
        WHEN salesforce_type IS NULL AND is_known THEN '{Reason.DELETED_IN_SALESFORCE}'
        WHEN salesforce_type IS NULL THEN '{Reason.NOT_IN_SALESFORCE}'
        WHEN owner_id LIKE '{QUEUE_PREFIX}%%' THEN '{Reason.QUEUE_OWNER}'
        WHEN owner_id LIKE '{USER_PREFIX}%%' THEN ''
        ELSE '{Reason.NO_OWNER}'
    END
"""


# --- For one person: records as Salesforce answers them --------------------------------------------------------------
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Decision:
    """The record that counts for a person, "Lead" or "Contact", and the reason not to copy them; None to copy."""

    record_type: str
    record: Record | None
    reason: Reason | None


def contact_id_of(contact_id: str | None, lead: Record | None) -> str | None:
    """A person's contact: the one Marketo names, otherwise what their lead was converted into."""
    return contact_id or (lead["ConvertedContactId"] if lead else None) or None


def decide(lead: Record | None, contact: Record | None) -> Decision:
    """The contact counts if there is one, otherwise the lead unless it was converted; and a user must own it."""
    if contact and contact["IsDeleted"] is False:
        return Decision("Contact", contact, _reason_of_owner(contact["OwnerId"]))
    if lead and lead["IsDeleted"] is False and lead["IsConverted"] is False:
        return Decision("Lead", lead, _reason_of_owner(lead["OwnerId"]))
    return Decision("", None, Reason.DELETED_IN_SALESFORCE if lead or contact else Reason.NOT_IN_SALESFORCE)


def _reason_of_owner(owner_id: str | None) -> Reason | None:
    if (owner_id or "").startswith(QUEUE_PREFIX):
        return Reason.QUEUE_OWNER
    return None if (owner_id or "").startswith(USER_PREFIX) else Reason.NO_OWNER


# --- In Salesforce: records that are not deleted, together all leads and contacts, as object and condition -----------
OWNED_LEADS = ("Lead", "IsConverted = false AND Owner.Type = 'User'")
CONTACTS = ("Contact", "Id != null")
CONVERTED_LEADS = ("Lead", "IsConverted = true")
LEADS_LEFT_OUT: dict[str, tuple[str, str]] = {
    Reason.QUEUE_OWNER: ("Lead", "IsConverted = false AND Owner.Type = 'Queue'"),
    Reason.NO_OWNER: ("Lead", "IsConverted = false AND OwnerId = null"),
}
