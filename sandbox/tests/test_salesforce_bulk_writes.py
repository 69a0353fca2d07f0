"""Bulk API 2.0 ingest and Bulk API 1.0 of the sandbox, over HTTP."""

import csv
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import Api, act

DEADLINE_SECONDS = 20
XML_NAMESPACE = 'xmlns="http://www.force.com/2009/06/asyncapi/dataload"'


def rows(answer: requests.Response) -> list[list[str]]:
    return list(csv.reader(StringIO(answer.text, newline="")))


def upload(api: Api, content: str, **options: str) -> dict[str, Any]:
    """A finished ingest job."""
    job = api.call("POST", "/jobs/ingest", json={"object": "Account", "operation": "insert", **options}).json()
    assert job["contentUrl"] == f"services/data/v62.0/jobs/ingest/{job['id']}/batches"
    answer = api.call(
        "PUT", f"/{job['contentUrl']}", data=content.encode(), headers={"Content-Type": "text/csv; charset=UTF-8"}
    )
    assert (answer.status_code, answer.content) == (201, b"")
    path = f"/jobs/ingest/{job['id']}"
    assert api.call("PATCH", path, json={"state": "UploadComplete"}).json()["state"] == "UploadComplete"
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (found := api.get(path).json())["state"] in {"UploadComplete", "InProgress"}:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    ended: dict[str, Any] = found
    return ended


def test_salesforce_39_upload_with_partial_failure(api: Api) -> None:
    job = upload(api, 'Name,Phone\n"Birch, Sons",1\n,2\nOak,3\n')
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 3, 1)
    path = f"/jobs/ingest/{job['id']}"
    header, *successful = rows(api.get(path + "/successfulResults"))
    assert header == ["sf__Id", "sf__Created", "Name", "Phone"]
    assert [row[1:] for row in successful] == [["true", "Birch, Sons", "1"], ["true", "Oak", "3"]]
    assert api.record("Account", successful[0][0])["Name"] == "Birch, Sons"
    header, failed = rows(api.get(path + "/failedResults"))
    assert header == ["sf__Id", "sf__Error", "Name", "Phone"]
    assert failed[1:] == ["REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --", "", "2"]
    assert rows(api.get(path + "/unprocessedrecords")) == [["Name", "Phone"]]
    assert api.call("DELETE", path).status_code == 204
    assert api.get(path).status_code == 404


def test_salesforce_39_update_upsert_and_delete(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "add_field", object="Account", name="Number__c", type="string", external_id=True)
    options = {"operation": "upsert", "externalIdFieldName": "Number__c"}
    upload(api, "Number__c,Name,Phone\n1,Birch,5\n2,Oak,6\n", **options)
    job = upload(api, "Number__c,Name,Phone\n1,,#N/A\n3,Elm,7\n", **options)
    found = rows(api.get(f"/jobs/ingest/{job['id']}/successfulResults"))[1:]
    assert [row[1] for row in found] == ["false", "true"]
    record = api.get("/sobjects/Account/Number__c/1").json()
    assert (record["Name"], record["Phone"]) == ("Birch", None)
    upload(api, f"Id,Name\n{record['Id']},Maple\n", operation="update")
    assert api.record("Account", record["Id"])["Name"] == "Maple"
    upload(api, f"Id\n{record['Id']}\n", operation="delete")
    assert api.get(f"/sobjects/Account/{record['Id']}").status_code == 404
    upload(api, "LastName|Account.Number__c\nBerg|2\n", object="Contact", columnDelimiter="PIPE")
    [contact] = api.query("SELECT Account.Name FROM Contact WHERE LastName = 'Berg' AND Account.Name = 'Oak'")[
        "records"
    ]
    assert contact["Account"]["Name"] == "Oak"


def test_salesforce_39_broken_file_fails_the_job(api: Api) -> None:
    job = upload(api, "Name,Phone\nBirch\n")
    assert (job["state"], job["errorMessage"].split(" ")[0]) == ("Failed", "InvalidBatch")


@pytest.mark.parametrize(
    "body",
    [
        {"object": "Account", "operation": "explode"},
        {"object": "Account", "operation": "upsert", "externalIdFieldName": "Nothing"},
        {"object": "Xyzzy", "operation": "insert"},
        {"object": "Account", "operation": "insert", "columnDelimiter": "STAR"},
    ],
)
def test_refused_uploads(api: Api, body: dict[str, str]) -> None:
    assert not api.call("POST", "/jobs/ingest", json=body).ok


def test_aborted_upload_writes_nothing(api: Api) -> None:
    job = api.call("POST", "/jobs/ingest", json={"object": "Account", "operation": "insert"}).json()
    path = f"/jobs/ingest/{job['id']}"
    assert (job["state"], job["jobType"], job["apiVersion"]) == ("Open", "V2Ingest", 62.0)
    assert api.call("DELETE", path).status_code == 400
    assert api.call("PATCH", path, json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert (
        api.call("PUT", path + "/batches", data=b"Name\nx\n", headers={"Content-Type": "text/csv"}).status_code == 400
    )


class Classic:
    """Bulk API 1.0 as tap-salesforce calls it: everything is sent as JSON, and the token in a header of its own."""

    def __init__(self, api: Api) -> None:
        self.base = f"{api.origin}/services/async/62.0/job"
        self.token = api.headers["Authorization"].removeprefix("Bearer ")

    def call(self, method: str, path: str = "", kind: str = "application/json", **options: Any) -> requests.Response:
        headers = {"X-SFDC-Session": self.token, "Content-Type": kind, **options.pop("headers", {})}
        return requests.request(method, self.base + path, headers=headers, timeout=10, **options)

    def job(self, content_type: str = "CSV", **options: Any) -> str:
        body = {"operation": "query", "object": "Contact", "contentType": content_type}
        answer = self.call("POST", json=body, **options)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Content-Type"] == "application/json"
        return "/" + str(answer.json()["id"])

    def wait(self, path: str, text: str) -> requests.Response:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while text not in (answer := self.call("GET", path)).text:
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.01)
        return answer


@pytest.fixture
def classic(api: Api) -> Classic:
    return Classic(api)


def between(text: str, name: str) -> str:
    return text.partition(f"<{name}>")[2].partition(f"</{name}>")[0]


def test_salesforce_38_csv_jobs_answer_xml_about_batches(api: Api, classic: Classic) -> None:
    job = classic.job()
    batch = classic.call("POST", job + "/batch", data="SELECT Id, Account.Name FROM Contact")
    assert batch.headers["Content-Type"] == "application/xml"
    assert f"<batchInfo {XML_NAMESPACE}>" in batch.text
    path = f"{job}/batch/{between(batch.text, 'id')}"
    classic.wait(path, "<state>Completed</state>")
    assert f"<batchInfoList {XML_NAMESPACE}><batchInfo>" in classic.call("GET", job + "/batch").text
    listed = classic.call("GET", path + "/result").text
    assert f"<result-list {XML_NAMESPACE}><result>752" in listed
    header, *found = rows(classic.call("GET", f"{path}/result/{between(listed, 'result')}"))
    assert header == ["Id", "Account.Name"]
    assert [row[0] for row in found] == api.names("SELECT Id FROM Contact")
    closed = classic.call("POST", job, json={"state": "Closed"})
    assert (closed.json()["state"], closed.headers["Content-Type"]) == ("Closed", "application/json")
    assert "<state>Closed</state>" in classic.call("GET", job, kind="application/xml").text


def test_salesforce_38_json_jobs_answer_json(classic: Classic) -> None:
    job = classic.job("JSON")
    batch = classic.call("POST", job + "/batch", data="SELECT Id FROM Contact LIMIT 1").json()
    path = f"{job}/batch/{batch['id']}"
    classic.wait(path, '"Completed"')
    [result] = classic.call("GET", path + "/result").json()
    [record] = classic.call("GET", f"{path}/result/{result}").json()
    assert record["attributes"]["type"] == "Contact"


def test_salesforce_38_errors_have_their_own_keys(classic: Classic) -> None:
    answer = classic.call("GET", "/750000000000000")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/json")
    assert answer.json() == {"exceptionCode": "InvalidJob", "exceptionMessage": "Invalid job id: 750000000000000"}
    classic.token = "wrong"
    assert classic.call("GET", "/750000000000000").json()["exceptionCode"] == "InvalidSessionId"
    classic.base = classic.base.replace("62.0", "30.0")
    assert classic.call("GET", "/x").json()["exceptionCode"] == "InvalidVersion"


def test_salesforce_38_failed_batch_says_why(classic: Classic) -> None:
    job = classic.job("JSON")
    batch = classic.call("POST", job + "/batch", data="SELECT Nothing FROM Contact").json()
    assert batch["state"] == "Failed"
    assert "No such column 'Nothing'" in batch["stateMessage"]


def test_salesforce_38_chunks_by_primary_key(api: Api, classic: Classic) -> None:
    job = classic.job("CSV", headers={"Sforce-Enable-PKChunking": "true; chunkSize=100"})
    batch = classic.call("POST", job + "/batch", data="SELECT Id FROM Contact").text
    assert "<state>NotProcessed</state>" in batch
    listed = classic.wait(job + "/batch", "<state>Completed</state>").text
    ids = [between(part, "id") for part in listed.split("<batchInfo>")[1:] if "Completed" in part]
    found = []
    for batch_id in ids:
        path = f"{job}/batch/{batch_id}/result"
        found += rows(classic.call("GET", f"{path}/{between(classic.call('GET', path).text, 'result')}"))[1:]
    assert [row[0] for row in found] == api.names("SELECT Id FROM Contact")
    assert len(ids) > 1


def test_simple_salesforce_bulk_unmodified(
    sandbox: SandboxProcess, api: Api, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
    token = api.headers["Authorization"].removeprefix("Bearer ")
    with requests.Session() as session:
        client: Any = Salesforce(instance_url=sandbox.https_url, session_id=token, session=session)
        good, bad = client.bulk.Account.insert([{"Name": "Birch"}, {"Phone": "1"}])
        [record] = client.bulk.Account.query("SELECT Id, Name FROM Account WHERE Name = 'Birch'", wait=0)
    assert (good["success"], good["created"], bad["success"]) == (True, True, False)
    assert record["Id"] == good["id"]
