"""The rows Salesforce shows for the people of a world: plain dicts keyed by Salesforce field names."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sandbox.name_data import ROLES, STAGES
from sandbox.people import CONTACT_KINDS, DELETED_KINDS, OWNERS, QUEUES, Kind, Person, PersonGenerator, mix
from sandbox.record_ids import make_id
from sandbox.settings import DEMO_USERS, INTEGRATION_USER, Settings

Row = dict[str, Any]

ORGANIZATION_ID: Final = make_id("Organization", 1)
MOST_ROLES: Final = 2
"""A contact is named by at most so many opportunities."""

ADMIN_NUMBER: Final = 101
ADMIN_ID: Final = make_id("User", ADMIN_NUMBER)
DEMO_NUMBER: Final = 102
_ORG_START: Final = datetime(2019, 3, 4, 9, 0, tzinfo=UTC)
_SALES_PEOPLE: Final = (
    "Maria Lind", "Jonas Berg", "Priya Patel", "Tom Clark", "Elena Rossi", "Lukas Meyer", "Sofia Costa", "Nadia Haddad",
    "Erik Nilsson", "Grace Kim", "Omar Mansour", "Julia Novak", "Paul Moreau", "Ines Silva", "Peter Hansen",
    "Laura Keller", "Daniel Cohen", "Anna Dahl", "Marek Dvorak", "Chloe Evans", "Yuki Sato", "Ben Carter",
    "Helen Brown", "Ivan Petrov", "Clara Johnson", "Former Colleague", "Retired Seller",
)  # fmt: skip
ADMINISTRATOR: Final = "System Administrator"
INTEGRATION: Final = "Salesforce API Only System Integrations"
_STANDARD: Final = "Standard User"
PROFILES: Final = {
    name: make_id("Profile", number)
    for number, name in enumerate((ADMINISTRATOR, _STANDARD, "Sales User", "Marketing User", INTEGRATION), 1)
}
"""The id of every profile, by name. Two are an administrator's own copies of Standard User."""


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _stamps(created: int, updated: int, by: str) -> Row:
    created_at, updated_at = moment(created), moment(updated)
    return {
        "CreatedDate": created_at,
        "CreatedById": by,
        "LastModifiedDate": updated_at,
        "LastModifiedById": by,
        "SystemModstamp": updated_at,
    }


def _person_row(person: Person) -> Row:
    return {
        "IsDeleted": person.kind in DELETED_KINDS,
        "MasterRecordId": None,
        "FirstName": person.first_name or None,
        "LastName": person.last_name,
        "Salutation": None,
        "Name": f"{person.first_name} {person.last_name}".strip(),
        "Title": person.title,
        "Phone": person.phone,
        "MobilePhone": None,
        "Email": person.email,
        "LeadSource": person.lead_source,
        "OwnerId": person.owner_id,
        **_stamps(person.created, person.updated, ADMIN_ID),
    }


def lead_row(person: Person) -> Row:
    row = {"Id": person.lead_id, **_person_row(person)}
    converted = person.kind is Kind.CONVERTED
    row |= {
        "Company": person.company or "[not provided]",
        "Status": "Closed - Converted" if converted else "Open - Not Contacted",
        "Website": None,
        "Country": None,
        "IsConverted": converted,
        "ConvertedDate": moment(person.updated).date() if converted else None,
        "ConvertedAccountId": person.account_id if converted else None,
        "ConvertedContactId": person.contact_id if converted else None,
        "ConvertedOpportunityId": None,
    }
    if person.merged_into is not None:
        row["MasterRecordId"] = make_id("Lead", person.merged_into)
    return row


def contact_row(person: Person) -> Row:
    row = {
        "Id": person.contact_id,
        **_person_row(person),
        "AccountId": person.account_id,
        "Department": None,
        "MailingCountry": None,
    }
    if person.merged_into is not None:
        row["MasterRecordId"] = make_id("Contact", person.merged_into)
    return row


def account_row(generator: PersonGenerator, number: int) -> Row:
    created = generator.created(1)
    return {
        "Id": make_id("Account", number),
        "IsDeleted": False,
        "MasterRecordId": None,
        "Name": generator.company(number)[0],
        "Type": "Prospect",
        "Industry": None,
        "Phone": None,
        "Website": None,
        "ParentId": None,
        "OwnerId": make_id("User", 1 + number % OWNERS),
        **_stamps(created, created, ADMIN_ID),
    }


def opportunity_row(person: Person, position: int) -> Row:
    """The opportunity ``position`` (from 0) of a contact; numbered by Marketo id and position."""
    number = person.marketo_id * MOST_ROLES + position
    bits = mix(number)
    stage = STAGES[bits % 6]
    return {
        "Id": make_id("Opportunity", number),
        "IsDeleted": False,
        "AccountId": make_id("Account", person.account),
        "Name": f"{person.company} - {person.last_name} {position + 1}",
        "StageName": stage,
        "Amount": float((bits >> 8) % 500 * 1000),
        "Probability": {"Closed Won": 100.0, "Closed Lost": 0.0}.get(stage, 50.0),
        "CloseDate": date.fromordinal(moment(person.created).toordinal()) + timedelta(days=90),
        "IsClosed": stage.startswith("Closed"),
        "IsWon": stage == "Closed Won",
        "LeadSource": person.lead_source,
        "OwnerId": person.owner_id,
        **_stamps(person.created, person.updated, ADMIN_ID),
    }


def role_row(person: Person, position: int) -> Row:
    number = person.marketo_id * MOST_ROLES + position
    return {
        "Id": make_id("OpportunityContactRole", number),
        "IsDeleted": False,
        "OpportunityId": make_id("Opportunity", number),
        "ContactId": person.contact_id,
        "Role": ROLES[mix(number) % 5],
        "IsPrimary": position == 0,
        **_stamps(person.created, person.updated, ADMIN_ID),
    }


def has_roles(person: Person) -> bool:
    return bool(person.roles) and person.kind in CONTACT_KINDS and person.kind not in DELETED_KINDS


def user_rows(settings: Settings) -> list[Row]:
    """Sales people under acme.example (the last two inactive), the admin, the people of the demo, the API-only user."""
    marketo_admin, salesforce_admin, ops = DEMO_USERS
    sales = list(sellers().values())
    for row in sales[OWNERS - 2 :]:
        row["IsActive"] = False
    return [
        *sales,
        _user(ADMIN_NUMBER, "Acme Admin", settings.salesforce_user, ADMINISTRATOR),
        _user(DEMO_NUMBER, "Mia Holm", marketo_admin, _STANDARD),
        _user(DEMO_NUMBER + 1, "Sam Rivera", salesforce_admin, ADMINISTRATOR),
        _user(DEMO_NUMBER + 2, "Olu Adeyemi", ops, _STANDARD),
        _user(DEMO_NUMBER + 3, "Integration User", INTEGRATION_USER, INTEGRATION),
    ]


def sellers() -> dict[str, Row]:
    """User rows of the people who own leads and contacts, by id."""
    users = (_seller(number, name) for number, name in enumerate(_SALES_PEOPLE, start=1))
    return {row["Id"]: row for row in users}


def _seller(number: int, name: str) -> Row:
    profile = "Sales User" if number % 3 == 0 else "Marketing User" if number % 9 == 5 else _STANDARD
    return _user(number, name, _address(name), profile) | {"Title": _STANDARD}


def _address(name: str) -> str:
    return name.lower().replace(" ", ".") + "@acme.example"


def _user(number: int, name: str, address: str, profile: str) -> Row:
    first_name, last_name = name.split(" ", 1)
    user_id = make_id("User", number)
    start = int(_ORG_START.timestamp())
    return {
        "Id": user_id,
        "Username": address,
        "FirstName": first_name,
        "LastName": last_name,
        "Name": name,
        "Email": address,
        "Alias": address.partition("@")[0][:8],
        "Title": profile,
        "IsActive": True,
        "UserType": "Standard",
        "ProfileId": PROFILES[profile],
        "LanguageLocaleKey": "en_US",
        "TimeZoneSidKey": "Europe/Stockholm",
        **_stamps(start, start, user_id),
    }


def group_rows() -> list[Row]:
    start = int(_ORG_START.timestamp())
    names = ("Inbound Leads", "Partner Leads")[:QUEUES]
    return [
        {
            "Id": make_id("Group", number),
            "Name": name,
            "DeveloperName": name.replace(" ", "_"),
            "Type": "Queue",
            "Email": None,
            **_stamps(start, start, ADMIN_ID),
        }
        for number, name in enumerate(names, start=1)
    ]


def organization_row() -> Row:
    start = int(_ORG_START.timestamp())
    return {
        "Id": ORGANIZATION_ID,
        "Name": "Acme Inc",
        "OrganizationType": "Enterprise Edition",
        "IsSandbox": False,
        "InstanceName": "SWE42",
        "NamespacePrefix": None,
        "TrialExpirationDate": None,
        "LanguageLocaleKey": "en_US",
        "PrimaryContact": "Acme Admin",
        **_stamps(start, start, ADMIN_ID),
    }
