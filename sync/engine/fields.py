"""The 13 fields that Sales Insight Actions syncs (Adobe, "Actions data sync FAQ"); the list is fixed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby

from django_stubs_ext import StrOrPromise

from accounts.models import SalesAccount
from clients.marketo.types import LeadField
from marketo_instances.schema import LINKEDIN_FIELD, linkedin_field
from sync.models import Person, SyncRun
from sync.querysets import SyncRunQuerySet
from sync.statuses import RunStatus


@dataclass(frozen=True)
class SyncedField:
    """A field of the copy. `marketo_name` is its REST name, empty for the one that Marketo's people do not have."""

    column: str
    marketo_name: str

    @property
    def label(self) -> StrOrPromise:
        label: StrOrPromise = getattr(Person, self.column).field.verbose_name
        return label


# Among so many full runs, months of them, the field that was copied is looked for.
RUNS_LOOKED_AT = 20
LINKEDIN, OPPORTUNITY = "linkedin_url", "salesforce_opportunity_id"
SYNCED_FIELDS = (
    SyncedField("first_name", "firstName"),
    SyncedField("last_name", "lastName"),
    SyncedField("salesforce_contact_id", "sfdcContactId"),
    SyncedField("salesforce_lead_id", "sfdcLeadId"),
    SyncedField("salesforce_account_id", "sfdcAccountId"),
    # Read from Salesforce: the opportunity of the contact's role.
    SyncedField(OPPORTUNITY, ""),
    SyncedField("marketo_id", "id"),
    SyncedField("company", "company"),
    SyncedField("title", "title"),
    SyncedField("email", "email"),
    SyncedField("phone", "phone"),
    # Or a field of the company's own: each instance has another.
    SyncedField(LINKEDIN, LINKEDIN_FIELD),
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
    read = read_names(names)
    return [field for field in SYNCED_FIELDS if field.marketo_name and field.column not in read]


def readable_fields(account: SalesAccount, known: Collection[LeadField]) -> list[str]:
    """The REST names to read for an account whose instance has the fields `known`."""
    names, linkedin = {field.name for field in known}, _linkedin(account, known)
    wanted = (linkedin if field.column == LINKEDIN else field.marketo_name for field in SYNCED_FIELDS)
    return [name for name in dict.fromkeys(wanted) if name in names]


def _linkedin(account: SalesAccount, known: Collection[LeadField]) -> str:
    """
    The field that the copy has, whatever else the company adds. Where it is not shown, no other takes its place, until
    a full run has ended without it, which was told; and once it is shown again it has its place back.
    """
    read = linkedin_fields(SyncRun.objects.for_account(account))
    # The last one of each time in which some field was read: what follows after none was shown only stands in.
    times = [next(names) for was_shown, names in groupby(read, bool) if was_shown]
    shown = [name for name in reversed(times) if any(field.name == name for field in known)]
    may_come_back = bool(read) and bool(read[0])
    return shown[0] if shown else read[0] if may_come_back else linkedin_field(known)


def linkedin_fields(runs: SyncRunQuerySet) -> list[str]:
    """What the last full ones have read as the LinkedIn URL, the last one first; empty for one that read nothing."""
    full = runs.full().filter(status=RunStatus.SUCCEEDED).order_by("-finished_at")
    return [read_names(fields).get(LINKEDIN, "") for fields in full.values_list("fields", flat=True)[:RUNS_LOOKED_AT]]


def read_names(names: Iterable[str]) -> dict[str, str]:
    """Each column of the copy and which of the REST names is read into it: the one of no other column is LinkedIn's."""
    columns = {field.marketo_name: field.column for field in SYNCED_FIELDS}
    return {columns.get(name, LINKEDIN): name for name in names}
