"""Bulk extracts of what is linked to people: program members and a custom object."""

import csv
from io import StringIO
from typing import Any

import pytest

from sandbox.tests.marketo_api import WHOLE_MAY, Marketo

MEMBERS = "/bulk/v1/program/members/export"
PURCHASES = "/bulk/v1/customobjects/purchase_c/export"


def rows(marketo: Marketo, root: str, body: dict[str, Any]) -> list[dict[str, str]]:
    """The rows of a finished export."""
    job = marketo.post(f"{root}/create.json", body)["result"][0]["exportId"]
    marketo.post(f"{root}/{job}/enqueue.json")
    record = marketo.wait(job, {"Completed"}, root)
    text = marketo.send("GET", f"{root}/{job}/file.json").content.decode()
    found = list(csv.DictReader(StringIO(text, newline="")))
    assert len(found) == record["numberOfRecords"]
    return found


def test_members_of_a_program(marketo: Marketo) -> None:
    fields = ["leadId", "email", "program", "programId", "statusName", "membershipDate", "reachedSuccess"]
    found = rows(marketo, MEMBERS, {"fields": fields, "filter": {"programId": 1001}})
    assert [int(row["leadId"]) for row in found] == list(range(7, 1001, 7))
    assert {(row["program"], row["reachedSuccess"]) for row in found} == {("Spring Trade Show", "false")}
    described = marketo.result("/rest/v1/programs/members/describe.json")[0]
    assert {"leadId", "statusName"} <= {field["name"] for field in described["fields"]}


def test_records_of_a_custom_object(marketo: Marketo) -> None:
    [described] = marketo.result("/rest/v1/customobjects.json")
    fields = [field["name"] for field in described["fields"]]
    found = rows(marketo, PURCHASES, {"fields": fields, "filter": {"staticListId": 1004}})
    assert [int(row["leadId"]) for row in found] == list(range(5, 1001, 5))
    window = {"updatedAt": WHOLE_MAY["createdAt"]}
    changed = rows(marketo, PURCHASES, {"fields": fields, "filter": window})
    assert 0 < len(changed) < len(found)
    assert all(row["updatedAt"].startswith("2026-05-") for row in changed)


def test_jobs_of_one_kind_are_unknown_to_the_others(marketo: Marketo) -> None:
    body = {"fields": ["leadId"], "filter": {"programId": 1001}}
    job = marketo.post(f"{MEMBERS}/create.json", body)["result"][0]["exportId"]
    assert [record["exportId"] for record in marketo.result(f"{MEMBERS}.json")] == [job]
    assert marketo.result("/bulk/v1/leads/export.json") == []
    assert marketo.error(f"{PURCHASES}/{job}/status.json") == "1013"


@pytest.mark.parametrize(
    ("root", "body", "code"),
    [
        (MEMBERS, {"fields": ["leadId"], "filter": {"programId": 9}}, "1013"),
        (MEMBERS, {"fields": ["leadId"], "filter": WHOLE_MAY}, "1003"),
        (MEMBERS, {"fields": ["product"], "filter": {"programId": 1001}}, "1003"),
        (MEMBERS, {"filter": {"programId": 1001}}, "1002"),
        (PURCHASES, {"fields": ["email"], "filter": {"staticListId": 1004}}, "1003"),
        (PURCHASES, {"fields": ["leadId"], "filter": WHOLE_MAY}, "1003"),
        (PURCHASES, {"fields": ["leadId"], "filter": {"smartListId": 2001}}, "1035"),
    ],
)
def test_what_is_refused(marketo: Marketo, root: str, body: dict[str, Any], code: str) -> None:
    assert marketo.refused("POST", f"{root}/create.json", json=body) == code


def test_custom_objects_need_their_own_permission(reports: Marketo) -> None:
    assert reports.error("/rest/v1/customobjects.json") == "603"
    assert reports.result(f"{MEMBERS}.json") == []
