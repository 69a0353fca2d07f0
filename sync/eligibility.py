"""
Who belongs in the copy, and why somebody does not: the only place that knows.

The merge asks in SQL, for everybody at once; the page that explains one person asks in Python; Salesforce is asked in
SOQL how many there are. tests/sync/test_eligibility.py holds SQL and Python against each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

# Salesforce, "Lead" and "Contact" of the object reference: a lead is owned by a user or a queue, a contact by a user;
# the first three characters of an id tell which ("Standard Field Types", ID field type).
USER_PREFIX, QUEUE_PREFIX = "005", "00G"


class Reason(models.TextChoices):
    """
    Why a person of Marketo is not in the copy, or no longer. Stored with runs and people, and shown.

    Each was seen, but those of NOT_VISIBLE: absence proves nothing, so they remove nobody.
    """

    # Marketo names no record of theirs, or one that is not there for a user who sees all records.
    NOT_IN_SALESFORCE = "not_in_salesforce", _("Not in Salesforce")
    DELETED_IN_SALESFORCE = "deleted_in_salesforce", _("Deleted in Salesforce")
    NO_OWNER = "no_owner", _("No sales owner")
    QUEUE_OWNER = "queue_owner", _("Owned by a queue")
    # The same person in two rows of an export: nobody is left out.
    REPEATED = "repeated", _("Read twice")
    DELETED_IN_MARKETO = "deleted_in_marketo", _("Deleted in Marketo")
    MERGED_IN_MARKETO = "merged_in_marketo", _("Merged into another person in Marketo")
    NOT_IN_LIST = "not_in_list", _("Not on the chosen list")
    NOT_SHOWN_BY_SALESFORCE = "not_shown_by_salesforce", _("Not shown by Salesforce")
    NOT_SHOWN_BY_MARKETO = "not_shown_by_marketo", _("Not shown by Marketo")
    # Somebody of the copy while the account moves to another org, which may get the record yet.
    NOT_IN_NEW_ORG = "not_in_new_org", _("Not in the new Salesforce org yet")
    # The run that had brought them was undone.
    TAKEN_BACK = "taken_back", _("The run that brought them was undone")
    # They would have left, or lost a value, and an Admin decides about just that.
    HELD_BACK = "held_back", _("Waiting for the decision about a held run")
    # A run that was held for a while had read them before a later one did.
    READ_SINCE = "read_since", _("Read again since by a later run")


# These say nothing about a person.
LEFT_ALONE = (Reason.HELD_BACK, Reason.READ_SINCE)
# Whoever was merely not shown keeps their place: somebody with more rights may see them.
NOT_VISIBLE = (Reason.NOT_SHOWN_BY_SALESFORCE, Reason.NOT_SHOWN_BY_MARKETO, Reason.NOT_IN_NEW_ORG)


# --- For everybody: SQL over rows named person, lead and contact -----------------------------------------------------
LEAD_ID = """nullif(person."sfdcLeadId", '')"""
CONTACT_ID = """coalesce(nullif(person."sfdcContactId", ''), nullif(lead."ConvertedContactId", ''))"""
JOINS = f"""
    LEFT JOIN {{leads}} AS lead ON lead."Id" = person."sfdcLeadId"
    LEFT JOIN {{contacts}} AS contact ON contact."Id" = {CONTACT_ID}
"""
IS_KNOWN = """(lead."Id" IS NOT NULL OR contact."Id" IS NOT NULL)"""
# A record that is named and was not read, of an object of which the connected user may not see all records.
IS_HIDDEN = f"""(
    lead."Id" IS NULL AND {LEAD_ID} IS NOT NULL AND NOT %(sees_all_leads)s
    OR contact."Id" IS NULL AND {CONTACT_ID} IS NOT NULL AND NOT %(sees_all_contacts)s
)"""
RECORD_TYPE = """
    CASE
        WHEN NOT contact."IsDeleted" THEN 'Contact'
        WHEN NOT lead."IsDeleted" AND NOT lead."IsConverted" THEN 'Lead'
    END
"""
# Of a record type and an owner by these names, is_known and is_hidden. The signs of LIKE are doubled for psycopg.
REASON = f"""
    CASE
        WHEN salesforce_type IS NULL AND is_hidden THEN '{Reason.NOT_SHOWN_BY_SALESFORCE}'
        WHEN salesforce_type IS NULL AND is_known THEN '{Reason.DELETED_IN_SALESFORCE}'
        WHEN salesforce_type IS NULL THEN '{Reason.NOT_IN_SALESFORCE}'
        WHEN owner_id LIKE '{QUEUE_PREFIX}%%' THEN '{Reason.QUEUE_OWNER}'
        WHEN owner_id LIKE '{USER_PREFIX}%%' THEN ''
        ELSE '{Reason.NO_OWNER}'
    END
"""
# While the account moves to another org, of a verdict and the same person of the copy by these names.
KEPT_BY_MOVE = f"judged.reason = '{Reason.NOT_IN_SALESFORCE}' AND copy.removed_at IS NULL"


# --- For one person: records as Salesforce answers them --------------------------------------------------------------
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Decision:
    """The record that counts for a person, "Lead" or "Contact", and the reason not to copy them; None to copy."""

    record_type: str
    record: Record | None
    reason: Reason | None


@dataclass(frozen=True)
class SeesAll:
    """Of which objects the connected user surely sees every record: what is not shown to such a user is not there."""

    leads: bool
    contacts: bool
    opportunities: bool = False

    @classmethod
    def of(cls, visibility: Mapping[str, Any]) -> "SeesAll":
        """As a run keeps it: by the names of the objects, what was found about each."""
        return cls(*(visibility.get(name, {}).get("verdict") == "all" for name in ("Lead", "Contact", "Opportunity")))


def contact_id_of(contact_id: str | None, lead: Record | None) -> str | None:
    """A person's contact: the one Marketo names, otherwise what their lead was converted into."""
    return contact_id or (lead["ConvertedContactId"] if lead else None) or None


def decide(
    lead_id: str | None, lead: Record | None, contact_id: str | None, contact: Record | None, sees_all: SeesAll
) -> Decision:
    """
    The contact counts if there is one, otherwise the lead unless it was converted; and a user must own it.

    `lead_id` and `contact_id` name the records, which are None where Salesforce shows none.
    """
    if contact and contact["IsDeleted"] is False:
        return Decision("Contact", contact, _reason_of_owner(contact["OwnerId"]))
    if lead and lead["IsDeleted"] is False and lead["IsConverted"] is False:
        return Decision("Lead", lead, _reason_of_owner(lead["OwnerId"]))
    if (lead_id and not lead and not sees_all.leads) or (contact_id and not contact and not sees_all.contacts):
        return Decision("", None, Reason.NOT_SHOWN_BY_SALESFORCE)
    return Decision("", None, Reason.DELETED_IN_SALESFORCE if lead or contact else Reason.NOT_IN_SALESFORCE)


def while_moving(decision: Decision, *, is_in_copy: bool) -> Decision:
    """What is decided while the account moves to another org: nobody of the copy leaves for not being in it."""
    is_kept = is_in_copy and decision.reason == Reason.NOT_IN_SALESFORCE
    return replace(decision, reason=Reason.NOT_IN_NEW_ORG) if is_kept else decision


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
