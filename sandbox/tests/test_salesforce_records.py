# ruff: noqa: S608 - SOQL put together from our own values is what these tests send.
"""Records written through the REST API of the sandbox, and what Marketo sees of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox.record_ids import read_id
from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo
from sandbox.tests.salesforce_browser import Api, act

LEAD = {"LastName": "Lind", "Company": "Birch Works", "Email": "lind@birch.example"}


def marketo_person(sandbox: SandboxProcess, record_id: str) -> dict[str, Any]:
    """What Marketo knows of the person behind a lead or contact."""
    kind = "Lead" if record_id.startswith("00Q") else "Contact"
    [person] = Marketo(sandbox.url).result(
        "/rest/v1/leads.json",
        filterType="id",
        filterValues=read_id(kind, record_id),
        fields="firstName,company,title,sfdcType",
    )
    return person


def error_of(answer: requests.Response) -> tuple[int, str, list[str]]:
    [error] = answer.json()
    return answer.status_code, error["errorCode"], error.get("fields", [])


def test_salesforce_30_record_is_created_changed_and_deleted(api: Api) -> None:
    answer = api.call("POST", "/sobjects/Account/", json={"Name": "Birch Works"})
    account_id = answer.json()["id"]
    assert (answer.status_code, answer.json()) == (201, {"id": account_id, "success": True, "errors": []})
    assert answer.headers["Location"] == f"/services/data/v62.0/sobjects/Account/{account_id}"
    path = f"/sobjects/Account/{account_id}"
    answer = api.call("PATCH", path, json={"Phone": "12345"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (api.record("Account", account_id)["Phone"], api.record("Account", account_id)["Name"]) == (
        "12345",
        "Birch Works",
    )
    assert api.call("POST", path + "?_HttpMethod=PATCH", json={"Phone": "6"}).status_code == 204
    assert api.names(f"SELECT Phone FROM Account WHERE Id = '{account_id}'") == ["6"]
    answer = api.call("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert error_of(api.call("DELETE", path))[:2] == (404, "ENTITY_IS_DELETED")
    assert api.names(f"SELECT IsDeleted FROM Account WHERE Id = '{account_id}'") == []


def test_salesforce_30_upsert_by_external_id(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "add_field", object="Contact", name="Number__c", type="string", external_id=True)
    path = "/sobjects/Contact/Number__c/A-1"
    assert api.call("PATCH", path + "?updateOnly=true", json={"LastName": "Berg"}).status_code == 404
    created = api.call("PATCH", path, json={"LastName": "Berg"})
    contact_id = created.json()["id"]
    assert (created.status_code, created.json()["created"]) == (201, True)
    updated = api.call("PATCH", path, json={"Title": "CEO"})
    assert (updated.status_code, updated.json()) == (
        200,
        {"id": contact_id, "success": True, "errors": [], "created": False},
    )
    assert api.get(path).json()["Title"] == "CEO"
    other_id = api.create("Contact", LastName="Berg", Number__c="a-1")
    several = api.call("PATCH", path, json={"Title": "CTO"})
    expected = [f"/services/data/v62.0/sobjects/Contact/{record_id}" for record_id in sorted([contact_id, other_id])]
    assert (several.status_code, sorted(several.json())) == (300, expected)
    assert api.get(path).status_code == 300
    answer = api.call("PATCH", "/sobjects/Contact/Title/A-1", json={"LastName": "Berg"})
    assert error_of(answer)[:2] == (404, "NOT_FOUND")
    assert answer.json()[0]["message"] == "Provided external ID field does not exist or is not accessible: Title"


def test_parent_by_its_external_id(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "add_field", object="Account", name="Number__c", type="string", external_id=True)
    account_id = api.create("Account", Name="Birch Works", Number__c="7")
    contact_id = api.create("Contact", LastName="Berg", Account={"Number__c": "7"})
    assert api.record("Contact", contact_id)["AccountId"] == account_id


@pytest.mark.parametrize(
    ("sobject", "values", "expected"),
    [
        ("Lead", {"LastName": "Lind"}, (400, "REQUIRED_FIELD_MISSING", ["Company"])),
        ("Account", {"Name": None}, (400, "REQUIRED_FIELD_MISSING", ["Name"])),
        ("Lead", LEAD | {"Nothing": 1}, (400, "INVALID_FIELD", [])),
        ("Lead", LEAD | {"Name": "x"}, (400, "INVALID_FIELD_FOR_INSERT_UPDATE", ["Name"])),
        ("Lead", LEAD | {"FirstName": "x" * 41}, (400, "STRING_TOO_LONG", ["FirstName"])),
        ("Lead", LEAD | {"Email": "nobody"}, (400, "INVALID_EMAIL_ADDRESS", ["Email"])),
        ("Lead", LEAD | {"OwnerId": "001Hs0000000001"}, (400, "MALFORMED_ID", ["OwnerId"])),
        ("Lead", LEAD | {"OwnerId": "005Hs00000zzzzz"}, (400, "INVALID_CROSS_REFERENCE_KEY", ["OwnerId"])),
        ("Contact", {"LastName": "x", "OwnerId": "00GHs0000000001"}, (400, "MALFORMED_ID", ["OwnerId"])),
        ("Lead", LEAD | {"DoNotCall": "perhaps"}, (400, "JSON_PARSER_ERROR", [])),
        ("Lead", LEAD | {"NumberOfEmployees": "many"}, (400, "JSON_PARSER_ERROR", [])),
        ("User", {"LastName": "x"}, (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", [])),
        ("Xyzzy", {}, (404, "NOT_FOUND", [])),
    ],
)
def test_refused_records(api: Api, sobject: str, values: dict[str, Any], expected: tuple[int, str, list[str]]) -> None:
    assert error_of(api.call("POST", f"/sobjects/{sobject}", json=values)) == expected


def test_body_must_be_json(api: Api) -> None:
    assert error_of(api.call("POST", "/sobjects/Lead", data="{", headers={"Content-Type": "application/json"}))[:2] == (
        400,
        "JSON_PARSER_ERROR",
    )
    assert error_of(api.call("POST", "/sobjects/Lead", data="a=b", headers={"Content-Type": "text/plain"}))[:2] == (
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    )


def test_every_kind_of_value_is_kept(sandbox: SandboxProcess, api: Api) -> None:
    kinds = {"string": "x", "boolean": True, "double": 1.5, "date": "2026-01-31", "url": "https://birch.example"}
    for kind in (*kinds, "datetime"):
        act(sandbox, "add_field", object="Contact", name=f"{kind}__c", type=kind)
    values = {f"{kind}__c": value for kind, value in kinds.items()}
    contact_id = api.create("Contact", LastName="Berg", datetime__c="2026-01-31T01:00:00+01:00", **values)
    record = api.record("Contact", contact_id)
    assert {name: record[name] for name in values} == values
    assert record["datetime__c"] == "2026-01-31T00:00:00.000+0000"
    assert api.names("SELECT Id FROM Contact WHERE double__c > 1 AND boolean__c = true") == [contact_id]


def test_lead_made_in_salesforce_arrives_in_marketo(sandbox: SandboxProcess, api: Api) -> None:
    lead_id = api.create("Lead", **LEAD, FirstName="Maria", Description="From the fair")
    person = marketo_person(sandbox, lead_id)
    assert (person["firstName"], person["company"], person["sfdcType"]) == ("Maria", "Birch Works", "Lead")
    record = api.record("Lead", lead_id)
    assert (record["Name"], record["Description"], record["IsConverted"]) == ("Maria Lind", "From the fair", False)
    assert record["OwnerId"] == api.names("SELECT Id FROM User WHERE Username = 'admin@acme.example'")[0]
    before = sandbox.get("/_sandbox/state")["changes"]
    api.call("PATCH", f"/sobjects/Lead/{lead_id}", json={"FirstName": None, "Title": "CEO"})
    person = marketo_person(sandbox, lead_id)
    assert (person["firstName"] or None, person["title"]) == (None, "CEO")
    assert (api.record("Lead", lead_id)["Name"], api.record("Lead", lead_id)["FirstName"]) == ("Lind", None)
    assert sandbox.get("/_sandbox/state")["changes"] == before + 1


def test_owner_and_account_move_in_both_systems(sandbox: SandboxProcess, api: Api) -> None:
    [queue] = api.names("SELECT Id FROM Group WHERE Name = 'Partner Leads'")
    lead_id = api.create("Lead", **LEAD)
    assert api.call("PATCH", f"/sobjects/Lead/{lead_id}", json={"OwnerId": queue}).status_code == 204
    assert api.query(f"SELECT Owner.Name FROM Lead WHERE Id = '{lead_id}'")["records"][0]["Owner"]["Name"] == (
        "Partner Leads"
    )
    account_id = api.create("Account", Name="Birch Works")
    contact_id = api.create("Contact", LastName="Berg")
    assert (api.record("Contact", contact_id)["AccountId"], marketo_person(sandbox, contact_id)["company"]) == (
        None,
        None,
    )
    api.call("PATCH", f"/sobjects/Contact/{contact_id}", json={"AccountId": account_id})
    assert marketo_person(sandbox, contact_id)["company"] == "Birch Works"
    assert api.query(f"SELECT Account.Name FROM Contact WHERE Id = '{contact_id}'")["records"][0]["Account"][
        "Name"
    ] == ("Birch Works")


def test_deleted_lead_stays_in_marketo(sandbox: SandboxProcess, api: Api) -> None:
    lead_id = api.create("Lead", **LEAD)
    expected = sandbox.get("/_sandbox/state")["expected"]["deleted_in_salesforce"]
    assert api.call("DELETE", f"/sobjects/Lead/{lead_id}").status_code == 204
    assert sandbox.get("/_sandbox/state")["expected"]["deleted_in_salesforce"] == expected + 1
    assert error_of(api.get(f"/sobjects/Lead/{lead_id}"))[:2] == (404, "ENTITY_IS_DELETED")
    soql = f"SELECT IsDeleted FROM Lead WHERE Id = '{lead_id}'"
    assert (api.names(soql), api.query(soql, "/queryAll")["records"][0]["IsDeleted"]) == ([], True)


def test_salesforce_26_merged_lead_names_its_winner(sandbox: SandboxProcess, api: Api) -> None:
    winner, loser = (api.create("Lead", **LEAD) for _ in range(2))
    sandbox.post("/_sandbox/people", {"action": "merge", "ids": [read_id("Lead", winner), read_id("Lead", loser)]})
    soql = f"SELECT Id, IsDeleted, MasterRecordId FROM Lead WHERE Id = '{loser}'"
    assert api.query(soql)["records"] == []
    [record] = api.query(soql, "/queryAll")["records"]
    assert (record["IsDeleted"], record["MasterRecordId"]) == (True, winner)


def test_counts_follow_the_writes(sandbox: SandboxProcess, api: Api) -> None:
    before = api.query("SELECT COUNT() FROM Account")["totalSize"]
    first, _ = api.create("Account", Name="First"), api.create("Account", Name="Second")
    api.call("DELETE", f"/sobjects/Account/{first}")
    [seeded] = api.names("SELECT Id FROM Account LIMIT 1")
    api.call("DELETE", f"/sobjects/Account/{seeded}")
    assert api.query("SELECT COUNT() FROM Account")["totalSize"] == before
    assert api.query("SELECT COUNT() FROM Account WHERE Id != null")["totalSize"] == before
    assert sandbox.get("/_sandbox/state")["salesforce"]["Account"] == before
    counted = api.get("/limits/recordCount", params={"sObjects": "Account,Task"}).json()
    assert counted == {"sObjects": [{"count": before, "name": "Account"}, {"count": 0, "name": "Task"}]}


def test_tasks_are_logged_to_people(api: Api) -> None:
    [contact_id] = api.names("SELECT Id FROM Contact LIMIT 1")
    task_id = api.create("Task", WhoId=contact_id, Subject="Call", ActivityDate="2026-06-01", Type="Call")
    [task] = api.query("SELECT Id, Who.Type, Subject, Status, Type FROM Task")["records"]
    assert (task["Id"], task["Who"]["Type"], task["Status"], task["Type"]) == (
        task_id,
        "Contact",
        "Not Started",
        "Call",
    )


CONVERT = """<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:urn="urn:partner.soap.sforce.com">
<soapenv:Header><urn:SessionHeader><urn:sessionId>{token}</urn:sessionId></urn:SessionHeader></soapenv:Header>
<soapenv:Body><urn:convertLead><urn:leadConverts><urn:convertedStatus>{status}</urn:convertedStatus>
<urn:leadId>{lead_id}</urn:leadId></urn:leadConverts></urn:convertLead></soapenv:Body></soapenv:Envelope>"""


def convert(api: Api, lead_id: str, status: str = "Closed - Converted") -> str:
    """The answer to SOAP's convertLead."""
    token = api.headers["Authorization"].removeprefix("Bearer ")
    body = CONVERT.format(token=token, status=status, lead_id=lead_id)
    return requests.post(f"{api.origin}/services/Soap/u/62.0", data=body, timeout=10).text


def test_salesforce_27_conversion_sets_three_ids_and_closes_the_lead(sandbox: SandboxProcess, api: Api) -> None:
    lead_id = api.create("Lead", **LEAD)
    assert "INVALID_STATUS" in convert(api, lead_id, "Working")
    assert "<success>true</success>" in convert(api, lead_id)
    lead = api.record("Lead", lead_id)
    assert (lead["IsConverted"], lead["Status"]) == (True, "Closed - Converted")
    assert api.record("Account", lead["ConvertedAccountId"])["Name"] == "Birch Works"
    contact = api.record("Contact", lead["ConvertedContactId"])
    assert (contact["LastName"], contact["AccountId"]) == ("Lind", lead["ConvertedAccountId"])
    opportunity = api.record("Opportunity", lead["ConvertedOpportunityId"])
    assert opportunity["AccountId"] == lead["ConvertedAccountId"]
    soql = f"SELECT ContactId FROM OpportunityContactRole WHERE OpportunityId = '{opportunity['Id']}'"
    assert api.names(soql) == [contact["Id"]]
    assert marketo_person(sandbox, contact["Id"])["sfdcType"] == "Contact"
    answer = api.call("PATCH", f"/sobjects/Lead/{lead_id}", json={"Title": "x"})
    assert error_of(answer)[:2] == (400, "CANNOT_UPDATE_CONVERTED_LEAD")
    assert "CANNOT_UPDATE_CONVERTED_LEAD" in convert(api, lead_id)
    assert api.call("PATCH", f"/sobjects/Contact/{contact['Id']}", json={"Title": "x"}).status_code == 204


def window(sandbox: SandboxProcess, days: float = 1) -> dict[str, str]:
    """A span of time up to the next minutes."""
    now = datetime.fromisoformat(sandbox.get("/_sandbox/state")["now"])
    return {"start": (now - timedelta(days=days)).isoformat(), "end": (now + timedelta(minutes=2)).isoformat()}


def test_salesforce_32_updated_and_deleted(sandbox: SandboxProcess, api: Api) -> None:
    kept, gone = api.create("Lead", **LEAD), api.create("Lead", **LEAD)
    api.call("DELETE", f"/sobjects/Lead/{gone}")
    updated = api.get("/sobjects/Lead/updated/", params=window(sandbox)).json()
    assert (updated["ids"], set(updated)) == ([kept], {"ids", "latestDateCovered"})
    deleted = api.get("/sobjects/Lead/deleted/", params=window(sandbox)).json()
    assert set(deleted) == {"deletedRecords", "earliestDateAvailable", "latestDateCovered"}
    [record] = deleted["deletedRecords"]
    assert (record["id"], set(record)) == (gone, {"id", "deletedDate"})
    assert error_of(api.get("/sobjects/Lead/updated/", params=window(sandbox, 31)))[:2] == (
        400,
        "INVALID_REPLICATION_DATE",
    )


def test_salesforce_33_every_write_moves_the_watermark(sandbox: SandboxProcess, api: Api) -> None:
    [lead] = api.query("SELECT Id, SystemModstamp FROM Lead WHERE IsConverted = false LIMIT 1")["records"]
    [owner] = api.names("SELECT Id FROM User WHERE Username = 'ops@demo.example'")
    stamps = [lead["SystemModstamp"]]
    for change in ({"Title": "x"}, {"OwnerId": owner}, {"Description": "x"}):
        sandbox.post("/_sandbox/clock", {"advance_seconds": 1})
        api.call("PATCH", f"/sobjects/Lead/{lead['Id']}", json=change)
        soql = f"SELECT SystemModstamp FROM Lead WHERE SystemModstamp > {stamps[-1]} AND Id = '{lead['Id']}'"
        stamps += api.names(soql)
    assert len(stamps) == 4
    assert stamps == sorted(set(stamps))


def test_salesforce_33_pages_split_rows_of_one_moment(api: Api) -> None:
    soql = "SELECT SystemModstamp FROM OpportunityContactRole ORDER BY SystemModstamp, Id"
    stamps = api.names(soql)
    split = next(number for number in range(1, len(stamps)) if stamps[number - 1] == stamps[number])
    assert api.names(f"{soql} LIMIT {split}") + api.names(f"{soql} LIMIT 2000 OFFSET {split}") == stamps


def test_late_commit_has_an_older_stamp(sandbox: SandboxProcess, api: Api) -> None:
    lead_id = api.create("Lead", **LEAD)
    act(sandbox, "backdate_record", object="Lead", id=lead_id, seconds=600)
    now = datetime.fromisoformat(sandbox.get("/_sandbox/state")["now"]).astimezone(UTC)
    watermark = (now - timedelta(seconds=300)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert lead_id not in api.names(f"SELECT Id FROM Lead WHERE SystemModstamp > {watermark}")
    overlap = (now - timedelta(seconds=900)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert lead_id in api.names(f"SELECT Id FROM Lead WHERE SystemModstamp > {overlap}")


def test_salesforce_31_long_addresses(api: Api) -> None:
    ids = ",".join(["00QHs0000000002MAA"] * 500)
    assert api.get("/query", params={"q": f"SELECT Id FROM Lead WHERE Name = '{ids}'"}).status_code == 200
    answer = api.get("/query", params={"q": f"SELECT Id FROM Lead WHERE Name = '{ids}{ids}'"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (414, "text/html")
    assert answer.text == "<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>"


def test_salesforce_43_description_is_304_until_it_changes(sandbox: SandboxProcess, api: Api) -> None:
    for path in ("/sobjects/Lead/describe", "/sobjects"):
        stamp = api.get(path).headers["Last-Modified"]
        answer = api.get(path, headers={"If-Modified-Since": stamp})
        assert (answer.status_code, answer.content) == (304, b"")
        sandbox.post("/_sandbox/clock", {"advance_seconds": 2})
        act(sandbox, "add_field", object="Lead", name="Level__c", type="string")
        assert api.get(path, headers={"If-Modified-Since": stamp}).status_code == 200
    assert api.get("/sobjects", headers={"If-Modified-Since": "yesterday"}).status_code == 200


def test_rows_are_refused_as_by_a_validation_rule(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "refuse_rows", object="Lead", code="FIELD_CUSTOM_VALIDATION_EXCEPTION", message="Not today.")
    answer = api.call("POST", "/sobjects/Lead", json=LEAD)
    assert error_of(answer)[:2] == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert answer.json()[0]["message"] == "Not today."
    assert api.call("POST", "/sobjects/Lead", json=LEAD).status_code == 201
