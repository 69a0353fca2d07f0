"""The 13 fields that Sales Insight Actions syncs (Adobe, "Actions data sync FAQ"); the list is fixed."""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.functional import Promise

from sync.models import Person


@dataclass(frozen=True)
class SyncedField:
    """A field of the copy. `marketo_name` is its REST name, empty for the one that Marketo's people do not have."""

    column: str
    marketo_name: str

    @property
    def label(self) -> str | Promise:
        label: str | Promise = getattr(Person, self.column).field.verbose_name
        return label


SYNCED_FIELDS = (
    SyncedField("first_name", "firstName"),
    SyncedField("last_name", "lastName"),
    SyncedField("salesforce_contact_id", "sfdcContactId"),
    SyncedField("salesforce_lead_id", "sfdcLeadId"),
    SyncedField("salesforce_account_id", "sfdcAccountId"),
    # Read from Salesforce: the opportunity of the contact's role.
    SyncedField("salesforce_opportunity_id", ""),
    SyncedField("marketo_id", "id"),
    SyncedField("company", "company"),
    SyncedField("title", "title"),
    SyncedField("email", "email"),
    SyncedField("phone", "phone"),
    # Filled by Marketo's social sign-in only; many instances do not have it.
    SyncedField("linkedin_url", "linkedInProfileURL"),
    SyncedField("source", "leadSource"),
)
# Without these nobody can be matched with Salesforce.
INDISPENSABLE = frozenset({"id", "sfdcLeadId", "sfdcContactId"})

# Salesforce ids have 15 characters, which tell large from small letters, and are answered with three more that do not
# ("ID Field Type" of the object reference). Nobody says which Marketo keeps: the copy has the long ones.
RECORD_IDS = ("sfdcLeadId", "sfdcContactId", "sfdcAccountId")
SHORT_ID = 15


def missing_fields(names: Collection[str]) -> list[SyncedField]:
    """The fields that stay empty in a copy made of the fields `names`."""
    return [field for field in SYNCED_FIELDS if field.marketo_name and field.marketo_name not in names]


def readable_fields(known: Collection[str]) -> list[str]:
    """The REST names to read from an instance that has the fields `known`."""
    return [field.marketo_name for field in SYNCED_FIELDS if field.marketo_name in known]
