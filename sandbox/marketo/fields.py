"""The person fields of the instance: what describe says about them and how their values are read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Any, Final

from sandbox.marketo import partitions
from sandbox.marketo.envelope import MarketoError, datetime_text
from sandbox.people import Person
from sandbox.records import sellers
from sandbox.switches import parts
from sandbox.world import CustomField, World

Value = str | int | bool | None
TEXT_TYPES: Final = ("string", "email", "phone", "url", "textarea")
DATA_TYPES: Final = (*TEXT_TYPES, "integer", "float", "currency", "percent", "score", "boolean", "date", "datetime")
_SELLERS: Final = sellers()
_SOAP_NAMES: Final = {
    "dateOfBirth": "DateofBirth",
    "leadPartitionId": "Lead Partition ID",
    "linkedInProfileURL": "MarketoSocialLinkedInProfileURL",
}
# Marketo describes these as if they could be written (seen in a recorded answer).
_DERIVED: Final = frozenset({"id", "isLead"})
_NEVER_IN_SOAP: Final = frozenset(
    {
        "mktoName",
        "isAnonymous",
        "marketingSuspended",
        "blackListed",
        "emailSuspended",
        "createdAt",
        "updatedAt",
        "externalSalesPersonId",
        "leadOwnerEmailAddress",
        "leadOwnerFirstName",
        "leadOwnerLastName",
    }
)


@dataclass(frozen=True)
class Field:
    """One field; ``read`` gives its value in JSON's types, datetimes as text."""

    id: int
    name: str
    display_name: str
    data_type: str
    length: int | None
    read_only: bool
    read: Callable[[Person], Value]
    is_custom: bool = False

    @property
    def from_salesforce(self) -> bool:
        return self.name.startswith("sfdc")

    def describe(self) -> dict[str, Any]:
        names = {"name": self.name, "readOnly": self.read_only}
        sized = {} if self.length is None else {"length": self.length}
        described = {
            "id": self.id,
            "displayName": self.display_name,
            "dataType": self.data_type,
            **sized,
            "rest": names,
        }
        return described if self.soap_name is None else {**described, "soap": names | {"name": self.soap_name}}

    @property
    def is_writable(self) -> bool:
        return not self.read_only and self.name not in _DERIVED

    @property
    def soap_name(self) -> str | None:
        """Marketo's SOAP API is switched off, but describe still names its fields; fields younger than it have none."""
        if self.is_custom:
            return self.name
        if self.from_salesforce or self.name in _NEVER_IN_SOAP:
            return None
        return _SOAP_NAMES.get(self.name, self.name[0].upper() + self.name[1:])

    def describe2(self) -> dict[str, Any]:
        sized = {} if self.length is None else {"length": self.length}
        return {
            "name": self.name,
            "displayName": self.display_name,
            "dataType": self.data_type,
            **sized,
            "updateable": not self.read_only,
            "crmManaged": self.from_salesforce,
        }

    def schema(self) -> dict[str, Any]:
        sized = {} if self.length is None else {"length": self.length}
        return {
            "displayName": self.display_name,
            "name": self.name,
            "description": None,
            "dataType": self.data_type,
            **sized,
            "isHidden": False,
            "isHtmlEncodingInEmail": True,
            "isSensitive": False,
            "isCustom": self.is_custom,
            "isApiCreated": self.is_custom,
        }


def _full_name(person: Person) -> str:
    return f"{person.first_name} {person.last_name}".strip()


def _field(
    number: int,
    name: str,
    display_name: str,
    data_type: str = "string",
    length: int | None = 255,
    *,
    read: Callable[[Person], Value] | None = None,
    default: Value = None,
    read_only: bool = False,
) -> Field:
    """A standard field; without ``read`` it is one of a person's ``extra`` values, and ``default`` until it is set."""
    return Field(number, name, display_name, data_type, length, read_only, read or _extra(name, default))


def _extra(name: str, default: Value) -> Callable[[Person], Value]:
    return lambda person: person.extra.get(name, default)


def _owner(column: str) -> Callable[[Person], Value]:
    """A reader of what the User row of a person's owner says; nothing for a queue's people."""
    return lambda person: _SELLERS.get(person.marketo_owner_id or "", {}).get(column)


# Ids, names, types and lengths of the standard fields are those of a recorded describe answer; that instance has no
# Salesforce sync, so the sfdc fields follow Adobe's published lists of lookup and synced fields.
FIELDS: Final = (
    _field(4, "company", "Company Name", read=lambda person: person.company),
    _field(5, "site", "Site"),
    _field(6, "billingStreet", "Billing Address", "text", None),
    _field(7, "billingCity", "Billing City"),
    _field(8, "billingState", "Billing State"),
    _field(9, "billingCountry", "Billing Country"),
    _field(10, "billingPostalCode", "Billing Postal Code"),
    _field(11, "website", "Website", "url"),
    _field(12, "mainPhone", "Main Phone"),
    _field(15, "annualRevenue", "Annual Revenue", "currency", None),
    _field(16, "numberOfEmployees", "Num Employees", "integer", None),
    _field(17, "industry", "Industry"),
    _field(44, "id", "Id", "integer", None, read=lambda person: person.marketo_id),
    _field(45, "mktoName", "Full Name", read=_full_name, read_only=True),
    _field(46, "personType", "Person Type", length=50, default="contact"),
    _field(49, "isLead", "Is Lead", "boolean", None, read=lambda person: person.sfdc_type != "Contact"),
    _field(51, "isAnonymous", "Is Anonymous", "boolean", None, default=False),
    _field(52, "salutation", "Salutation"),
    _field(53, "firstName", "First Name", read=lambda person: person.first_name or None),
    _field(54, "middleName", "Middle Name"),
    _field(55, "lastName", "Last Name", read=lambda person: person.last_name or None),
    _field(56, "email", "Email Address", "email", read=lambda person: person.email),
    _field(57, "phone", "Phone Number", "phone", read=lambda person: person.phone),
    _field(58, "mobilePhone", "Mobile Phone Number", "phone"),
    _field(59, "fax", "Fax Number", "phone"),
    _field(60, "title", "Job Title", read=lambda person: person.title),
    _field(62, "dateOfBirth", "Date of Birth", "date", None),
    _field(63, "address", "Address", "text", None),
    _field(64, "city", "City"),
    _field(65, "state", "State"),
    _field(66, "country", "Country"),
    _field(67, "postalCode", "Postal Code"),
    _field(77, "emailInvalid", "Email Invalid", "boolean", None, default=False),
    _field(78, "emailInvalidCause", "Email Invalid Cause"),
    _field(79, "unsubscribed", "Unsubscribed", "boolean", None, default=False),
    _field(81, "unsubscribedReason", "Unsubscribed Reason", length=2000),
    _field(82, "doNotCall", "Do Not Call", "boolean", None, default=False),
    _field(85, "marketingSuspended", "Marketing Suspended", "boolean", None, default=False),
    _field(87, "blackListed", "Black Listed", "boolean", None, default=False),
    _field(123, "emailSuspended", "Email Suspended", "boolean", None, default=False),
    _field(126, "department", "Department"),
    _field(
        130,
        "createdAt",
        "Created At",
        "datetime",
        None,
        read=lambda person: datetime_text(person.created),
        read_only=True,
    ),
    _field(
        131,
        "updatedAt",
        "Updated At",
        "datetime",
        None,
        read=lambda person: datetime_text(person.marketo_updated),
        read_only=True,
    ),
    _field(137, "externalSalesPersonId", "External Sales Person Id", length=50),
    _field(144, "leadSource", "Lead Source", read=lambda person: person.lead_source),
    _field(145, "leadStatus", "Lead Status"),
    _field(146, "leadScore", "Lead Score", "integer", None),
    _field(479, "leadPartitionId", "Lead Partition Id", "reference", None, default=1),
    _field(
        901, "linkedInProfileURL", "Marketo Social LinkedIn Profile URL", "url", read=lambda person: person.linkedin_url
    ),
    _field(911, "sfdcType", "SFDC Type", read=lambda person: person.sfdc_type, read_only=True),
    _field(912, "sfdcId", "SFDC Id", length=50, read_only=True),
    _field(913, "sfdcLeadId", "SFDC Lead Id", length=50, read=lambda person: person.lead_id, read_only=True),
    _field(914, "sfdcContactId", "SFDC Contact Id", length=50, read=lambda person: person.contact_id, read_only=True),
    _field(915, "sfdcAccountId", "SFDC Account Id", length=50, read=lambda person: person.account_id, read_only=True),
    _field(
        916,
        "sfdcLeadOwnerId",
        "SFDC Lead Owner Id",
        length=50,
        read=lambda person: person.marketo_owner_id,
        read_only=True,
    ),
)
# Adobe's pages disagree on whether these exist over REST, so a switch shows them.
OWNER_FIELDS: Final = (
    _field(157, "leadOwnerEmailAddress", "Lead Owner Email Address", "email", read=_owner("Email"), read_only=True),
    _field(158, "leadOwnerFirstName", "Lead Owner First Name", read=_owner("FirstName"), read_only=True),
    _field(159, "leadOwnerLastName", "Lead Owner Last Name", read=_owner("LastName"), read_only=True),
)
CUSTOM_FROM: Final = 1_001


SHORT_ID: Final = 15
LINKEDIN: Final = "linkedInProfileURL"
_LINKEDIN_ID: Final = CUSTOM_FROM - 1
RECORD_IDS: Final = frozenset({"sfdcId", "sfdcLeadId", "sfdcContactId", "sfdcAccountId", "sfdcLeadOwnerId"})
"""The fields that hold ids of Salesforce records."""


def known_fields(world: World) -> dict[str, Field]:
    """What the API shows, by REST name."""
    hidden = parts(world.switches.hidden_fields)
    return {name: item for name, item in all_fields(world).items() if name not in hidden}


def all_fields(world: World) -> dict[str, Field]:
    """By REST name. Without the Salesforce sync the instance has no sfdc fields (seen in a recorded answer)."""
    owners = OWNER_FIELDS if world.switches.owner_fields else ()
    standard = (item for item in FIELDS if world.switches.salesforce_sync or not item.from_salesforce)
    switched = (made for item in standard if (made := _switched(world, item)))
    return {item.name: item for item in (*switched, *owners, *map(_custom, count(CUSTOM_FROM), world.custom_fields))}


def _switched(world: World, item: Field) -> Field | None:
    """A standard field as the switches make it; None for one that they take away."""
    switches = world.switches
    if item.name == LINKEDIN and switches.linkedin_field != LINKEDIN:
        name = switches.linkedin_field
        own = replace(item, id=_LINKEDIN_ID, name=name, display_name="LinkedIn URL", is_custom=True)
        return own if name else None
    if item.name == partitions.FIELD and switches.api_partitions:
        return replace(item, read=partial(partitions.partition_of, world))
    if item.name in RECORD_IDS and switches.salesforce_id_length == SHORT_ID:
        return replace(item, read=_shortened(item.read))
    return item


def _shortened(read: Callable[[Person], Value]) -> Callable[[Person], Value]:
    """A reader of the 15-character form of an id."""
    return lambda person: str(value)[:SHORT_ID] if (value := read(person)) else None


def _custom(number: int, made: CustomField) -> Field:
    read = _extra(made.name, None)
    return Field(
        number, made.name, made.display_name, made.data_type, made.length, read_only=False, read=read, is_custom=True
    )


def pick_fields(world: World, names: Iterable[str], code: str) -> list[Field]:
    """The named fields in the order asked for; MarketoError ``code`` for an unknown one."""
    known = known_fields(world)
    picked = []
    for name in names:
        if name not in known:
            raise MarketoError(code, f"Field '{name}' not found")
        picked.append(known[name])
    return picked


def add_custom_field(world: World, body: dict[str, Any]) -> CustomField:
    """Add what a control call names; ValueError says what is wrong with it."""
    name, data_type = str(body.get("name", "")), str(body.get("type", "string"))
    if not name.isidentifier() or name in known_fields(world):
        raise ValueError(f"A custom field needs a new name of letters and digits, not {name!r}.")
    if data_type not in DATA_TYPES:
        raise ValueError(f"The type must be one of {', '.join(DATA_TYPES)}; not {data_type!r}.")
    length = 255 if data_type in TEXT_TYPES else None
    made = CustomField(name, str(body.get("display_name") or name), data_type, length)
    world.custom_fields.append(made)
    return made
