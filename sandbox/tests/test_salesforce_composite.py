"""Many records and many calls in one call, at the sandbox's REST API."""

from typing import Any

import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import Api, act

COLLECTION = "/composite/sobjects"
BASE = "/services/data/v62.0"


def account(name: str | None, **values: object) -> dict[str, Any]:
    return {"attributes": {"type": "Account"}, "Name": name, **values}


def write(api: Api, records: list[dict[str, Any]], method: str = "POST", **options: object) -> list[dict[str, Any]]:
    answer = api.call(method, COLLECTION, json={"records": records, **options})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def code_of(answer: requests.Response) -> str:
    return str(answer.json()[0]["errorCode"])


def test_salesforce_28_retrieve_answers_null_in_place(api: Api) -> None:
    first, second = api.names("SELECT Id FROM Contact LIMIT 2")
    deleted = api.query("SELECT Id FROM Contact WHERE IsDeleted = true LIMIT 1", "/queryAll")["records"][0]["Id"]
    ids = [first, "003000000000000AAA", deleted, second[:15]]
    found = api.call("POST", COLLECTION + "/Contact", json={"ids": ids, "fields": ["id", "OwnerId"]}).json()
    assert [record and record["Id"] for record in found] == [first, None, None, second]
    assert list(found[0]) == ["attributes", "Id", "OwnerId"]
    assert api.get(COLLECTION + "/Contact", params={"ids": ",".join(ids), "fields": "Id,OwnerId"}).json() == found


def test_salesforce_28_unknown_field_or_too_many_ids_fail_the_whole_call(api: Api) -> None:
    body = {"ids": ["003000000000000AAA"], "fields": ["Id", "Nothing"]}
    assert code_of(api.call("POST", COLLECTION + "/Contact", json=body)) == "INVALID_FIELD"
    body = {"ids": ["003000000000000AAA"] * 2_001, "fields": ["Id"]}
    assert code_of(api.call("POST", COLLECTION + "/Contact", json=body)) == "EXCEEDED_ID_LIMIT"


def test_salesforce_29_every_row_has_its_own_result(api: Api) -> None:
    good, bad = write(api, [account("Birch"), account(None)])
    assert good == {"id": good["id"], "success": True, "errors": []}
    error = {
        "statusCode": "REQUIRED_FIELD_MISSING",
        "message": "Required fields are missing: [Name]",
        "fields": ["Name"],
    }
    assert bad == {"success": False, "errors": [error]}
    changed = write(api, [account("Oak", id=good["id"]), account("x", Id="001000000000000AAA")], "PATCH")
    assert [item["success"] for item in changed] == [True, False]
    assert api.record("Account", good["id"])["Name"] == "Oak"
    deleted = api.call("DELETE", COLLECTION, params={"ids": good["id"] + ",nothing"}).json()
    assert deleted[0] == {"id": good["id"], "success": True, "errors": []}
    assert deleted[1]["errors"][0]["statusCode"] == "MALFORMED_ID"


def test_salesforce_29_all_or_none_takes_everything_back(sandbox: SandboxProcess, api: Api) -> None:
    lead = {"attributes": {"type": "Lead"}, "LastName": "Lind", "Company": "Birch"}
    before = sandbox.get("/_sandbox/state")
    results = write(api, [account("Birch"), lead, account(None)], allOrNone=True)
    codes = [item["errors"][0]["statusCode"] for item in results]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK"] * 2 + ["REQUIRED_FIELD_MISSING"]
    assert api.names("SELECT Id FROM Account WHERE Name = 'Birch'") == []
    after = sandbox.get("/_sandbox/state")
    assert (after["people"], after["changes"]) == (before["people"], before["changes"])


def test_salesforce_29_limits_of_a_collection(api: Api) -> None:
    many = api.call("POST", COLLECTION, json={"records": [account("x")] * 201})
    assert (many.status_code, code_of(many)) == (400, "EXCEEDED_ID_LIMIT")
    lead = {"attributes": {"type": "Lead"}, "LastName": "Lind", "Company": "Birch"}
    mixed = api.call("POST", COLLECTION, json={"records": [account("x"), lead] * 6})
    assert code_of(mixed) == "EXCEEDED_MAX_TYPES_LIMIT"
    assert code_of(api.call("POST", COLLECTION, json={"records": [{"Name": "x"}]})) == "INVALID_INPUT"
    assert len(write(api, [account(str(number)) for number in range(200)])) == 200


def test_salesforce_29_some_rows_are_locked(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "refuse_rows", object="Account", code="UNABLE_TO_LOCK_ROW", every=2, count=2)
    results = write(api, [account(str(number)) for number in range(6)])
    assert [item["success"] for item in results] == [True, False, True, False, True, True]
    assert results[1]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"


def test_collection_upsert_tells_what_is_new(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "add_field", object="Account", name="Number__c", type="string", external_id=True)
    path = COLLECTION + "/Account/Number__c"
    records = [account("Birch", Number__c="1"), account("Oak", Number__c="2")]
    assert [item["created"] for item in api.call("PATCH", path, json={"records": records}).json()] == [True, True]
    records[1]["Number__c"] = "3"
    assert [item["created"] for item in api.call("PATCH", path, json={"records": records}).json()] == [False, True]


def test_composite_hands_results_on(api: Api) -> None:
    parts = [
        {"method": "POST", "url": f"{BASE}/sobjects/Account", "referenceId": "a", "body": {"Name": "Birch"}},
        {
            "method": "POST",
            "url": f"{BASE}/sobjects/Contact",
            "referenceId": "c",
            "body": {"LastName": "Berg", "AccountId": "@{a.id}"},
        },
        {
            "method": "GET",
            "url": f"{BASE}/query?q=SELECT+Account.Name+FROM+Contact+WHERE+Id='@{{c.id}}'",
            "referenceId": "q",
        },
        {"method": "GET", "url": f"{BASE}/sobjects/Account/@{{q.records[0].nothing}}", "referenceId": "x"},
    ]
    used = int(api.get("/limits").headers["Sforce-Limit-Info"].partition("=")[2].partition("/")[0])
    answer = api.call("POST", "/composite", json={"compositeRequest": parts})
    made, contact, query, lost = answer.json()["compositeResponse"]
    assert (made["httpStatusCode"], made["referenceId"]) == (201, "a")
    assert made["httpHeaders"]["Location"] == f"{BASE}/sobjects/Account/{made['body']['id']}"
    assert contact["httpStatusCode"] == 201
    assert query["body"]["records"][0]["Account"]["Name"] == "Birch"
    assert lost["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert answer.headers["Sforce-Limit-Info"] == f"api-usage={used + 1}/100000"


def test_composite_all_or_none(api: Api) -> None:
    parts = [
        {"method": "POST", "url": f"{BASE}/sobjects/Account", "referenceId": "a", "body": {"Name": "Birch"}},
        {"method": "POST", "url": f"{BASE}/sobjects/Account", "referenceId": "b", "body": {}},
    ]
    first, second = api.call("POST", "/composite", json={"allOrNone": True, "compositeRequest": parts}).json()[
        "compositeResponse"
    ]
    assert (first["httpStatusCode"], first["body"][0]["errorCode"]) == (400, "PROCESSING_HALTED")
    assert second["body"][0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert api.names("SELECT Id FROM Account WHERE Name = 'Birch'") == []


def test_composite_limits(api: Api) -> None:
    part = {"method": "GET", "url": f"{BASE}/limits", "referenceId": "a"}
    assert code_of(api.call("POST", "/composite", json={"compositeRequest": [part] * 26})) == "INVALID_INPUT"
    query = part | {"url": f"{BASE}/query?q=SELECT+Id+FROM+User"}
    assert code_of(api.call("POST", "/composite", json={"compositeRequest": [query] * 6})) == "INVALID_INPUT"


def test_graphs_are_done_as_a_whole_or_not_at_all(api: Api) -> None:
    def node(reference: str, sobject: str, **body: str) -> dict[str, Any]:
        return {"method": "POST", "url": f"{BASE}/sobjects/{sobject}", "referenceId": reference, "body": body}

    family = [node("a", "Account", Name="Birch"), node("c", "Contact", LastName="Lind", AccountId="@{a.id}")]
    broken = [node("a", "Account", Name="Oak"), node("b", "Account")]
    graphs = [{"graphId": "1", "compositeRequest": family}, {"graphId": "2", "compositeRequest": broken}]
    done, undone = api.call("POST", "/composite/graph", json={"graphs": graphs}).json()["graphs"]
    assert (done["graphId"], done["isSuccessful"], undone["isSuccessful"]) == ("1", True, False)
    assert [part["httpStatusCode"] for part in done["graphResponse"]["compositeResponse"]] == [201, 201]
    codes = [part["body"][0]["errorCode"] for part in undone["graphResponse"]["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert api.names("SELECT Account.Name FROM Contact WHERE LastName = 'Lind'")
    assert api.names("SELECT Id FROM Account WHERE Name = 'Oak'") == []


def test_graphs_have_limits(api: Api) -> None:
    nodes = [{"method": "GET", "url": f"{BASE}/limits", "referenceId": f"n{number}"} for number in range(251)]
    graphs = [{"graphId": name, "compositeRequest": nodes} for name in "ab"]
    assert code_of(api.call("POST", "/composite/graph", json={"graphs": graphs})) == "INVALID_INPUT"
    assert code_of(api.call("POST", "/composite/graph", json={"graphs": []})) == "INVALID_INPUT"


def test_batch_of_calls(api: Api) -> None:
    requests_ = [{"method": "GET", "url": "v62.0/limits"}, {"method": "GET", "url": "v62.0/sobjects/Xyzzy/describe"}]
    answer = api.call("POST", "/composite/batch", json={"batchRequests": requests_}).json()
    assert (answer["hasErrors"], [item["statusCode"] for item in answer["results"]]) == (True, [200, 404])
    assert "DailyApiRequests" in answer["results"][0]["result"]


def test_tree_of_records(api: Api) -> None:
    def record(reference: str, name: str | None) -> dict[str, Any]:
        return {"attributes": {"type": "Account", "referenceId": reference}, "Name": name}

    answer = api.call("POST", "/composite/tree/Account", json={"records": [record("a", "Birch"), record("b", "Oak")]})
    assert (answer.status_code, answer.json()["hasErrors"]) == (201, False)
    assert [item["referenceId"] for item in answer.json()["results"]] == ["a", "b"]
    answer = api.call("POST", "/composite/tree/Account", json={"records": [record("a", "Elm"), record("b", None)]})
    assert (answer.status_code, answer.json()["results"][0]["referenceId"]) == (400, "b")
    assert api.names("SELECT Id FROM Account WHERE Name = 'Elm'") == []
