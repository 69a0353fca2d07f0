"""Bulk API 2.0 query jobs of the sandbox, over HTTP; and public clients that use them."""

import csv
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import Api

DEADLINE_SECONDS = 20
SOQL = "SELECT Id, Name, Owner.Name, IsConverted, CreatedDate, Email FROM Lead"


def create(api: Api, soql: str = SOQL, **options: str) -> requests.Response:
    body = {"operation": "query", "query": soql, **options}
    return api.call("POST", "/jobs/query", json=body, headers={"Accept": "text/csv"})


def finished(api: Api, soql: str = SOQL, **options: str) -> dict[str, Any]:
    path = f"/jobs/query/{create(api, soql, **options).json()['id']}"
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (job := api.get(path).json())["state"] == "InProgress":
        assert time.monotonic() < deadline, job
        time.sleep(0.01)
    found: dict[str, Any] = job
    return found


def results(api: Api, job: dict[str, Any], **params: object) -> requests.Response:
    return api.get(f"/jobs/query/{job['id']}/results", params=params)


def rows(answer: requests.Response) -> list[list[str]]:
    answer.encoding = "utf-8"
    return list(csv.reader(StringIO(answer.text, newline="")))


def test_salesforce_34_job_is_json_even_when_csv_is_accepted(api: Api) -> None:
    job = create(api).json()
    assert (job["state"], job["object"], job["apiVersion"]) == ("UploadComplete", "Lead", 62.0)


def test_salesforce_37_job_is_in_progress_until_its_time_is_over(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.post("/_sandbox/switches", {"bulk_seconds": 3600})
    path = f"/jobs/query/{create(api).json()['id']}"
    assert api.get(path).json()["state"] == "InProgress"
    assert api.get(path + "/results").status_code == 400
    assert api.call("DELETE", path).status_code == 400
    assert api.call("PATCH", path, json={"state": "Aborted"}).json()["state"] == "Aborted"
    assert api.call("DELETE", path).status_code == 204
    assert api.get(path).status_code == 404


def test_salesforce_35_results_match_a_query(api: Api) -> None:
    job = finished(api)
    answer = results(api, job)
    header, *found = rows(answer)
    expected = api.query(SOQL)["records"]
    assert header == ["Id", "Name", "Owner.Name", "IsConverted", "CreatedDate", "Email"]
    assert answer.headers["Sforce-NumberOfRecords"] == str(len(found)) == str(job["numberRecordsProcessed"])
    assert answer.headers["Sforce-Locator"] == "null"
    assert [row[:3] for row in found] == [
        [item["Id"], item["Name"], item["Owner"]["Name"] if item["Owner"] else ""] for item in expected
    ]
    assert {row[3] for row in found} == {"true", "false"}
    assert all(row[4].endswith(".000Z") for row in found)
    assert [row[5] for row in found] == [item["Email"] or "" for item in expected]


def test_salesforce_35_every_value_is_quoted_and_lines_end_as_asked(api: Api) -> None:
    job = finished(api, "SELECT Id, Email FROM Contact", lineEnding="CRLF", columnDelimiter="SEMICOLON")
    lines = results(api, job).content.split(b"\r\n")
    assert lines[0] == b'"Id";"Email"'
    assert all(line.startswith(b'"003') and line.endswith(b'"') for line in lines[1:-1])


def test_salesforce_35_pages_have_a_header_each_and_can_be_read_again(api: Api) -> None:
    job = finished(api)
    whole = rows(results(api, job))
    first = results(api, job, maxRecords=100)
    found, locator, pages = rows(first), first.headers["Sforce-Locator"], [first.headers["Sforce-Locator"]]
    while locator != "null":
        page = results(api, job, maxRecords=100, locator=locator)
        assert rows(page)[0] == whole[0]
        assert int(page.headers["Sforce-NumberOfRecords"]) == len(rows(page)) - 1 <= 100
        found += rows(page)[1:]
        locator = page.headers["Sforce-Locator"]
        pages.append(locator)
    assert found == whole
    assert rows(results(api, job, maxRecords=100, locator=pages[0])) == whole[:1] + whole[101:201]
    assert results(api, job, locator="bm9uc2Vuc2U").json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_pages_can_be_read_in_parallel(api: Api) -> None:
    job = finished(api)
    answer = api.get(f"/jobs/query/{job['id']}/resultPages").json()
    assert (answer["done"], answer["nextRecordsUrl"]) == (True, None)
    pages = [rows(api.get(page["resultLink"])) for page in answer["resultPages"]]
    assert len(pages) > 1
    assert [row for page in pages for row in page[1:]] == rows(results(api, job))[1:]


def test_compressed_and_plain_results_are_the_same(api: Api) -> None:
    path = f"/jobs/query/{finished(api)['id']}/results"
    packed = api.get(path, headers={"Accept-Encoding": "gzip"})
    plain = api.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == plain.content


def test_salesforce_35_empty_result_has_a_header(api: Api) -> None:
    answer = results(api, finished(api, "SELECT Id FROM Lead WHERE Name = 'nobody at all'"))
    assert answer.text == '"Id"\n'
    assert (answer.headers["Sforce-NumberOfRecords"], answer.headers["Sforce-Locator"]) == ("0", "null")


def test_query_all_has_deleted_rows(api: Api) -> None:
    deleted = rows(results(api, finished(api, "SELECT Id, IsDeleted FROM Lead", operation="queryAll")))[1:]
    assert {row[1] for row in deleted} == {"true", "false"}


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT Id, Address FROM Lead", "INVALID_FIELD", "Selecting compound data not supported in Bulk Query"),
        ("SELECT Id FROM PermissionSet", "INVALIDENTITY", "is not supported by the Bulk API"),
        ("SELECT OwnerId FROM Lead GROUP BY OwnerId", "API_ERROR", "Implementation restriction"),
        ("SELECT Nothing FROM Lead", "INVALID_FIELD", "No such column 'Nothing' on entity 'Lead'"),
    ],
)
def test_salesforce_36_refused_jobs(api: Api, soql: str, code: str, message: str) -> None:
    answer = create(api, soql)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert message in answer.json()[0]["message"]


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("bulk_failed", "Failed"),
        ("bulk_aborted", "Aborted"),
        ("bulk_stuck", "InProgress"),
        ("bulk_empty", "JobComplete"),
    ],
)
def test_jobs_that_end_badly(sandbox: SandboxProcess, api: Api, fault: str, state: str) -> None:
    sandbox.post("/_sandbox/faults", {"path": "jobs/query$", "kind": f"salesforce:{fault}", "count": 1})
    path = f"/jobs/query/{create(api).json()['id']}"
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (job := api.get(path).json())["state"] != state:
        assert time.monotonic() < deadline, job
    assert ("errorMessage" in job) == (state == "Failed")
    if fault != "bulk_stuck":
        assert job["numberRecordsProcessed"] == 0
    assert finished(api)["numberRecordsProcessed"] > 0


def test_salesforce_44_simple_salesforce_unmodified(
    sandbox: SandboxProcess, api: Api, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
    token = api.headers["Authorization"].removeprefix("Bearer ")
    with requests.Session() as session:
        client: Any = Salesforce(instance_url=sandbox.https_url, session_id=token, session=session)
        records = list(client.query_all_iter("SELECT Id, Account.Name FROM Contact"))
        fields = {field["name"] for field in client.Lead.describe()["fields"]}
        contact = client.Contact.get(records[0]["Id"])
    assert [record["Id"] for record in records] == api.names("SELECT Id FROM Contact")
    assert {"Id", "OwnerId", "ConvertedContactId", "SystemModstamp"} <= fields
    assert contact["AccountId"].startswith("001")


def test_salesforce_44_simple_salesforce_logs_in_by_itself(
    sandbox: SandboxProcess, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ca_file))
    host = sandbox.https_url.removeprefix("https://")
    # The library appends .salesforce.com to the domain of a login; only the request's address is turned to the sandbox.
    with requests.Session() as session:
        session.mount("https://login.salesforce.com", _Redirected(host))
        client: Any = Salesforce(
            username="admin@acme.example", password="sandbox-password", security_token="token", session=session
        )
        assert client.query("SELECT COUNT() FROM Lead")["totalSize"] > 0
        with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_LOGIN"):
            Salesforce(username="admin@acme.example", password="wrong", security_token="", session=session)


class _Redirected(requests.adapters.HTTPAdapter):
    def __init__(self, host: str) -> None:
        super().__init__()
        self.host = host

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = str(request.url).replace("login.salesforce.com", self.host)
        return super().send(request, *args, **kwargs)
