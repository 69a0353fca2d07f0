"""Questions to Salesforce."""

from typing import Any

from clients.salesforce.client import SalesforceClient
from diagnostics.probe.question import OBJECTS, REST_GUIDE, TOOLING, Answer, Question, Verdict, holds_of_each


def _first(client: SalesforceClient, soql: str) -> dict[str, Any]:
    found = client.query(soql)
    return found[0] if found else {}


def _id_length(sobject: str) -> Any:
    soql = f"SELECT Id FROM {sobject} LIMIT 1"  # noqa: S608
    return lambda c: len(str(_first(c, soql).get("Id", ""))) or Verdict.NONE_SEEN


def _may_read(sobject: str) -> Any:
    return lambda c: isinstance(c.query(f"SELECT Id FROM {sobject} LIMIT 1"), list)  # noqa: S608


def _counts(condition: str, sobject: str = "Lead") -> Any:
    """Does the org take a condition, whatever it finds?"""
    return lambda c: c.count(f"SELECT COUNT() FROM {sobject} WHERE {condition}") >= 0  # noqa: S608


def _has_layouts(sobject: str) -> Any:
    return lambda c: c.get(f"sobjects/{sobject}/describe/layouts").get("layouts") is not None


def _default(name: str) -> Any:
    return lambda c: str(c.sharing_defaults()[name])


def _time_form(client: SalesforceClient) -> Answer:
    value = str(_first(client, "SELECT SystemModstamp FROM Lead LIMIT 1").get("SystemModstamp", ""))
    return value[-5:] if value else Verdict.NONE_SEEN


def _has_field(sobject: str, name: str) -> Any:
    return lambda c: name in c.fields_of(sobject)


def _tooling(soql: str, key: str) -> Any:
    """Has each row of a Tooling query a value of its own at a key?"""
    return lambda c: holds_of_each(row.get(key) is not None for row in c.tooling_query(soql))


_READ = ("Lead", "Contact", "Account", "Opportunity", "OpportunityContactRole", "PermissionSetAssignment")
QUESTIONS = [
    *(Question(f"salesforce_reads_{name}", f"{name} can be read.", OBJECTS, _may_read(name)) for name in _READ),
    *(
        Question(f"salesforce_id_{name}", f"Ids of {name} have 18 characters.", OBJECTS, _id_length(name), expected=18)
        for name in ("Lead", "Contact")
    ),
    *(
        Question(f"salesforce_layouts_{name}", f"The layouts of {name} come at once.", REST_GUIDE, _has_layouts(name))
        for name in ("Lead", "Contact", "Task")
    ),
    Question(
        "salesforce_lead_default",
        "Everybody may work on all leads.",
        OBJECTS,
        _default("Lead"),
        expected="ReadEditTransfer",
    ),
    Question(
        "salesforce_contact_default",
        "Contacts are controlled by their accounts.",
        OBJECTS,
        _default("Contact"),
        expected="ControlledByParent",
    ),
    Question("salesforce_view_all", "The user has View All Data.", OBJECTS, lambda c: c.may_view_all_data()),
    Question(
        "salesforce_view_setup",
        "The user has View Setup and Configuration.",
        OBJECTS,
        lambda c: c.has_permission("ViewSetup"),
    ),
    Question("salesforce_api_enabled", "The user has API Enabled.", OBJECTS, lambda c: c.has_permission("ApiEnabled")),
    Question(
        "salesforce_record_counts",
        "Records are counted for leads and contacts.",
        REST_GUIDE,
        lambda c: len(c.record_counts(["Lead", "Contact"])),
        expected=2,
    ),
    Question(
        "salesforce_composite",
        "Several queries go in one call.",
        REST_GUIDE,
        lambda c: len(c.queries(["SELECT Id FROM Lead LIMIT 1", "SELECT Id FROM Contact LIMIT 1"])),
        expected=2,
    ),
    Question("salesforce_production", "The org is no sandbox.", OBJECTS, lambda c: not c.organization().is_sandbox),
    Question(
        "salesforce_queues", "Leads can be told by the type of their owner.", OBJECTS, _counts("Owner.Type = 'Queue'")
    ),
    Question(
        "salesforce_converted",
        "Leads can be told by the contact they became.",
        OBJECTS,
        _counts("ConvertedContactId != null"),
    ),
    Question(
        "salesforce_modstamp",
        "Records can be told by when they changed.",
        OBJECTS,
        _counts("SystemModstamp >= 2020-01-01T00:00:00Z"),
    ),
    Question("salesforce_time_form", "Times end with +0000.", REST_GUIDE, _time_form, expected="+0000"),
    Question("salesforce_converted_field", "Lead has IsConverted.", OBJECTS, _has_field("Lead", "IsConverted")),
    Question(
        "salesforce_primary_field",
        "Contact roles have IsPrimary.",
        OBJECTS,
        _has_field("OpportunityContactRole", "IsPrimary"),
    ),
    Question(
        "salesforce_bulk_jobs",
        "There is an allowance of Bulk 2.0 query jobs.",
        REST_GUIDE,
        lambda c: c.get("limits")["DailyBulkV2QueryJobs"]["Max"] > 0,
    ),
    Question(
        "salesforce_daily_calls",
        "The org has 15,000 calls a day or more.",
        REST_GUIDE,
        lambda c: c.get("limits")["DailyApiRequests"]["Max"] >= 15_000,
    ),
    Question(
        "salesforce_packages",
        "Every installed package has a version.",
        TOOLING,
        _tooling(
            "SELECT Id, SubscriberPackageVersion.MajorVersion FROM InstalledSubscriberPackage",
            "SubscriberPackageVersion",
        ),
    ),
    Question(
        "salesforce_remote_sites",
        "Remote sites say whether they are active.",
        TOOLING,
        _tooling("SELECT Id, IsActive FROM RemoteProxy", "IsActive"),
    ),
    Question(
        "salesforce_no_groups",
        "Permission sets are assigned without groups.",
        OBJECTS,
        lambda c: not c.count("SELECT COUNT() FROM PermissionSetAssignment WHERE PermissionSetGroupId != null"),
    ),
]
