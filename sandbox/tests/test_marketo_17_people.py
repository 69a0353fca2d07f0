"""Reading and writing people and lists: items 17 to 25 of what a Marketo instance is known to do."""

from typing import Any

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.conftest import PEOPLE
from sandbox.tests.marketo_api import Marketo

LEADS = "/rest/v1/leads.json"
SCHEMA = "/rest/v1/leads/schema/fields"
IMPORTED = "/rest/v1/lists/1003/leads.json"


def one(marketo: Marketo, number: int, fields: str) -> dict[str, Any]:
    return marketo.result(f"/rest/v1/lead/{number}.json", fields=fields)[0]


def write(marketo: Marketo, *records: dict[str, Any], **body: Any) -> list[dict[str, Any]]:
    answer = marketo.post(LEADS, {**body, "input": records})
    assert answer["success"], answer
    result: list[dict[str, Any]] = answer["result"]
    return result


def codes(records: list[dict[str, Any]]) -> list[str]:
    return [record["reasons"][0]["code"] if "reasons" in record else record["status"] for record in records]


def test_marketo_17_descriptions_agree_and_fields_can_be_added(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/fields", {"name": "favouriteColour", "display_name": "Favourite Colour"})
    described = {field["rest"]["name"]: field for field in marketo.result("/rest/v1/leads/describe.json")}
    described2 = marketo.result("/rest/v1/leads/describe2.json")[0]
    schema = {field["name"]: field for field in marketo.result(f"{SCHEMA}.json")}
    assert described.keys() == schema.keys() == {field["name"] for field in described2["fields"]}
    for field in described2["fields"]:
        names = ("displayName", "dataType", "length")
        assert len({tuple(kind.get(name) for name in names) for kind in (field, described[field["name"]])}) == 1
        assert schema[field["name"]]["dataType"] == field["dataType"]
    assert marketo.result(f"{SCHEMA}/favouriteColour.json")[0]["isCustom"]
    assert ["favouriteColour"] in described2["searchableFields"]
    sandbox.post("/_sandbox/people", {"action": "change", "id": 3, "fields": {"favouriteColour": "blue"}})
    assert marketo.result(LEADS, filterType="favouriteColour", filterValues="Blue", fields="id") == [{"id": 3}]


def test_marketo_17_salesforce_id_is_null_and_owners_are_behind_a_switch(
    sandbox: SandboxProcess, marketo: Marketo
) -> None:
    people = marketo.result(LEADS, filterType="id", filterValues="1,2,3,4,5", fields="sfdcId")
    assert {person["sfdcId"] for person in people} == {None}
    assert marketo.error("/rest/v1/lead/1.json", fields="leadOwnerEmailAddress") == "1006"
    sandbox.post("/_sandbox/switches", {"owner_fields": True})
    ids = ",".join(map(str, range(1, 101)))
    owned = marketo.result(LEADS, filterType="id", filterValues=ids, fields="sfdcLeadOwnerId,leadOwnerEmailAddress")
    for person in owned:
        is_user = (person["sfdcLeadOwnerId"] or "").startswith("005")
        assert bool(person["leadOwnerEmailAddress"]) == is_user


def test_marketo_18_default_fields_nulls_and_refusals(marketo: Marketo) -> None:
    person = marketo.result(LEADS, filterType="id", filterValues="1")[0]
    assert list(person) == ["id", "email", "updatedAt", "createdAt", "lastName", "firstName"]
    assert one(marketo, 1, "middleName") == {"middleName": None}
    by_id = {"filterType": "id", "filterValues": "1"}
    assert marketo.error(LEADS, **by_id, fields="nonsense") == "1006"
    assert marketo.error(LEADS, filterType="firstName", filterValues="Anna") == "1011"
    assert [marketo.error(LEADS, **{name: value}) for name, value in by_id.items()] == ["1002", "1002"]


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        (LEADS, {"filterType": "id", "filterValues": "1,2"}),
        ("/rest/v1/list/1001/leads.json", {"fields": "id"}),
        ("/rest/v1/lists/1001/leads.json", {"fields": "id"}),
        ("/rest/v1/leads/programs/1001.json", {"fields": "id"}),
        ("/rest/v1/salespersons.json", {"filterType": "email", "filterValues": "maria.lind@acme.example"}),
        ("/rest/v1/companies.json", {"filterType": "id", "filterValues": "1"}),
        ("/rest/v1/opportunities/roles.json", {"filterType": "leadId", "filterValues": "1,2,3"}),
    ],
)
def test_marketo_19_post_can_mean_get(marketo: Marketo, path: str, parameters: dict[str, str]) -> None:
    expected = marketo.result(path, **parameters)
    in_body = marketo.send("POST", path, data=parameters | {"_method": "GET"}).json()
    in_query = marketo.send("POST", path, params={"_method": "GET"}, data=parameters).json()
    assert in_body["result"] == in_query["result"] == expected


def test_marketo_20_page_value_and_match_limits(sandbox: SandboxProcess, marketo: Marketo) -> None:
    assert marketo.error(LEADS, filterType="id", filterValues="1", batchSize=301) == "1003"
    assert marketo.error(LEADS, filterType="id", filterValues=",".join(map(str, range(301)))) == "1003"
    same = {"email": "same@many.example"}
    sandbox.post("/_sandbox/people", {"action": "create", "count": 1_000, "fields": same})
    wanted = {"filterType": "email", "filterValues": same["email"]}
    assert marketo.get(LEADS, **wanted)["success"]
    sandbox.post("/_sandbox/people", {"action": "create", "fields": same})
    assert marketo.error(LEADS, **wanted) == "1003"


def test_marketo_21_page_tokens_are_bound_to_the_query_and_outlive_a_restart(marketo: Marketo) -> None:
    wanted = {"filterType": "id", "filterValues": ",".join(map(str, range(1, 251))), "batchSize": 100, "fields": "id"}
    first = marketo.get(LEADS, **wanted)
    token = first["nextPageToken"]
    assert token.endswith("=")
    second = marketo.get(LEADS, **wanted, nextPageToken=token)
    assert [person["id"] for person in second["result"]] == list(range(101, 201))
    last = marketo.get(LEADS, **wanted, nextPageToken=second["nextPageToken"])
    assert "nextPageToken" not in last
    assert marketo.error(LEADS, **wanted | {"filterValues": "1,2"}, nextPageToken=token) == "1003"
    with SandboxProcess.start(company="tidy", people=PEOPLE) as restarted:
        again = Marketo(restarted.url).get(LEADS, **wanted, nextPageToken=token)
        assert again["result"] == second["result"]


def test_marketo_22_both_spellings_of_lists(marketo: Marketo) -> None:
    lists = {found["id"]: found for found in marketo.result("/rest/v1/lists.json")}
    assert lists[1001]["workspaceName"] == "Default"
    assert [found["id"] for found in marketo.result("/rest/v1/lists.json", name="Newsletter")] == [1002]
    members = [marketo.get(f"/rest/v1/{word}/1002/leads.json", fields="id") for word in ("list", "lists")]
    assert members[0]["result"] == members[1]["result"]
    assert len(members[0]["result"]) == 300
    more = marketo.get("/rest/v1/list/1002/leads.json", fields="id", nextPageToken=members[0]["nextPageToken"])
    assert len(more["result"]) == PEOPLE // 3 - 300


def test_marketo_22_membership_is_written_and_asked(marketo: Marketo) -> None:
    added = marketo.send("POST", IMPORTED, params={"id": [1, 2, 999_999]}).json()["result"]
    assert codes(added) == ["added", "added", "1004"]
    assert [person["id"] for person in marketo.result(IMPORTED, fields="id")] == [1, 2]
    states = marketo.result("/rest/v1/lists/1003/leads/ismember.json", id=["1", "3", "999999"])
    assert codes(states) == ["memberof", "notmemberof", "1004"]
    assert codes(marketo.send("DELETE", IMPORTED, params={"id": "1,3"}).json()["result"]) == ["removed", "1015"]
    assert [person["id"] for person in marketo.result(IMPORTED, fields="id")] == [2]
    held = marketo.get("/rest/v1/leads/2/listMembership.json")
    assert 1003 in {found["listId"] for found in held["result"]}
    assert held["moreResult"] is False


def test_marketo_23_four_actions_in_order_with_reasons(sandbox: SandboxProcess, marketo: Marketo) -> None:
    old, new = {"email": "old@write.example", "lastName": "Old"}, {"email": "new@write.example"}
    [created] = write(marketo, old)
    assert created["status"] == "created"
    assert one(marketo, created["id"], "lastName,firstName,sfdcType") == {
        "lastName": "Old",
        "firstName": None,
        "sfdcType": None,
    }
    assert codes(write(marketo, new, old, action="createOnly")) == ["created", "1005"]
    missing = {"email": "missing@write.example"}
    assert codes(write(marketo, missing, old | {"title": "Boss"}, action="updateOnly")) == ["1004", "updated"]
    assert one(marketo, created["id"], "title") == {"title": "Boss"}
    assert codes(write(marketo, old, action="createDuplicate")) == ["created"]
    assert codes(write(marketo, old)) == ["1007"]
    assert codes(write(marketo, {"id": created["id"], "title": "Chief"}, action="updateOnly", lookupField="id")) == [
        "updated"
    ]
    assert codes(write(marketo, {"email": "x@write.example", "nonsense": 1})) == ["1006"]
    assert marketo.refused("POST", LEADS, json={"action": "nonsense", "input": [old]}) == "1003"
    assert marketo.refused("POST", LEADS, json={}) == "1002"
    assert marketo.refused("POST", LEADS, json={"partitionName": "Nowhere", "input": [old]}) == "1008"


def test_marketo_23_partitions_and_merging(sandbox: SandboxProcess, marketo: Marketo) -> None:
    winner, loser, other = sandbox.post("/_sandbox/people", {"action": "create", "count": 3})["ids"]
    moved = marketo.post("/rest/v1/leads/partitions.json", {"input": [{"id": winner, "partitionName": "EU"}]})
    assert codes(moved["result"]) == ["updated"]
    names = {found["id"]: found["name"] for found in marketo.result("/rest/v1/leads/partitions.json")}
    assert names[one(marketo, winner, "leadPartitionId")["leadPartitionId"]] == "EU"
    merge = f"/rest/v1/leads/{winner}/merge.json"
    answer = marketo.send("POST", merge, params={"leadIds": f"{loser},{other}"}).json()
    assert (answer["success"], "result" in answer) == (True, False)
    assert marketo.result(LEADS, filterType="id", filterValues=f"{loser},{other}") == []
    too_many = ",".join(map(str, range(1, 27)))
    assert marketo.refused("POST", merge, params={"leadIds": too_many}) == "1080"
    assert marketo.refused("POST", merge) == "1002"


def test_marketo_24_two_ways_to_delete_leave_an_activity(sandbox: SandboxProcess, marketo: Marketo) -> None:
    first, second = sandbox.post("/_sandbox/people", {"action": "create", "count": 2})["ids"]
    since = {"sinceDatetime": "2020-01-01"}
    token = marketo.get("/rest/v1/activities/pagingtoken.json", **since)["nextPageToken"]
    deleted = marketo.post("/rest/v1/leads/delete.json", {"input": [{"id": first}, {"id": 999_999}]})["result"]
    assert codes(deleted) == ["deleted", "1004"]
    assert codes(marketo.send("DELETE", LEADS, json={"input": [{"id": second}]}).json()["result"]) == ["deleted"]
    gone = marketo.result("/rest/v1/activities/deletedleads.json", nextPageToken=token)
    assert [(activity["leadId"], activity["activityTypeId"]) for activity in gone] == [(first, 37), (second, 37)]
    assert marketo.result(LEADS, filterType="id", filterValues=f"{first},{second}") == []


def test_marketo_25_shown_update_moves_for_standard_fields_only(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/fields", {"name": "favouriteColour"})
    sandbox.post("/_sandbox/switches", {"updated_at_filter": True})
    before = one(marketo, 1, "updatedAt")
    sandbox.post("/_sandbox/people", {"action": "change", "id": 1, "fields": {"favouriteColour": "blue"}})
    assert one(marketo, 1, "updatedAt") == before
    today = sandbox.get("/_sandbox/state")["now"][:10]
    window = {"updatedAt": {"startAt": f"{today}T00:00:00Z", "endAt": f"{today}T23:59:59Z"}}
    job = marketo.export(fields=["id"], filter=window)
    assert marketo.file(job["exportId"]).text == "id\n1\n"
    sandbox.post("/_sandbox/people", {"action": "change", "id": 1, "fields": {"title": "Boss"}})
    assert one(marketo, 1, "updatedAt")["updatedAt"] > before["updatedAt"]


def test_every_address_of_the_instance_needs_a_token(sandbox: SandboxProcess) -> None:
    for path in (LEADS, "/rest/v1/lists.json", "/rest/v1/opportunities.json", "/bulk/v1/activities/export.json"):
        answer = requests.get(sandbox.url + path, timeout=10).json()
        assert answer["errors"][0]["code"] == "603"
