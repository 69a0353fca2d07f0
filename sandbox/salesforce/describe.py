"""Describe answers: the global list, and one object with its fields. Keys as in recorded answers."""

import re
from collections.abc import Iterator
from typing import Any, Final

from sandbox.salesforce.org import Org
from sandbox.salesforce.record_types import record_type_infos
from sandbox.salesforce.schema import STANDARD, Field, SObject

Answer = dict[str, Any]
SOAP_TYPES: Final = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "datetime": "xsd:dateTime",
    "date": "xsd:date",
    "address": "urn:address",
}
STAMPS: Final = frozenset(
    {"Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"}
)
CONVERSION: Final = frozenset({"ConvertedDate", "ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId"})
CALCULATED: Final = frozenset(
    {"MasterRecordId", "IsConverted", "PhotoUrl", "LastActivityDate", "IsEmailBounced", "LastViewedDate"}
    | {"LastReferencedDate", "JigsawContactId", "JigsawCompanyId", "LastCURequestDate", "LastCUUpdateDate"}
    | {"IsClosed", "IsWon"}
)
READ_ONLY: Final = STAMPS | CONVERSION | CALCULATED
# The objects whose records the API changes here.
WRITABLE: Final = frozenset({"Lead", "Contact", "Account", "Opportunity", "OpportunityContactRole", "Task"})
NAMED_BY_PARTS: Final = frozenset({"Lead", "Contact", "User"})
NAME_PARTS: Final = frozenset({"FirstName", "LastName", "Salutation"})
ADDRESS: Final = re.compile(
    r"(Billing|Shipping|Mailing|Other|)(Street|City|State|PostalCode|Country|Latitude|Longitude|GeocodeAccuracy)"
)
REQUIRED: Final = STAMPS | {
    "LastName",
    "Company",
    "OwnerId",
    "IsConverted",
    "Status",
    "Priority",
    "StageName",
    "CloseDate",
}
NEVER_HIDDEN: Final = (
    REQUIRED
    | READ_ONLY
    | NAME_PARTS
    | {"Name", "IndividualId", "IsUnreadByOwner", "EmailBouncedReason", "EmailBouncedDate"}
)
ABILITIES: Final = (
    "createable",
    "deletable",
    "layoutable",
    "mruEnabled",
    "queryable",
    "replicateable",
    "retrieveable",
    "searchable",
    "triggerable",
    "undeletable",
    "updateable",
    "feedEnabled",
)
WRITES: Final = ("createable", "deletable", "undeletable", "updateable")
ABILITIES_LACKED: Final = (
    "activateable",
    "custom",
    "customSetting",
    "deepCloneable",
    "deprecatedAndHidden",
    "hasSubtypes",
    "isInterface",
    "isSubtype",
)


def describe_summary(sobject: SObject, base: str) -> Answer:
    """One entry of the global describe."""
    path = f"{base}/sobjects/{sobject.name}"
    return {
        **dict.fromkeys(ABILITIES_LACKED, False),
        **dict.fromkeys(ABILITIES, True),
        **dict.fromkeys(WRITES, sobject.name in WRITABLE),
        "associateEntityType": None,
        "associateParentEntity": None,
        "keyPrefix": sobject.key_prefix,
        "label": sobject.label,
        "labelPlural": sobject.label_plural,
        "mergeable": sobject.name in {"Lead", "Contact", "Account"},
        "name": sobject.name,
        "urls": {
            "sobject": path,
            "describe": f"{path}/describe",
            "layouts": f"{path}/describe/layouts",
            "compactLayouts": f"{path}/describe/compactLayouts",
            "approvalLayouts": f"{path}/describe/approvalLayouts",
            "listviews": f"{path}/listviews",
            "quickActions": f"{path}/quickActions",
            "uiDetailTemplate": "/{ID}",
            "uiEditTemplate": "/{ID}/e",
            "uiNewRecord": f"/{sobject.key_prefix}/e",
            "rowTemplate": path + "/{ID}",
        },
    }


def describe_sobject(org: Org, sobject: SObject, base: str) -> Answer:
    """The full describe of one object."""
    return {
        **describe_summary(sobject, base),
        "actionOverrides": [],
        "childRelationships": [_child(sobject, *child) for child in _children(sobject)],
        "compactLayoutable": True,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [describe_field(item, sobject.name) for item in sobject.fields.values()],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": record_type_infos(org, sobject.name, base),
        "searchLayoutable": True,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {sobject.label_plural.lower()}", "name": "everything"}],
    }


def is_writable(item: Field, sobject: str) -> bool:
    """Whether a client may set the field."""
    is_made_name = item.name == "Name" and sobject in NAMED_BY_PARTS
    is_fixed = item.is_read_only or item.name in READ_ONLY or is_made_name or item.is_compound
    return sobject in WRITABLE and not is_fixed


def is_permissionable(item: Field, sobject: str) -> bool:
    """Whether field-level security can hide the field (recorded answers; the fields of a role cannot be hidden)."""
    is_known = sobject in WRITABLE and sobject != "OpportunityContactRole"
    return item.is_custom or (is_known and item.name not in NEVER_HIDDEN)


def _children(sobject: SObject) -> Iterator[tuple[str, Field]]:
    """The object and field of every reference to this object."""
    for child in STANDARD:
        yield from ((child.name, item) for item in child.fields.values() if sobject.name in item.parents)


def _child(sobject: SObject, child: str, item: Field) -> Answer:
    is_plain = item.name == f"{sobject.name}Id"
    return {
        "cascadeDelete": is_plain and child != "Opportunity",
        "childSObject": child,
        "deprecatedAndHidden": False,
        "field": item.name,
        "junctionIdListNames": [],
        "junctionReferenceTo": [],
        "relationshipName": f"{child}s" if is_plain else None,
        "restrictedDelete": False,
    }


def describe_field(item: Field, sobject: str) -> Answer:
    """One field with all 57 keys of a recorded describe."""
    soap_type = SOAP_TYPES.get(item.type, "xsd:string")
    is_written = is_writable(item, sobject)
    is_id = item.type == "id"
    is_number = soap_type == "xsd:double"
    return {
        "aggregatable": item.is_filterable and item.type != "boolean",
        "aiPredictionField": False,
        "autoNumber": False,
        "byteLength": item.length if soap_type == "tns:ID" else 3 * item.length,
        "calculated": False,
        "calculatedFormula": None,
        "cascadeDelete": False,
        "caseSensitive": False,
        "compoundFieldName": _compound(item, sobject),
        "controllerName": None,
        # A bounce is noted only on a lead that is there already (recorded answer).
        "createable": is_written and (sobject != "Lead" or not item.name.startswith("EmailBounced")),
        "custom": item.is_custom,
        "defaultValue": False if item.type == "boolean" else None,
        "defaultValueFormula": None,
        "defaultedOnCreate": item.name in STAMPS | {"OwnerId"} or item.type == "boolean",
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": 8 if item.type == "int" else 0,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": item.is_external_id,
        "extraTypeInfo": _extra_type(item, sobject),
        "filterable": item.is_filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": item.is_filterable and item.type not in {"datetime", "double", "currency", "percent"},
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": is_id or item.type == "email" or item.is_external_id,
        "inlineHelpText": None,
        "label": f"{sobject} ID" if is_id else item.label,
        "length": item.length,
        "mask": None,
        "maskType": None,
        "name": item.name,
        "nameField": item.name == "Name" or (sobject == "Task" and item.name == "Subject"),
        "namePointing": len(item.parents) > 1,
        "nillable": item.name not in REQUIRED and item.type != "boolean" and item.name != "Name",
        "permissionable": is_permissionable(item, sobject),
        "picklistValues": [_picklist_value(item, value) for value in item.values],
        "polymorphicForeignKey": len(item.parents) > 1,
        "precision": 18 if is_number else 0,
        "queryByDistance": item.is_compound,
        "referenceTargetField": None,
        "referenceTo": list(item.parents),
        "relationshipName": item.relationship or None,
        "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": False,
        "scale": 15 if item.name.endswith("tude") else 2 if item.type == "currency" else 0,
        "searchPrefilterable": False,
        "soapType": soap_type,
        "sortable": item.is_filterable,
        "type": item.type,
        "unique": False,
        "updateable": is_written,
        "writeRequiresMasterRead": False,
    }


def _compound(item: Field, sobject: str) -> str | None:
    """The field a part belongs to: first and last name to Name, street and city to an address."""
    if (item.name in NAME_PARTS and sobject in NAMED_BY_PARTS) or (sobject, item.name) == ("Account", "Name"):
        return "Name"
    found = ADDRESS.fullmatch(item.name)
    return f"{found[1]}Address" if found else None


def _extra_type(item: Field, sobject: str) -> str | None:
    if item.name in NAME_PARTS | {"Name"} and sobject in NAMED_BY_PARTS:
        return "personname"
    if item.name == "PhotoUrl":
        return "imageurl"
    return "plaintextarea" if item.type == "textarea" and not item.is_custom else None


def _picklist_value(item: Field, value: str) -> Answer:
    is_default = value == item.default_value
    return {"active": True, "defaultValue": is_default, "label": value, "validFor": None, "value": value}
