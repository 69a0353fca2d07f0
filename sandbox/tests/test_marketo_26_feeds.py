"""The change feeds: items 26 to 31 of what a Marketo instance is known to do."""

from typing import Any

import pytest

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo

ROOT = "/rest/v1/activities"
EPOCH = "2026-06-01"
"""When all seeded people had been created."""


def start(marketo: Marketo, since: str = "2020-01-01") -> str:
    token: str = marketo.get(f"{ROOT}/pagingtoken.json", sinceDatetime=since)["nextPageToken"]
    return token


def create(sandbox: SandboxProcess, count: int = 1, **body: Any) -> list[int]:
    ids: list[int] = sandbox.post("/_sandbox/people", {"action": "create", "count": count, **body})["ids"]
    return ids


@pytest.mark.parametrize("since", ["2030-01-01T00:00:00Z", "2030-01-01T02:00:00+02:00", "2030-01-01"])
def test_marketo_26_paging_tokens_of_many_spellings(sandbox: SandboxProcess, marketo: Marketo, since: str) -> None:
    create(sandbox)
    sandbox.post("/_sandbox/clock", {"set": "2030-01-01T00:00:01Z"})
    [late] = create(sandbox)
    marketo = Marketo(sandbox.url)
    raw = marketo.send("GET", f"{ROOT}/pagingtoken.json?sinceDatetime={since}").json()
    assert "result" not in raw
    for token in (start(marketo, since), raw["nextPageToken"]):
        found = marketo.result(f"{ROOT}.json", nextPageToken=token, activityTypeIds="12")
        assert [activity["leadId"] for activity in found] == [late]
    assert marketo.error(f"{ROOT}/pagingtoken.json", sinceDatetime="whenever") == "704"


def test_marketo_27_leadchanges_and_their_last_token(sandbox: SandboxProcess, marketo: Marketo) -> None:
    token = start(marketo)
    [new] = create(sandbox)
    sandbox.post("/_sandbox/people", {"action": "change", "id": new, "fields": {"title": "Boss"}})
    sandbox.post("/_sandbox/people", {"action": "reown", "id": new, "owner": "queue"})
    assert marketo.error(f"{ROOT}/leadchanges.json", nextPageToken=token) == "1002"
    page = marketo.get(f"{ROOT}/leadchanges.json", nextPageToken=token, fields="title")
    assert [activity["activityTypeId"] for activity in page["result"]] == [12, 13]
    assert [field["newValue"] for field in page["result"][1]["fields"]] == ["Boss"]
    assert page["moreResult"] is False
    again = marketo.get(f"{ROOT}/leadchanges.json", nextPageToken=page["nextPageToken"], fields="title")
    assert (again["result"], again["moreResult"]) == ([], False)
    create(sandbox)
    later = marketo.get(f"{ROOT}/leadchanges.json", nextPageToken=again["nextPageToken"], fields="title")
    assert len(later["result"]) == 1


def test_marketo_28_short_and_empty_pages_with_more_to_come(sandbox: SandboxProcess, marketo: Marketo) -> None:
    token = start(marketo)
    ids = create(sandbox, 310)
    sandbox.post("/_sandbox/people", {"action": "delete", "ids": ids[:1]})
    sizes, more = [], True
    while more:
        page = marketo.get(f"{ROOT}/deletedleads.json", nextPageToken=token, batchSize=150)
        sizes.append(len(page["result"]))
        token, more = page["nextPageToken"], page["moreResult"]
    assert sizes == [0, 0, 1]


def test_marketo_29_guids_always_ids_perhaps(sandbox: SandboxProcess, marketo: Marketo) -> None:
    token = start(marketo, EPOCH)
    create(sandbox, 2)
    asked = {"nextPageToken": token, "activityTypeIds": "12"}
    found = marketo.result(f"{ROOT}.json", **asked)
    assert len({activity["marketoGUID"] for activity in found}) == 2
    assert all(activity["activityDate"].endswith("Z") and "id" in activity for activity in found)
    sandbox.post("/_sandbox/switches", {"activity_ids": False})
    without = marketo.result(f"{ROOT}.json", **asked)
    assert [activity["marketoGUID"] for activity in without] == [activity["marketoGUID"] for activity in found]
    assert not [activity for activity in without if "id" in activity]


def test_marketo_30_filters_are_bounded(sandbox: SandboxProcess, marketo: Marketo) -> None:
    asked = {"nextPageToken": start(marketo, EPOCH), "activityTypeIds": "12"}
    ids = create(sandbox, 31)
    many = ",".join(map(str, ids))
    assert marketo.error(f"{ROOT}.json", **asked, leadIds=many) == "1003"
    assert marketo.error(f"{ROOT}.json", **asked | {"activityTypeIds": ",".join(map(str, range(11)))}) == "1003"
    assert len(marketo.result(f"{ROOT}.json", **asked, leadIds=many.rpartition(",")[0])) == 30
    marketo.send("POST", "/rest/v1/lists/1003/leads.json", params={"id": ids[:2]})
    members = marketo.result(f"{ROOT}.json", **asked, listId="1003")
    assert [activity["leadId"] for activity in members] == ids[:2]
    sandbox.post("/_sandbox/switches", {"list_filter_members": 2})
    assert marketo.error(f"{ROOT}.json", **asked, listId="1003") == "1003"
    assert marketo.error(f"{ROOT}.json", **asked, listId="9") == "1013"


def test_marketo_31_deletions_are_forgotten_after_two_weeks(sandbox: SandboxProcess, marketo: Marketo) -> None:
    token = start(marketo)
    sandbox.post("/_sandbox/people", {"action": "delete", "ids": create(sandbox)})
    assert len(marketo.result(f"{ROOT}/deletedleads.json", nextPageToken=token)) == 1
    sandbox.post("/_sandbox/clock", {"advance_seconds": 14 * 86_400 + 60})
    assert Marketo(sandbox.url).result(f"{ROOT}/deletedleads.json", nextPageToken=token) == []
