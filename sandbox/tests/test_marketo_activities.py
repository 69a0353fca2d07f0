"""Changes made through the control API, as Marketo's change feeds and Salesforce's rows show them."""

from typing import Any

import pytest

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo

ROOT = "/rest/v1/activities"


class Feed:
    """Reads on from where it stood when it was made."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.marketo = Marketo(sandbox.url)
        now = sandbox.get("/_sandbox/state")["now"]
        self.token = self.marketo.get(f"{ROOT}/pagingtoken.json", sinceDatetime=now)["nextPageToken"]

    def read(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        found, more, token = [], True, self.token
        while more:
            page = self.marketo.get(f"{ROOT}{name}.json", nextPageToken=token, **parameters)
            more, token = page["moreResult"], page["nextPageToken"]
            found += page["result"]
        return found


@pytest.fixture
def feed(sandbox: SandboxProcess) -> Feed:
    return Feed(sandbox)


def expected(sandbox: SandboxProcess) -> dict[str, int]:
    counts: dict[str, int] = sandbox.get("/_sandbox/state")["expected"]
    return counts


def create(sandbox: SandboxProcess, **body: Any) -> int:
    ids: list[int] = sandbox.post("/_sandbox/people", {"action": "create", **body})["ids"]
    return ids[0]


def test_created_and_changed_people_are_in_leadchanges(sandbox: SandboxProcess, feed: Feed) -> None:
    before = expected(sandbox)["synced"]
    new = create(sandbox, fields={"firstName": "Nova"})
    sandbox.post("/_sandbox/people", {"action": "change", "id": new, "fields": {"title": "Boss", "phone": None}})
    changes = feed.read("/leadchanges", fields="title,email")
    assert [(change["leadId"], change["activityTypeId"]) for change in changes] == [(new, 12), (new, 13)]
    assert [(field["name"], field["newValue"]) for field in changes[1]["fields"]] == [("title", "Boss")]
    shown = feed.marketo.result(f"/rest/v1/lead/{new}.json", fields="firstName,title,phone")
    assert shown == [{"firstName": "Nova", "title": "Boss", "phone": None}]
    assert expected(sandbox)["synced"] == before + 1


def test_changes_of_other_fields_are_left_out(sandbox: SandboxProcess, feed: Feed) -> None:
    sandbox.post("/_sandbox/people", {"action": "change", "id": 5, "fields": {"phone": "1"}})
    assert feed.read("/leadchanges", fields="title") == []
    assert feed.marketo.error(f"{ROOT}/leadchanges.json", nextPageToken=feed.token) == "1002"


def test_token_of_an_earlier_process_misses_nothing(feed: Feed) -> None:
    assert feed.read("/leadchanges", fields="title") == []
    with SandboxProcess.start(company="tidy", people=100) as other:
        other.post("/_sandbox/people", {"action": "change", "id": 1, "fields": {"title": "Boss"}})
        feed.marketo = Marketo(other.url)
        assert [change["leadId"] for change in feed.read("/leadchanges", fields="title")] == [1]


def test_bad_token_is_refused(feed: Feed) -> None:
    for token in ("nonsense", "MFRXI==="):
        assert feed.marketo.error(f"{ROOT}/deletedleads.json", nextPageToken=token) == "1003"


def test_deleted_people_leave_marketo_but_not_salesforce(sandbox: SandboxProcess, feed: Feed) -> None:
    new = create(sandbox, kind="contact")
    before = sandbox.get("/_sandbox/state")
    sandbox.post("/_sandbox/people", {"action": "delete", "id": new})
    assert [change["leadId"] for change in feed.read("/deletedleads")] == [new]
    assert feed.marketo.result(f"/rest/v1/lead/{new}.json") == []
    after = sandbox.get("/_sandbox/state")
    assert after["people"] == before["people"] - 1
    assert after["salesforce"]["Contact"] == before["salesforce"]["Contact"]


def test_salesforce_deletion_changes_eligibility(sandbox: SandboxProcess, feed: Feed) -> None:
    new = create(sandbox)
    before = expected(sandbox)
    sandbox.post("/_sandbox/people", {"action": "delete", "id": new, "system": "salesforce"})
    after = expected(sandbox)
    assert after["synced"] == before["synced"] - 1
    assert after["deleted_in_salesforce"] == before["deleted_in_salesforce"] + 1
    assert [change["leadId"] for change in feed.read("", activityTypeIds="29")] == [new]


def test_reowned_people_move_between_eligibilities(sandbox: SandboxProcess, feed: Feed) -> None:
    new, before = create(sandbox), expected(sandbox)
    sandbox.post("/_sandbox/people", {"action": "reown", "id": new, "owner": "queue"})
    assert expected(sandbox)["queue_owner"] == before["queue_owner"] + 1
    sandbox.post("/_sandbox/people", {"action": "reown", "id": new, "owner": "user"})
    assert expected(sandbox) == before
    assert {change["leadId"] for change in feed.read("", activityTypeIds="23")} == {new}


def test_converted_lead_is_a_contact_with_both_ids(sandbox: SandboxProcess, feed: Feed) -> None:
    new = create(sandbox)
    sandbox.post("/_sandbox/people", {"action": "convert", "id": new})
    fields = "sfdcType,sfdcLeadId,sfdcContactId,sfdcAccountId"
    person = feed.marketo.result(f"/rest/v1/lead/{new}.json", fields=fields)[0]
    assert person.pop("sfdcType") == "Contact"
    assert [value[:3] for value in person.values()] == ["00Q", "003", "001"]
    assert [change["leadId"] for change in feed.read("", activityTypeIds="21")] == [new]


def test_merge_names_the_losers(sandbox: SandboxProcess, feed: Feed) -> None:
    winner, loser = create(sandbox), create(sandbox)
    sandbox.post("/_sandbox/people", {"action": "merge", "ids": [winner, loser]})
    merged = feed.read("", activityTypeIds="32")
    assert merged[0]["attributes"] == [{"name": "Merge IDs", "value": [loser]}]
    assert feed.marketo.result(f"/rest/v1/lead/{loser}.json") == []
