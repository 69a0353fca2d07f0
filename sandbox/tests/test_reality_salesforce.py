"""What a real, old Salesforce org does and a tidy one does not: who sees which records, objects and fields."""

import csv
import io
import time
from collections.abc import Iterable
from typing import Any

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import Api, act

ADMIN = "admin@acme.example"
SELLER = "maria.lind@acme.example"
OBJECTS = ("Lead", "Contact", "Account", "Opportunity")


def bulk_rows(api: Api, soql: str) -> list[dict[str, str]]:
    """The rows of a Bulk 2.0 query."""
    job = api.call("POST", "/jobs/query", json={"operation": "query", "query": soql}).json()
    while api.get(f"/jobs/query/{job['id']}").json()["state"] == "InProgress":
        time.sleep(0.02)
    return list(csv.DictReader(io.StringIO(api.get(f"/jobs/query/{job['id']}/results").text)))


def classic_ids(api: Api, sobject: str, soql: str) -> list[str]:
    """The ids that a Bulk 1.0 query finds."""
    headers = {"X-SFDC-Session": api.headers["Authorization"].removeprefix("Bearer "), "Content-Type": "text/csv"}
    base = "/services/async/62.0/job"
    asked = {"operation": "query", "object": sobject, "contentType": "CSV"}
    json_headers = headers | {"Content-Type": "application/json"}
    job = f"{base}/{api.call('POST', base, json=asked, headers=json_headers).json()['id']}/batch"
    batch = api.call("POST", job, data=soql, headers=headers).text.partition("<id>")[2].partition("</id>")[0]
    while "<state>Completed" not in api.get(f"{job}/{batch}", headers=headers).text:
        time.sleep(0.02)
    result = api.get(f"{job}/{batch}/result", headers=headers).text.partition("<result>")[2].partition("</result>")[0]
    text = api.get(f"{job}/{batch}/result/{result}", headers=headers).text
    return [row["Id"] for row in csv.DictReader(io.StringIO(text))]


def user_ids(api: Api, *usernames: str) -> set[str]:
    soql = "SELECT Id FROM User WHERE Username IN ({})"
    return set(api.names(soql.format(quoted(usernames))))


def quoted(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def count(api: Api, sobject: str) -> int:
    soql = "SELECT COUNT() FROM {}"
    return int(api.query(soql.format(sobject))["totalSize"])


def test_everybody_sees_everything_by_default(api: Api) -> None:
    [org] = api.query("SELECT DefaultLeadAccess, DefaultContactAccess, DefaultOpportunityAccess FROM Organization")[
        "records"
    ]
    assert (org["DefaultLeadAccess"], org["DefaultContactAccess"]) == ("ReadEditTransfer", "ControlledByParent")
    assert {item["name"]: item["count"] for item in record_counts(api)} == {name: count(api, name) for name in OBJECTS}


def record_counts(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/limits/recordCount?sObjects={','.join(OBJECTS)}").json()["sObjects"]
    return found


@pytest.mark.parametrize(
    ("sees", "owners"),
    [("own", [SELLER]), ("team", ["jonas.berg@acme.example", "priya.patel@acme.example"])],
)
def test_sharing_narrows_every_way_to_records_alike(
    sandbox: SandboxProcess, api: Api, sees: str, owners: list[str]
) -> None:
    wanted = user_ids(api, *owners)
    all_ids = {item["Id"]: item["OwnerId"] for item in api.query("SELECT Id, OwnerId FROM Lead")["records"]}
    counts = record_counts(api)
    if sees == "own":
        # The administrator owns nothing: what is theirs is what was given to them.
        give_leads_to_admin(sandbox, api)
        wanted, all_ids = user_ids(api, ADMIN), {i["Id"]: i["OwnerId"] for i in lead_owners(api)}
    act(sandbox, "set_sharing", username=ADMIN, sees=sees, owners=owners)
    expected = {record_id for record_id, owner in all_ids.items() if owner in wanted}
    assert 0 < len(expected) < len(all_ids)
    assert set(api.names("SELECT Id FROM Lead")) == expected
    assert count(api, "Lead") == len(expected)
    assert {row["Id"] for row in bulk_rows(api, "SELECT Id FROM Lead")} == expected
    assert set(classic_ids(api, "Lead", "SELECT Id FROM Lead")) == expected
    assert {row["OwnerId"] for row in api.query("SELECT OwnerId FROM Contact", "/queryAll")["records"]} <= wanted
    hidden = min(all_ids.keys() - expected)
    assert api.get(f"/sobjects/Lead/{hidden}").status_code == 404
    assert api.get(f"/sobjects/Lead/{min(expected)}").status_code == 200
    found = api.call("POST", "/composite/sobjects/Lead", json={"ids": [hidden], "fields": ["Id"]}).json()
    assert found == [None]
    refused = api.call("PATCH", f"/sobjects/Lead/{hidden}", json={"Title": "Boss"}).json()
    assert refused[0]["errorCode"] == "INSUFFICIENT_ACCESS_OR_READONLY"
    assert record_counts(api) == counts


def lead_owners(api: Api) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.query("SELECT Id, OwnerId FROM Lead")["records"]
    return found


def give_leads_to_admin(sandbox: SandboxProcess, api: Api) -> None:
    people = api.names("SELECT Id FROM Lead WHERE IsConverted = false LIMIT 3")
    [admin] = user_ids(api, ADMIN)
    for record_id in people:
        assert api.call("PATCH", f"/sobjects/Lead/{record_id}", json={"OwnerId": admin}).status_code == 204


def test_a_part_is_stable_and_about_as_large_as_asked(sandbox: SandboxProcess, api: Api) -> None:
    everything = set(api.names("SELECT Id FROM Contact"))
    act(sandbox, "set_sharing", username=ADMIN, sees="part", percent=40)
    part = set(api.names("SELECT Id FROM Contact"))
    assert part < everything
    assert 0.3 < len(part) / len(everything) < 0.5
    assert {row["Id"] for row in bulk_rows(api, "SELECT Id, Name, OwnerId FROM Contact")} == part
    act(sandbox, "set_sharing", username=ADMIN, sees="all")
    assert set(api.names("SELECT Id FROM Contact")) == everything


def test_sharing_of_one_user_leaves_the_others_alone(sandbox: SandboxProcess, api: Api) -> None:
    before = count(api, "Lead")
    act(sandbox, "set_sharing", username=SELLER, sees="own")
    assert count(api, "Lead") == before
    assert api.names("SELECT DefaultLeadAccess FROM Organization") == ["None"]


def test_hidden_records_at_the_end_of_a_reference(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "set_sharing", username=ADMIN, sees="part", percent=50)
    contacts = set(api.names("SELECT Id FROM Contact"))
    opportunities = set(api.names("SELECT Id FROM Opportunity"))
    roles = api.query("SELECT ContactId, Contact.Name, OpportunityId FROM OpportunityContactRole")["records"]
    assert {role["OpportunityId"] for role in roles} == opportunities
    assert {role["Contact"] is None for role in roles} == {True, False}
    assert all((role["Contact"] is not None) == (role["ContactId"] in contacts) for role in roles)
    # Who sees a contact may read its account, and find it.
    found = api.query("SELECT AccountId, Account.Name FROM Contact")["records"]
    accounts = {item["AccountId"]: item["Account"] for item in found}
    assert all(accounts.values())
    assert accounts.keys() <= set(api.names("SELECT Id FROM Account"))


def test_what_a_user_may_do_with_records(sandbox: SandboxProcess, api: Api) -> None:
    [seller] = user_ids(api, SELLER)
    records = lead_owners(api)[:100]
    columns = "SELECT RecordId, HasReadAccess, MaxAccessLevel FROM UserRecordAccess"
    soql = columns + " WHERE UserId = '{}' AND RecordId IN ({})"
    listed = quoted(item["Id"] for item in records)
    own = {item["Id"] for item in records if item["OwnerId"] == seller}
    found = {item["RecordId"]: item for item in api.query(soql.format(seller, listed))["records"]}
    assert len(found) == 100
    assert {key for key, item in found.items() if item["MaxAccessLevel"] == "All"} == own
    assert all(item["HasReadAccess"] for item in found.values())
    act(sandbox, "set_sharing", username=SELLER, sees="own")
    found = {item["RecordId"]: item for item in api.query(soql.format(seller, listed))["records"]}
    assert {key for key, item in found.items() if item["HasReadAccess"]} == own
    assert api.query(soql.format(seller, listed) + " AND HasReadAccess = true")["totalSize"] == len(own)
    # What the asking user does not see has no row.
    act(sandbox, "set_sharing", username=ADMIN, sees="part", percent=10)
    assert api.query(soql.format(seller, listed))["totalSize"] < 40
    assert api.refusal("SELECT RecordId FROM UserRecordAccess")[0] == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    "body", [{"sees": "some"}, {"sees": "part", "percent": 101}, {"sees": "team", "owners": ["nobody@acme.example"]}]
)
def test_wrong_sharing_is_refused(sandbox: SandboxProcess, body: dict[str, Any]) -> None:
    with pytest.raises(requests.HTTPError):
        act(sandbox, "set_sharing", username=ADMIN, **body)
