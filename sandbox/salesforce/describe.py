"""Describe answers: the global list, one object with its fields, and its page layout. Keys as in recorded answers."""

from typing import Any, Final

from sandbox.salesforce.org import Org
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.setup_rows import LIST_BUTTONS, setup_id

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
READ_ONLY: Final = (
    STAMPS | CONVERSION | {"Name", "MasterRecordId", "IsConverted", "PhotoUrl", "LastActivityDate", "IsEmailBounced"}
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
MASTER_RECORD_TYPE: Final = "012000000000000AAA"


def describe_summary(sobject: SObject, base: str) -> Answer:
    """One entry of the global describe."""
    path = f"{base}/sobjects/{sobject.name}"
    return {
        **dict.fromkeys(ABILITIES_LACKED, False),
        **dict.fromkeys(ABILITIES, True),
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
            "rowTemplate": path + "/{ID}",
        },
    }


def describe_sobject(sobject: SObject, base: str) -> Answer:
    """The full describe of one object."""
    return {
        **describe_summary(sobject, base),
        "actionOverrides": [],
        "childRelationships": [],
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
        "recordTypeInfos": [_master_record_type(sobject, base)],
        "searchLayoutable": True,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {sobject.label_plural.lower()}", "name": "everything"}],
    }


def _master_record_type(sobject: SObject, base: str) -> Answer:
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": MASTER_RECORD_TYPE,
        "urls": {"layout": f"{base}/sobjects/{sobject.name}/describe/layouts/{MASTER_RECORD_TYPE}"},
    }


def describe_field(item: Field, sobject: str) -> Answer:
    """One field with all 57 keys of a recorded describe."""
    soap_type = SOAP_TYPES.get(item.type, "xsd:string")
    is_written = item.name not in READ_ONLY and not item.is_compound
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
        "compoundFieldName": "Name" if item.name in {"FirstName", "LastName", "Salutation"} else None,
        "controllerName": None,
        "createable": is_written,
        "custom": item.is_custom,
        "defaultValue": False if item.type == "boolean" else None,
        "defaultValueFormula": None,
        "defaultedOnCreate": item.name in STAMPS | {"OwnerId"} or item.type == "boolean",
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": 8 if item.type == "int" else 0,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": False,
        "extraTypeInfo": "personname" if item.name == "Name" and sobject in {"Lead", "Contact", "User"} else None,
        "filterable": item.is_filterable,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": item.is_filterable and item.type not in {"datetime", "double", "currency", "percent"},
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": is_id or item.type == "email",
        "inlineHelpText": None,
        "label": f"{sobject} ID" if is_id else item.label,
        "length": item.length,
        "mask": None,
        "maskType": None,
        "name": item.name,
        "nameField": item.name == "Name" or (sobject == "Task" and item.name == "Subject"),
        "namePointing": len(item.parents) > 1,
        "nillable": item.name not in REQUIRED and item.type != "boolean" and item.name != "Name",
        "permissionable": item.name not in REQUIRED | READ_ONLY,
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
        "scale": 2 if item.type == "currency" else 0,
        "searchPrefilterable": False,
        "soapType": soap_type,
        "sortable": item.is_filterable,
        "type": item.type,
        "unique": False,
        "updateable": is_written,
        "writeRequiresMasterRead": False,
    }


def _picklist_value(item: Field, value: str) -> Answer:
    is_default = value == item.default_value
    return {"active": True, "defaultValue": is_default, "label": value, "validFor": None, "value": value}


def describe_layouts(org: Org, sobject: SObject) -> Answer:
    """The page layout the connected user gets: one section with every field, and the package's buttons."""
    buttons = []
    if org.package_version and sobject.name in {"Lead", "Contact"}:
        buttons = [{"name": name, "label": label, "custom": True} for name, label in LIST_BUTTONS]
    section = {
        "heading": f"{sobject.label} Information",
        "columns": 1,
        "rows": len(sobject.fields),
        "layoutRows": [_layout_row(item) for item in sobject.fields.values() if item.name not in STAMPS],
    }
    layout = {
        "id": setup_id("00h", 1),
        "name": f"{sobject.label} Layout",
        "buttonLayoutSection": {"detailButtons": buttons},
        "detailLayoutSections": [section],
        "editLayoutSections": [section],
        "relatedLists": [],
    }
    mapping = {"available": True, "defaultRecordTypeMapping": True, "layoutId": layout["id"], "name": "Master"}
    return {
        "layouts": [layout],
        "recordTypeMappings": [{**mapping, "recordTypeId": MASTER_RECORD_TYPE}],
        "recordTypeSelectorRequired": [False],
    }


def _layout_row(item: Field) -> Answer:
    component = {"type": "Field", "value": item.name, "displayLines": 1}
    return {"numItems": 1, "layoutItems": [{"label": item.label, "layoutComponents": [component]}]}
