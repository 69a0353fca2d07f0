"""The standard objects and their fields: what describe shows and SOQL may name. Those about set-up are in objects.py.

Names, types and lengths of the standard objects follow recorded describe answers and the Salesforce Object Reference.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

LENGTHS: Final = {"id": 18, "reference": 18, "phone": 40, "email": 80, "url": 255, "picklist": 40, "string": 255}
NUMBERS: Final = frozenset({"int", "double", "currency", "percent"})
# Salesforce neither filters nor sorts by a text area of more than 255 characters, nor by a compound address.
SHORT_TEXT: Final = 255


@dataclass(frozen=True)
class Field:
    """One field. `parents` are the objects a reference may point to, `relationship` the name of the way there."""

    name: str
    type: str
    length: int = 0
    parents: tuple[str, ...] = ()
    relationship: str = ""
    label: str = ""
    values: tuple[str, ...] = ()
    default_value: str | None = None
    is_external_id: bool = False
    # Of a user who may see the field and not edit it.
    is_read_only: bool = False

    @property
    def is_custom(self) -> bool:
        return self.name.endswith("__c")

    @property
    def is_compound(self) -> bool:
        return self.type == "address"

    @property
    def is_filterable(self) -> bool:
        return not self.is_compound and not (self.type == "textarea" and self.length > SHORT_TEXT)


@dataclass(frozen=True)
class SObject:
    """One object; `fields` are found by lower-case name, `relationships` by their own."""

    name: str
    key_prefix: str
    label: str
    label_plural: str
    fields: Mapping[str, Field] = field(repr=False)
    is_tooling: bool = False

    @property
    def relationships(self) -> dict[str, Field]:
        return {item.relationship.lower(): item for item in self.fields.values() if item.relationship}

    def with_fields(self, added: Iterable[Field], hidden: Iterable[str] = ()) -> "SObject":
        """The same object with custom fields added and fields the connected user may not see taken away."""
        gone = {name.lower() for name in hidden}
        fields = {**self.fields, **_by_name(added)}
        kept = {name: item for name, item in fields.items() if name not in gone}
        return SObject(self.name, self.key_prefix, self.label, self.label_plural, kept, self.is_tooling)


def _by_name(fields: Iterable[Field]) -> dict[str, Field]:
    return {item.name.lower(): item for item in fields}


def words(name: str) -> str:
    """A label from an API name: `LastName` is "Last Name"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.removesuffix("__c"))


def _read_field(text: str) -> Field:
    """`Name type`, `Name type:length` or `ParentId reference Object,Object Relationship`."""
    name, spec, *rest = text.split()
    kind, _, length = spec.partition(":")
    parents = tuple(rest[0].split(",")) if rest else ()
    size = int(length) if length else LENGTHS.get(kind, 0)
    return Field(name, kind, size, parents, rest[1] if len(rest) > 1 else "", words(name))


def make_object(name: str, key_prefix: str, specs: str, *, plural: str = "", is_tooling: bool = False) -> SObject:
    """An object from the texts of its fields; see `_read_field`."""
    fields = [_read_field(spec) for spec in re.split(r"\s*;\s*", specs.strip(" ;\n")) if spec]
    filled = (_with_values(name, item) for item in fields)
    label = words(name)
    return SObject(name, key_prefix, label, plural or label + "s", _by_name(filled), is_tooling)


def _with_values(sobject: str, item: Field) -> Field:
    values = PICKLISTS.get((sobject, item.name)) or PICKLISTS.get(("", item.name), ())
    if item.type != "picklist" or not values:
        return item
    return Field(item.name, item.type, item.length, label=item.label, values=values)


PICKLISTS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("", "LeadSource"): ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other"),
    ("", "Salutation"): ("Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx."),
    ("", "Rating"): ("Hot", "Warm", "Cold"),
    ("Lead", "Status"): ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted"),
    ("Task", "Status"): ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred"),
    ("Task", "Priority"): ("High", "Normal", "Low"),
    ("Task", "TaskSubtype"): ("Task", "Email", "ListEmail", "Cadence", "Call", "LinkedIn"),
    ("Opportunity", "StageName"): ("Prospecting", "Qualification", "Negotiation/Review", "Closed Won", "Closed Lost"),
    ("OpportunityContactRole", "Role"): ("Business User", "Decision Maker", "Economic Buyer", "Evaluator", "Other"),
    ("EntityDefinition", "DeploymentStatus"): ("Deployed", "InDevelopment"),
}

SYSTEM: Final = """
Id id; IsDeleted boolean; CreatedDate datetime; CreatedById reference User CreatedBy; LastModifiedDate datetime;
LastModifiedById reference User LastModifiedBy; SystemModstamp datetime;
"""
PERSON: Final = """
MasterRecordId reference {name} MasterRecord; LastName string:80; FirstName string:40; Salutation picklist;
Name string:121; Title string:128; Phone phone; MobilePhone phone; Fax phone; Email email; Description textarea:32000;
LeadSource picklist; HasOptedOutOfEmail boolean; DoNotCall boolean; EmailBouncedReason string:255;
EmailBouncedDate datetime; LastActivityDate date; LastViewedDate datetime; LastReferencedDate datetime; PhotoUrl url;
Jigsaw string:20; JigsawContactId string:20; CleanStatus picklist; IndividualId reference Individual Individual;
"""

STANDARD: Final = (
    make_object(
        "Lead",
        "00Q",
        SYSTEM
        + PERSON.format(name="Lead")
        + "Company string:255; Street textarea:255; City string:40; State string:80;"
        "PostalCode string:20; Country string:80; Latitude double; Longitude double; GeocodeAccuracy picklist:40;"
        "Address address; CompanyDunsNumber string:9; DandbCompanyId reference DandBCompany DandbCompany;"
        " Website url; Status picklist; Industry picklist;"
        "Rating picklist; AnnualRevenue currency; NumberOfEmployees int; OwnerId reference Group,User Owner;"
        "IsConverted boolean; ConvertedDate date; ConvertedAccountId reference Account ConvertedAccount;"
        "ConvertedContactId reference Contact ConvertedContact; IsUnreadByOwner boolean;"
        "ConvertedOpportunityId reference Opportunity ConvertedOpportunity",
    ),
    make_object(
        "Contact",
        "003",
        SYSTEM + PERSON.format(name="Contact") + "AccountId reference Account Account; MailingStreet textarea:255;"
        "MailingCity string:40; MailingState string:80; MailingPostalCode string:20; MailingCountry string:80;"
        "MailingLatitude double; MailingLongitude double; MailingGeocodeAccuracy picklist; MailingAddress address;"
        "OtherStreet textarea:255; OtherCity string:40; OtherState string:80; OtherPostalCode string:20;"
        "OtherCountry string:80; OtherLatitude double; OtherLongitude double; OtherGeocodeAccuracy picklist;"
        "OtherAddress address; LastCURequestDate datetime; LastCUUpdateDate datetime; HomePhone phone;"
        "OtherPhone phone; AssistantPhone phone; AssistantName string:40;"
        "ReportsToId reference Contact ReportsTo; Department string:80; Birthdate date; OwnerId reference User Owner;"
        "IsEmailBounced boolean",
    ),
    make_object(
        "Account",
        "001",
        SYSTEM
        + "MasterRecordId reference Account MasterRecord; Name string:255; Type picklist; Phone phone; Fax phone;"
        "ParentId reference Account Parent; AccountNumber string:40; Website url; Industry picklist;"
        "AnnualRevenue currency; NumberOfEmployees int; Description textarea:32000; Rating picklist;"
        "BillingStreet textarea:255; BillingCity string:40; BillingState string:80; BillingPostalCode string:20;"
        "BillingCountry string:80; BillingLatitude double; BillingLongitude double; BillingGeocodeAccuracy picklist;"
        "BillingAddress address; ShippingStreet textarea:255; ShippingCity string:40; ShippingState string:80;"
        "ShippingPostalCode string:20; ShippingCountry string:80; ShippingLatitude double; ShippingLongitude double;"
        "ShippingGeocodeAccuracy picklist; ShippingAddress address; PhotoUrl url; Sic string:20; SicDesc string:80;"
        "Ownership picklist; TickerSymbol string:20; Site string:80; Jigsaw string:20; JigsawCompanyId string:20;"
        "CleanStatus picklist; AccountSource picklist; DunsNumber string:9; Tradestyle string:255; NaicsCode string:8;"
        "NaicsDesc string:120; YearStarted string:4; DandbCompanyId reference DandBCompany DandbCompany;"
        "OperatingHoursId reference OperatingHours OperatingHours; LastViewedDate datetime;"
        "LastReferencedDate datetime; OwnerId reference User Owner; LastActivityDate date",
    ),
    make_object(
        "Opportunity",
        "006",
        SYSTEM + "AccountId reference Account Account; Name string:120; Description textarea:32000; StageName picklist;"
        "Amount currency; Probability percent; CloseDate date; Type picklist; LeadSource picklist; IsClosed boolean;"
        "IsWon boolean; OwnerId reference User Owner; ContactId reference Contact Contact; LastActivityDate date",
        plural="Opportunities",
    ),
    make_object(
        "OpportunityContactRole",
        "00K",
        SYSTEM + "OpportunityId reference Opportunity Opportunity; ContactId reference Contact Contact; Role picklist;"
        "IsPrimary boolean",
    ),
    make_object(
        "Task",
        "00T",
        SYSTEM + "WhoId reference Contact,Lead Who; WhatId reference Account,Opportunity What; Subject string:255;"
        "ActivityDate date; Status picklist; Priority picklist; IsHighPriority boolean;"
        "OwnerId reference Group,User Owner; Description textarea:32000; AccountId reference Account Account;"
        "IsClosed boolean; IsArchived boolean;"
        "CallDurationInSeconds int; CallType picklist; CallDisposition string:255; TaskSubtype picklist; Type picklist",
    ),
    make_object(
        "User",
        "005",
        "Id id; Username string:80; LastName string:80; FirstName string:40; Name string:121; CompanyName string:80;"
        "Email email:128; Alias string:8; IsActive boolean; UserType picklist; Title string:80; Phone phone;"
        "TimeZoneSidKey picklist; LocaleSidKey picklist; LanguageLocaleKey picklist;"
        "ProfileId reference Profile Profile; FederationIdentifier string:512;"
        "CreatedDate datetime; LastModifiedDate datetime; SystemModstamp datetime",
    ),
    make_object(
        "Group",
        "00G",
        "Id id; Name string:40; DeveloperName string:80; Type picklist; Email email; CreatedDate datetime;"
        "LastModifiedDate datetime; SystemModstamp datetime",
    ),
    make_object(
        "Organization",
        "00D",
        "Id id; Name string:80; IsSandbox boolean; OrganizationType picklist; InstanceName string:5;"
        "NamespacePrefix string:15; TrialExpirationDate datetime; PrimaryContact string:80;"
        "DefaultLocaleSidKey picklist; LanguageLocaleKey picklist; TimeZoneSidKey picklist;"
        "DefaultAccountAccess picklist; DefaultContactAccess picklist; DefaultLeadAccess picklist;"
        "DefaultOpportunityAccess picklist;"
        "CreatedDate datetime; SystemModstamp datetime",
    ),
    make_object(
        "UserRecordAccess",
        "0ug",
        "Id id; UserId reference User; RecordId reference; HasReadAccess boolean; HasEditAccess boolean;"
        "HasDeleteAccess boolean; HasTransferAccess boolean; HasAllAccess boolean; MaxAccessLevel picklist",
        plural="User Record Access",
    ),
    make_object(
        "UserPermissionAccess",
        "",
        "Id id; PermissionsApiEnabled boolean; PermissionsApiUserOnly boolean; PermissionsViewSetup boolean;"
        "PermissionsViewAllData boolean",
        plural="User Permission Access",
    ),
    make_object(
        "Profile",
        "00e",
        "Id id; Name string:255; UserType picklist; UserLicenseId reference UserLicense UserLicense;"
        "PermissionsApiEnabled boolean; PermissionsApiUserOnly boolean; PermissionsViewSetup boolean;"
        "PermissionsViewAllData boolean",
    ),
    make_object("UserLicense", "100", "Id id; Name string:255; MasterLabel string:255; Status picklist"),
    make_object(
        "RecordType",
        "012",
        "Id id; Name string:80; DeveloperName string:80; NamespacePrefix string:15; Description string:255;"
        "SobjectType picklist; IsActive boolean",
    ),
    make_object(
        "SetupAuditTrail",
        "0Ym",
        "Id id; Action string:120; Section string:40; CreatedDate datetime; CreatedById reference User CreatedBy;"
        "Display string:1000; DelegateUser string:80; ResponsibleNamespacePrefix string:15",
        plural="Setup Audit Trail",
    ),
    make_object("Individual", "0PK", "Id id; Name string:121"),
    make_object("DandBCompany", "06E", "Id id; Name string:255", plural="D&B Companies"),
    make_object("OperatingHours", "0OH", "Id id; Name string:255", plural="Operating Hours"),
    make_object(
        "PermissionSet",
        "0PS",
        "Id id; Name string:80; Label string:80; NamespacePrefix string:15; IsOwnedByProfile boolean; IsCustom boolean;"
        "ProfileId reference Profile Profile; PermissionsApiEnabled boolean; PermissionsViewSetup boolean;"
        "Type picklist; PermissionSetGroupId reference PermissionSetGroup PermissionSetGroup;"
        "PermissionsApiUserOnly boolean; PermissionsViewAllData boolean; HasActivationRequired boolean",
    ),
    make_object("PermissionSetGroup", "0PG", "Id id; DeveloperName string:80; MasterLabel string:80; Status picklist"),
    make_object(
        "PermissionSetGroupComponent",
        "0PM",
        "Id id; PermissionSetGroupId reference PermissionSetGroup PermissionSetGroup;"
        "PermissionSetId reference PermissionSet PermissionSet",
    ),
    make_object(
        "PermissionSetAssignment",
        "0Pa",
        "Id id; PermissionSetId reference PermissionSet PermissionSet; AssigneeId reference User Assignee;"
        "PermissionSetGroupId reference PermissionSetGroup PermissionSetGroup; IsActive boolean",
    ),
    make_object(
        "ObjectPermissions",
        "110",
        "Id id; ParentId reference PermissionSet Parent; SobjectType picklist; PermissionsRead boolean;"
        "PermissionsCreate boolean; PermissionsEdit boolean; PermissionsDelete boolean;"
        "PermissionsViewAllRecords boolean; PermissionsModifyAllRecords boolean",
        plural="Object Permissions",
    ),
    make_object(
        "FieldPermissions",
        "01k",
        "Id id; ParentId reference PermissionSet Parent; SobjectType picklist; Field picklist:255;"
        "PermissionsRead boolean; PermissionsEdit boolean",
        plural="Field Permissions",
    ),
    make_object(
        "PackageLicense",
        "050",
        "Id id; NamespacePrefix string:15; Status picklist; AllowedLicenses int; UsedLicenses int;"
        "ExpirationDate datetime; IsProvisioned boolean",
    ),
    make_object(
        "WebLink",
        "00b",
        "Id id; Name string:240; MasterLabel string:240; NamespacePrefix string:15; PageOrSobjectType picklist;"
        "DisplayType picklist; LinkType picklist; Url textarea:1024",
    ),
)

# What a reference to several objects can be asked for whichever it points to (Salesforce: "Name" object).
NAME: Final = make_object(
    "Name", "", "Id id; Name string:255; Type string:255; Email email; Username string:80; IsActive boolean;"
    "FirstName string:40; LastName string:80; Alias string:8; Title string:80; Phone phone"
)  # fmt: skip
