"""The Marketo side beside what a real instance answered: same keys, kinds of values, nulls and headers."""

import csv
import io
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import CREDENTIALS, Marketo

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "recordings" / "marketo.json").read_text())
LEADS = "/rest/v1/leads.json"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
REQUEST_ID = re.compile(r"[0-9a-f]+#[0-9a-f]{11}")


def shape(value: Any) -> Any:
    """A value with texts and numbers replaced by what they look like; the order of keys does not matter."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    if isinstance(value, str):
        return next((kind.pattern for kind in (TIME, REQUEST_ID) if kind.fullmatch(value)), "text")
    return value if value is None or isinstance(value, bool) else type(value).__name__


def same_headers(answer: requests.Response, recorded: dict[str, Any]) -> bool:
    return all(answer.headers.get(name) == value for name, value in recorded["headers"].items())


def test_token(sandbox: SandboxProcess) -> None:
    answer = requests.get(f"{sandbox.url}/identity/oauth/token", params=CREDENTIALS, timeout=10)
    assert shape(answer.json()) == shape(RECORDED["token"]["body"])
    assert same_headers(answer, RECORDED["token"])


def test_describe_without_salesforce_sync(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/switches", {"salesforce_sync": False})
    recorded = {field["rest"]["name"]: field for field in RECORDED["describe"]["body"]["result"]}
    answer = marketo.send("GET", "/rest/v1/leads/describe.json")
    fields = {field["rest"]["name"]: field for field in answer.json()["result"]}
    common = fields.keys() & recorded.keys()
    assert len(common) >= 45
    assert {name: fields[name] for name in common} == {name: recorded[name] for name in common}
    assert same_headers(answer, RECORDED["describe"])


def test_leads_found_changed_deleted_and_skipped(sandbox: SandboxProcess, marketo: Marketo) -> None:
    nobody, found, updated, deleted, skipped = RECORDED["leads"][:5]
    sandbox.post("/_sandbox/fields", {"name": "email_field", "type": "email"})
    addresses = [{"email": f"{name}@recorded.example", "firstName": name} for name in ("first", "second")]
    first, second = (record["id"] for record in marketo.post(LEADS, {"input": addresses})["result"])

    def compare(recorded: dict[str, Any], answer: requests.Response) -> None:
        assert shape(answer.json()) == shape(recorded["body"])
        assert same_headers(answer, recorded)

    def ask(*values: str) -> requests.Response:
        return marketo.send("GET", LEADS, params={"filterType": "email", "filterValues": ",".join(values)})

    compare(nobody, ask("nobody@recorded.example"))
    compare(found, ask("first@recorded.example", "second@recorded.example"))
    body = {"lookupField": "id", "action": "updateOnly"}
    compare(updated, marketo.send("POST", LEADS, json=body | {"input": [{"id": first, "lastName": "Smith"}]}))
    records = [{"id": first, "lastName": "Test"}, {"id": second, "email_field": "bademail"}]
    answer = marketo.send("POST", LEADS, json=body | {"input": records})
    compare(skipped, answer)
    assert answer.json()["result"][1] == skipped["body"]["result"][1]
    deletion = marketo.send("POST", LEADS, params={"_method": "DELETE"}, json={"input": [{"id": second}]})
    compare(deleted, deletion)


def test_merges(sandbox: SandboxProcess, marketo: Marketo) -> None:
    """The attributes of *Merge Leads*, by REST and in a bulk file, hold the losers as an array of numbers."""
    since = datetime.fromisoformat(sandbox.get("/_sandbox/state")["now"])
    sandbox.post("/_sandbox/people", {"action": "merge", "ids": [3, 4]})
    token = marketo.get("/rest/v1/activities/pagingtoken.json", sinceDatetime=since.isoformat())["nextPageToken"]
    (merge,) = marketo.result("/rest/v1/activities.json", nextPageToken=token, activityTypeIds="32")
    by_rest = {attribute["name"]: attribute["value"] for attribute in merge["attributes"]}
    (row,) = csv.DictReader(io.StringIO(exported_activities(marketo, since)))
    for recorded in RECORDED["merges"]:
        for attributes in (by_rest, json.loads(row["attributes"])):
            assert attributes["Merge IDs"] == [4]
            assert shape(attributes["Merge IDs"]) == shape(recorded["merge_ids"])


def exported_activities(marketo: Marketo, since: datetime) -> str:
    """The file of the merges of a day."""
    root = "/bulk/v1/activities/export"
    window = {"startAt": since.isoformat(), "endAt": (since + timedelta(days=1)).isoformat()}
    body = {"filter": {"createdAt": window, "activityTypeIds": [32]}}
    (created,) = marketo.post(f"{root}/create.json", body)["result"]
    marketo.post(f"{root}/{created['exportId']}/enqueue.json")
    marketo.wait(created["exportId"], {"Completed"}, root)
    return marketo.send("GET", f"{root}/{created['exportId']}/file.json").text
