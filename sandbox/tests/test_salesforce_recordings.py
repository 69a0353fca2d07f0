# ruff: noqa: S608 - SOQL put together from our own values is what these tests send.
"""The sandbox's answers have the structure of recorded ones: keys, kinds of values, statuses, headers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.tests.salesforce_browser import Api

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "recordings" / "salesforce.json").read_text())
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000")
RECORD_ID = re.compile(r"(001|003|00Q|005)[A-Za-z0-9]{15}")
# Text that names no column, and a field that a lead has only once it is converted: not worth following.
NOT_FOLLOWED = {("JigsawContactId", "relationshipName"), ("JigsawCompanyId", "relationshipName")} | {
    ("IsConverted", "createable")
}


def kind(value: object) -> str:
    """How the yardstick names the kind of a value."""
    if isinstance(value, str):
        return "datetime" if MOMENT.fullmatch(value) else "id" if RECORD_ID.fullmatch(value) else "text"
    kinds = {bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}
    return kinds.get(type(value), "null")


def differences(recorded: Any, found: Any, path: str = "") -> list[str]:
    """Where an answer lacks a recorded key or has a value of another kind. Null may stand for any value."""
    if isinstance(recorded, dict) and isinstance(found, dict):
        missing = [f"{path}.{name} is missing" for name in recorded if name not in found]
        both = (name for name in recorded if name in found)
        return missing + [item for name in both for item in differences(recorded[name], found[name], f"{path}.{name}")]
    if isinstance(recorded, list) and isinstance(found, list):
        return differences(recorded[0], found[0], f"{path}[0]") if recorded and found else []
    expected = recorded if isinstance(recorded, str) else kind(recorded)
    is_same = expected == kind(found) or "null" in {expected, kind(found)}
    return [] if is_same else [f"{path} is {kind(found)}, recorded was {expected}"]


@pytest.mark.parametrize("sobject", list(RECORDED["describe"]))
def test_describe_is_as_recorded(api: Api, sobject: str) -> None:
    recorded, answer = RECORDED["describe"][sobject], api.get(f"/sobjects/{sobject}/describe")
    found = answer.json()
    assert [name for name in recorded["headers"] if name not in answer.headers] == []
    assert differences(recorded["keys"], found) == []
    assert set(recorded["urls"]) <= set(found["urls"])
    assert set(recorded["field_keys"]) <= set(found["fields"][0])
    assert set(recorded["child_keys"]) == set(found["childRelationships"][0])
    assert set(recorded["record_type_keys"]) <= set(found["recordTypeInfos"][0])
    choices = next(field["picklistValues"] for field in found["fields"] if field["picklistValues"])
    assert set(recorded["picklist_keys"]) == set(choices[0])


@pytest.mark.parametrize("sobject", list(RECORDED["describe"]))
def test_fields_are_as_recorded(api: Api, sobject: str) -> None:
    fields = {field["name"]: field for field in api.get(f"/sobjects/{sobject}/describe").json()["fields"]}
    wrong = {
        (name, key): (value, fields[name][key])
        for name, recorded in RECORDED["describe"][sobject]["fields"].items()
        for key, value in recorded.items()
        if fields[name][key] != value and (name, key) not in NOT_FOLLOWED
    }
    assert wrong == {}


def answers(api: Api) -> dict[str, requests.Response]:
    """The recorded calls, made to the sandbox."""
    account, contact, lead = (api.names(f"SELECT Id FROM {name} LIMIT 1")[0] for name in ("Account", "Contact", "Lead"))
    typed = {"attributes": {"type": "Account"}}
    path = "/composite/sobjects"
    nobody = {"q": "SELECT Id FROM Account WHERE AccountNumber = 'nobody'"}
    return {
        "query_without_rows": api.get("/query", params=nobody),
        "query": api.get("/query", params={"q": "SELECT Id FROM Account LIMIT 1"}),
        "collection_update": api.call("PATCH", path, json={"records": [typed | {"Name": "Jones", "id": account}]}),
        "collection_refusal": api.call("POST", path, json={"records": [typed | {"Name": None}]}),
        "contact": api.get(f"/sobjects/Contact/{contact}"),
        "lead": api.get(f"/sobjects/Lead/{lead}"),
        "unknown_record": api.get("/sobjects/Account/0014S000007Ny26QAC"),
        "creation": api.call("POST", "/sobjects/Account", json={"Name": "High Value"}),
        "collection_delete": api.call("DELETE", path, params={"ids": account, "allOrNone": "true"}),
    }


def test_answers_are_as_recorded(api: Api) -> None:
    found = answers(api)
    assert set(found) == set(RECORDED["answers"])
    for name, recorded in RECORDED["answers"].items():
        answer = found[name]
        assert answer.status_code == recorded["status"], name
        assert {header: answer.headers[header] for header in recorded["headers"]} == recorded["headers"], name
        assert re.sub(r"\d+", "N", answer.headers["Sforce-Limit-Info"]) == recorded["usage"]
        assert differences(recorded["body"], answer.json(), name) == []
