"""The state of the one Salesforce org: what an administrator can change in Setup, who is signed in, what is running."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, TypeVar

from sandbox.record_ids import make_id
from sandbox.salesforce.objects import OBJECTS
from sandbox.salesforce.package_fields import package_fields
from sandbox.salesforce.schema import Field, SObject
from sandbox.world import World

Row = dict[str, Any]
Kept = TypeVar("Kept")

LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
NAMESPACE: Final = "mkto_si"
PACKAGE_NAME: Final = "Marketo Sales Insight"
PACKAGE_VERSION: Final = "1.8000.0.0"
PACKAGE_ID: Final = "033Hs0000004MsiIAE"
PACKAGE_VERSION_ID: Final = "04tHs000000MsiAIAS"
PERMISSION_SET: Final = "Marketo App Access"
STANDARD_TASK_TYPES: Final = ("Call", "Meeting", "Other")

# Organization-wide defaults: as recorded of an org in which everybody sees everything, and of one in which nobody does
# without sharing (Object Reference, "Organization").
PUBLIC: Final = {
    "DefaultAccountAccess": "Edit",
    "DefaultLeadAccess": "ReadEditTransfer",
    "DefaultContactAccess": "ControlledByParent",
    "DefaultOpportunityAccess": "Edit",
}
PRIVATE: Final = dict.fromkeys(PUBLIC, "None")

# The 15 fields of Adobe's page "Logging Sales Activity Attributes to Salesforce": label, API name, type, length.
ACTIVITY_FIELDS: Final = (
    ("Call Outcomes", "mktosales_call_outcome__c", "string", 50),
    ("Call Reasons", "mktosales_call_reason__c", "string", 50),
    ("Marketo Sales Call Local Presence ID", "MSE_Call_Local_Presence_ID__c", "string", 255),
    ("Marketo Sales Call Recording URL", "MSE_Call_Recording__c", "url", 255),
    ("Marketo Sales Campaign", "MSE_Campaign__c", "string", 255),
    ("Marketo Sales Campaign Current Step", "MSE_Current_Campaign_Step__c", "string", 255),
    ("Marketo Sales Campaign URL", "MSE_Campaign_Details_Link__c", "url", 255),
    ("Marketo Sales Email Attachment Viewed", "MSE_Presentation_Viewed__c", "boolean", 0),
    ("Marketo Sales Email Clicked", "MSE_Clicked__c", "boolean", 0),
    ("Marketo Sales Email Replied", "MSE_Replied__c", "boolean", 0),
    ("Marketo Sales Email Status", "MSE_Email_Status__c", "string", 255),
    ("Marketo Sales Email Template", "MSE_Template__c", "string", 255),
    ("Marketo Sales Email Template URL", "MSE_Template_Details__c", "url", 255),
    ("Marketo Sales Email URL", "MSE_Details__c", "url", 255),
    ("Marketo Sales Email Viewed", "MSE_Viewed__c", "boolean", 0),
)
# The two sites of Adobe's page "Sales Insight Actions Configuration in Salesforce".
ACTIONS_SITES: Final = (
    ("MarketoSalesInsight1", "https://ims-na1.adobelogin.com"),
    ("MarketoSalesInsight2", "https://mkto-sales-connect.adobe.io"),
)
# The package's buttons for list views: name, label; those of Actions, then those of "Bulk Actions in Salesforce
# Lightning". Adobe documents the labels.
ACTIONS_BUTTONS: Final = (("Send_Sales_Email", "Send Sales Email"), ("Add_to_Sales_Campaign", "Add to Sales Campaign"))
LIST_BUTTONS: Final = (
    *ACTIONS_BUTTONS,
    ("Add_to_Marketo_Campaign_lightning", "Add to Marketo Campaign (lightning)"),
    ("Send_Marketo_Email_lightning", "Send Marketo Email (lightning)"),
)
BUTTON_OBJECTS: Final = ("Lead", "Contact")
# The record types that an old org may have, by object.
RECORD_TYPES: Final = {"Lead": ("Inbound", "Outbound", "Partner"), "Contact": ("Customer", "Supplier")}
# Adobe documents the labels of these objects ("Add Sales Insight Permission Set"); the API names are made up from them.
PACKAGE_OBJECTS: Final = tuple(
    f"{NAMESPACE}__{name}__c"
    for name in (
        "BestBetsCache",
        "BestBets_View_Details",
        "Best_Bets_Views",
        "EmailActivityCache",
        "GetMethodArgus",
        "GroupedWebActivityCache",
        "InterestingMomentsCache",
        "Marketo_Sales_Insight_Config",
        "ScoringCache",
        "Values",
        "WebActivityCache",
    )
)


@dataclass(frozen=True)
class RemoteSite:
    name: str
    url: str
    is_active: bool = True


@dataclass(frozen=True)
class Package:
    """An installed package. Without a version its row says only that it is there."""

    name: str
    namespace: str
    version: str
    is_versioned: bool = True


@dataclass(frozen=True)
class AuditEntry:
    """One change in Setup: what, where in Setup, in words, when, and by which username."""

    action: str
    section: str
    display: str
    at: datetime
    username: str


@dataclass(frozen=True)
class App:
    """An app with its credentials; `is_foreign` is an external client app that another org defines.

    `run_as` is the user whom client credentials stand for, empty while there is none; `certificate` is what the app
    signs its JWT bearer tokens with, as PEM; `callback` is its one callback address, empty for the org's rule; `scopes`
    are those it may ask for, None for all. `approved` are profiles and permission sets, by name, whose users are
    pre-authorized.
    """

    consumer_key: str
    consumer_secret: str
    name: str
    is_external: bool = False
    is_foreign: bool = False
    run_as: str = ""
    certificate: str = ""
    callback: str = ""
    scopes: tuple[str, ...] | None = None
    has_client_credentials: bool = True
    is_approval_required: bool = False
    approved: tuple[str, ...] = ()
    gives_refresh_tokens: bool = True


@dataclass
class RowRefusal:
    """A rule that refuses every nth record (`every`) written to an object, `count` times in all."""

    sobject: str
    code: str
    message: str
    every: int = 1
    count: int = 1
    seen: int = 0

    def strikes(self, sobject: str) -> bool:
        if sobject != self.sobject or not self.count:
            return False
        self.seen += 1
        hit = self.seen % self.every == 0
        self.count -= hit
        return hit


@dataclass(frozen=True)
class Sharing:
    """The records that are shared with a user: those of `owners`, by user id (None: of everybody), and of them only
    some, in per cent."""

    owners: tuple[str, ...] | None = None
    percent: int = 100


@dataclass(frozen=True)
class ObjectRights:
    """What a profile or a permission set allows on an object; who may view all sees records that nobody shared."""

    may_read: bool
    may_view_all: bool


@dataclass(frozen=True)
class FieldRights:
    """What a profile or a permission set allows on a field that field-level security governs."""

    may_read: bool
    may_edit: bool


@dataclass
class PermissionSetGroup:
    """
    Permission sets, by label, that are assigned to users together. `muted` are objects that the group gives no rights
    on, whatever its members say (Object Reference, "MutingPermissionSet").
    """

    permission_sets: tuple[str, ...]
    users: set[str] = field(default_factory=set)
    muted: set[str] = field(default_factory=set)


@dataclass
class Policies:
    """What an administrator has allowed the connected app and the API to do."""

    is_app_blocked: bool = False
    is_install_required: bool = False
    is_approval_required: bool = False
    is_ip_restricted: bool = False
    is_setup_hidden: bool = False
    is_rotating: bool = False
    is_pkce_required: bool = True
    # Days without a refresh after which a refresh token ends; 0 is never.
    idle_days: int = 0
    # Networks such as 10.0.0.0/8 from which the app may come; none is everywhere.
    allowed_networks: tuple[str, ...] = ()
    session_minutes: int = 120
    # Rows a query may have before it takes too long; 0 is any number.
    max_query_rows: int = 0
    # Where the API lies, when the org was given another domain than the one it is called at.
    instance_url: str = ""
    callbacks: tuple[str, ...] = ()
    daily_api_requests: int = 100_000
    # What the app signs its JWT bearer tokens with, as PEM.
    certificate: str = ""


@dataclass(eq=False)
class Org:
    """One org over a world of records. `custom_fields` and `hidden_fields` are kept by object name.

    `created` holds by object and id the rows made through the API, `changed` what differs from the world's own rows.
    """

    world: World
    is_sandbox: bool = False
    refreshes: int = 0
    package_version: str = ""
    package_license: str = "Active"
    has_newest_fields: bool = False
    # Whether the row about the installed package names its version.
    is_package_versioned: bool = True
    other_packages: list[Package] = field(default_factory=list)
    hidden_buttons: set[tuple[str, str]] = field(default_factory=set)
    has_record_types: bool = False
    # Object, and the record type whose layout it is (empty: every one).
    layout_panels: set[tuple[str, str]] = field(default_factory=set)
    # The page layout that a profile has whatever the record type, by object and profile.
    profile_layouts: dict[tuple[str, str], str] = field(default_factory=dict)
    # Object, page layout or Lightning page, and a field that was taken off it.
    off_layout: set[tuple[str, str, str]] = field(default_factory=set)
    # Objects whose fields are on a Lightning page and not on the page layout.
    dynamic_forms: set[str] = field(default_factory=set)
    # Those of them whose Lightning page shows the package's panel.
    page_panels: set[str] = field(default_factory=set)
    not_deployed: set[str] = field(default_factory=set)
    custom_fields: dict[str, dict[str, Field]] = field(default_factory=dict)
    hidden_fields: dict[str, set[str]] = field(default_factory=dict)
    remote_sites: dict[str, RemoteSite] = field(default_factory=dict)
    task_types: tuple[str, ...] = STANDARD_TASK_TYPES
    default_task_type: str | None = None
    # Labels of the buttons that the list views of an object show.
    list_view_buttons: dict[str, list[str]] = field(default_factory=dict)
    is_email_to_salesforce: bool = False
    inactive_users: set[str] = field(default_factory=set)
    users_without_api: set[str] = field(default_factory=set)
    permission_set_users: set[str] = field(default_factory=set)
    # By username; who is not named sees every record.
    sharing: dict[str, Sharing] = field(default_factory=dict)
    # By profile or permission set and object, where they differ from those at the start.
    object_rights: dict[tuple[str, str], ObjectRights] = field(default_factory=dict)
    # By profile or permission set, object and field, where they differ from those at the start.
    field_rights: dict[tuple[str, str, str], FieldRights] = field(default_factory=dict)
    # API Enabled, by profile or permission set, where it differs from what it is at the start.
    api_rights: dict[str, bool] = field(default_factory=dict)
    # Usernames by the label of the permission set; the package's own has `permission_set_users`.
    own_permission_sets: dict[str, set[str]] = field(default_factory=dict)
    permission_set_groups: dict[str, PermissionSetGroup] = field(default_factory=dict)
    policies: Policies = field(default_factory=Policies)
    # Besides the one the sandbox was started with, by consumer key.
    apps: dict[str, App] = field(default_factory=dict)
    # Calls by the hour (since 1970, as text) in which they were made.
    calls_by_hour: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    approvals: set[tuple[str, str]] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    created: dict[str, dict[str, Row]] = field(default_factory=dict)
    changed: dict[str, dict[str, Row]] = field(default_factory=dict)
    refusals: list[RowRefusal] = field(default_factory=list)
    audit_trail: list[AuditEntry] = field(default_factory=list)
    # What is wrong with the answers of the Tooling API, by object: "refused" or "shape".
    spoiled_tooling: dict[str, str] = field(default_factory=dict)
    metadata_changed_at: datetime = LONG_AGO
    _kept: dict[type[Any], Any] = field(default_factory=dict)

    def reset(self) -> None:
        """Back to the org as it was at the start: nothing installed, nobody signed in, no tokens."""
        vars(self).update(vars(Org(self.world)))

    def keep(self, kind: type[Kept]) -> Kept:
        """What a feature keeps about this org, in a class of its own; made on first use."""
        kept: Kept = self._kept.setdefault(kind, kind())
        return kept

    @property
    def api_calls(self) -> int:
        """Calls of the last 24 hours, which is what Salesforce counts against a day's allowance."""
        oldest = self._hour - 24
        return sum(calls for hour, calls in self.calls_by_hour.items() if int(hour) > oldest)

    def count_call(self) -> None:
        hour = str(self._hour)
        self.calls_by_hour[hour] = self.calls_by_hour.get(hour, 0) + 1

    @property
    def _hour(self) -> int:
        return int(self.world.clock.timestamp() // 3_600)

    def end_all(self) -> None:
        """Nobody is signed in any more, and nothing that a feature kept goes on."""
        self.sessions.clear()
        self.approvals.clear()
        self._kept.clear()

    @property
    def id(self) -> str:
        """Another one after each sandbox refresh."""
        return make_id("Organization", self.world.settings.org_number + 1_000 * self.refreshes)

    @property
    def facts(self) -> dict[str, Any]:
        """The Organization row."""
        row = next(iter(self.world.salesforce_rows("Organization")))
        defaults = PRIVATE if self.sharing else PUBLIC
        return {**row, **defaults, "Id": self.id, "Name": self.world.settings.org_name, "IsSandbox": self.is_sandbox}

    def sobject(self, name: str) -> SObject | None:
        """An object as the connected user sees it: custom fields added, hidden ones gone. None when there is none."""
        return self.known_sobject(name) if name.lower() in OBJECTS else None

    def full_sobject(self, name: str) -> SObject:
        """An object with all its fields, also those hidden from the connected user."""
        found = OBJECTS[name.lower()]
        return found.with_fields(self._added_fields(found))

    def known_sobject(self, name: str) -> SObject:
        """As `sobject`, for the name of an object that exists."""
        found = OBJECTS[name.lower()]
        return found.with_fields(self._added_fields(found), self.hidden_fields.get(found.name, ()))

    def _added_fields(self, sobject: SObject) -> list[Field]:
        added = list(self.custom_fields.get(sobject.name, {}).values())
        if self.package_version:
            added.extend(package_fields(sobject.name, is_newest=self.has_newest_fields))
        if sobject.name in RECORD_TYPES and self.has_record_types:
            added.append(Field("RecordTypeId", "reference", 18, ("RecordType",), "RecordType", "Record Type ID"))
        if sobject.name == "Task":
            added.append(self.task_type_field)
        return added

    @property
    def task_type_field(self) -> Field:
        return Field("Type", "picklist", 40, label="Type", values=self.task_types, default_value=self.default_task_type)

    def user(self, username: str) -> dict[str, Any]:
        """The User row of one who signed in before, in any letter case. Raises KeyError for an unknown username."""
        found = self.find_user(username)
        if found is None:
            raise KeyError(username)
        return found

    def find_user(self, username: str) -> dict[str, Any] | None:
        """The User row of a username typed by someone, None when there is none."""
        wanted = username.strip().lower()
        rows = self.world.salesforce_rows("User")
        return next((self.user_row(row) for row in rows if str(row["Username"]).lower() == wanted), None)

    def user_row(self, row: dict[str, Any]) -> dict[str, Any]:
        return row | {"IsActive": row.get("IsActive", True) and row["Username"] not in self.inactive_users}
