# ruff: noqa: S608 - SOQL put together from our own values is what these tests send.
"""What an old, untidy Marketo instance does that a tidy one does not: switches, and shapes that are always right."""

import csv
import io
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.marketo.envelope import datetime_text
from sandbox.marketo.export_files import Order, write_file
from sandbox.marketo.lists import Lists
from sandbox.people import DAY, Person, PersonGenerator
from sandbox.salesforce.bulk_files import Rows
from sandbox.salesforce.org import Org
from sandbox.salesforce.query import Plan
from sandbox.settings import Settings
from sandbox.testing import SandboxProcess
from sandbox.tests.conftest import PEOPLE
from sandbox.tests.marketo_api import EXPORTS, WHOLE_MAY, Marketo
from sandbox.tests.salesforce_browser import Api
from sandbox.world import World

ACTIVITIES = "/bulk/v1/activities/export"
FEEDS = "/rest/v1/activities"
USERS = "/userservice/management/v1/users"
SEEDED = PersonGenerator(Settings(people=PEOPLE, seed=7, epoch=date(2026, 6, 1)))
"""The people of the shared sandbox."""


def switch(sandbox: SandboxProcess, **values: object) -> None:
    sandbox.post("/_sandbox/switches", values)


def rows(marketo: Marketo, root: str = EXPORTS, **body: Any) -> list[dict[str, str]]:
    """The rows of a bulk export of any kind."""
    job = marketo.post(f"{root}/create.json", body)["result"][0]["exportId"]
    marketo.post(f"{root}/{job}/enqueue.json")
    marketo.wait(job, {"Completed"}, root)
    text = marketo.send("GET", f"{root}/{job}/file.json").content.decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def exported_ids(marketo: Marketo, fields: list[str]) -> set[int]:
    return {int(row["id"]) for row in rows(marketo, fields=fields, filter=WHOLE_MAY)}


def found_ids(marketo: Marketo, ids: range) -> set[int]:
    """Those of at most 300 ids that REST shows."""
    values = ",".join(map(str, ids))
    found = marketo.result("/rest/v1/leads.json", filterType="id", filterValues=values, fields="id")
    return {person["id"] for person in found}


def count(api: Api, statement: str) -> int:
    return int(api.query(f"SELECT Id FROM {statement}")["totalSize"])


# New Lead activities of seeded people


def read_activities(marketo: Marketo, since: str, types: str = "12", name: str = "") -> list[dict[str, Any]]:
    token, more, found = marketo.get(f"{FEEDS}/pagingtoken.json", sinceDatetime=since)["nextPageToken"], True, []
    while more:
        asked = {"nextPageToken": token, "activityTypeIds": types, "fields": "title"}
        page = marketo.get(f"{FEEDS}{name}.json", **asked)
        found += page["result"]
        token, more = page["nextPageToken"], page["moreResult"]
    return found


def test_seeded_people_came_by_new_lead_activities(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/people", {"action": "delete", "ids": [990]})
    [new] = sandbox.post("/_sandbox/people", {"action": "create"})["ids"]
    born = [SEEDED.created(number) for number in range(1, PEOPLE + 1)]
    since = datetime_text(born[499])
    found = read_activities(marketo, since)
    assert [item["leadId"] for item in found] == [*range(500, 990), *range(991, PEOPLE + 1), new]
    assert [item["activityDate"] for item in found[:3]] == [datetime_text(moment) for moment in born[499:502]]
    assert [item["id"] for item in found] == sorted({item["id"] for item in found})
    assert found == read_activities(marketo, since)
    assert read_activities(marketo, since, "12,13", name="/leadchanges")[0]["leadId"] == new
    assert {item["leadId"] for item in read_activities(marketo, "2020-01-01")} > {1, 2, PEOPLE, new}
    assert read_activities(marketo, since, "1,13") == []


def test_new_lead_activities_say_what_the_recorded_ones_do(sandbox: SandboxProcess, marketo: Marketo) -> None:
    types = marketo.result(f"{FEEDS}/types.json")
    [described] = [kind for kind in types if kind["id"] == 12]
    assert "primaryAttribute" not in described
    sandbox.post("/_sandbox/people", {"action": "create"})
    for item in read_activities(marketo, "2026-05-20"):
        values = {attribute["name"]: attribute["value"] for attribute in item["attributes"]}
        assert values.keys() <= {attribute["name"] for attribute in described["attributes"]}
        assert values["Created Date"] == item["activityDate"][:10]
        assert "" not in values.values()


def test_bulk_activities_hold_seeded_people_too(sandbox: SandboxProcess, marketo: Marketo) -> None:
    may = [number for number in range(1, PEOPLE + 1) if datetime_text(SEEDED.created(number)) >= "2026-05-01"]
    for types in ({"activityTypeIds": [12]}, {}):
        found = rows(marketo, ACTIVITIES, filter=WHOLE_MAY | types)
        assert [int(row["leadId"]) for row in found] == may
    assert json.loads(found[0]["attributes"])["Created Date"] == found[0]["activityDate"][:10]
    in_rest = {item["marketoGUID"] for item in read_activities(marketo, "2026-05-01")}
    assert {row["marketoGUID"] for row in found} == in_rest
    assert rows(marketo, ACTIVITIES, filter=WHOLE_MAY | {"activityTypeIds": [13]}) == []
    half = {"createdAt": {"startAt": datetime_text(SEEDED.created(998)), "endAt": "2026-06-01"}}
    assert [row["leadId"] for row in rows(marketo, ACTIVITIES, filter=half)] == ["998", "999", "1000"]


def test_only_people_of_the_window_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, looked_at = World(Settings(people=1_500_000)), set[int]()
    derive = world.generator.person

    def person(number: int) -> Person:
        looked_at.add(number)
        return derive(number)

    monkeypatch.setattr(world.generator, "person", person)
    hour = {"createdAt": {"startAt": datetime_text(world.generator.end - 3_600), "endAt": "2100-01-01"}}
    order = Order("activities", ["leadId"], ["leadId"], "CSV", hour | {"activityTypeIds": [12]}, "")
    made = write_file(world, Lists(world), order, tmp_path / "file.csv", lambda: True)
    assert made is not None
    assert 200 < made.rows == len(looked_at) < 220


# Ids that nobody has


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"first_ids_gone": 300}, set(range(1, 301))),
        ({"ids_jump": True}, set(range(101, 141))),
        ({"first_ids_gone": 110, "ids_jump": True}, set(range(1, 141))),
        ({"first_ids_gone": 5_000}, set(range(1, PEOPLE + 1))),
    ],
)
def test_counts_are_exact_whoever_is_missing(values: dict[str, Any], missing: set[int]) -> None:
    world = World(Settings(people=PEOPLE, seed=7, epoch=date(2026, 6, 1)))
    whole = world.counts()
    world.switches.set(values)
    assert {person.marketo_id for person in world.people()} == set(range(1, PEOPLE + 1)) - missing
    counts = world.counts()
    assert counts["people"] == sum(counts["expected"].values()) == PEOPLE - len(missing)
    for sobject, count in counts["salesforce"].items():
        assert sum(not row.get("IsDeleted") for row in world.salesforce_rows(sobject)) == count
    world.switches.set({"first_ids_gone": 0, "ids_jump": False})
    assert world.counts() == whole


def test_the_first_people_are_gone_everywhere(sandbox: SandboxProcess, marketo: Marketo, api: Api) -> None:
    sandbox.post("/_sandbox/fields", {"name": "region"})
    sandbox.post("/_sandbox/people", {"action": "change", "ids": [1, 301], "fields": {"region": "North"}})
    first_lead = SEEDED.person(next(number for number in range(1, 301) if SEEDED.kind(number) == "lead")).lead_id
    switch(sandbox, first_ids_gone=300)
    assert found_ids(marketo, range(1, 300)) == set()
    assert found_ids(marketo, range(299, 303)) == {301, 302}
    assert marketo.result("/rest/v1/lead/7.json") == []
    north = {"filterType": "region", "filterValues": "North", "fields": "id"}
    assert marketo.result("/rest/v1/leads.json", **north) == [{"id": 301}]
    members = marketo.result("/rest/v1/lists/1001/leads.json", fields="id")
    assert members[0] == {"id": 310}
    assert count(api, f"Lead WHERE Id = '{first_lead}'") == 0
    assert count(api, "Lead") == sandbox.get("/_sandbox/state")["salesforce"]["Lead"]
    oldest = {"createdAt": {"startAt": "2025-08-05", "endAt": "2025-09-04"}}
    assert rows(marketo, fields=["id"], filter=oldest) == []
    [new] = sandbox.post("/_sandbox/people", {"action": "create"})["ids"]
    assert found_ids(marketo, range(new, new + 1)) == {PEOPLE + 1}


def test_ids_jump_in_rest_bulk_and_salesforce(sandbox: SandboxProcess, marketo: Marketo, api: Api) -> None:
    july = {"createdAt": {"startAt": "2025-08-20", "endAt": "2025-09-19"}}
    before = {int(row["id"]) for row in rows(marketo, fields=["id"], filter=july)}
    assert before & set(range(101, 141))
    switch(sandbox, ids_jump=True)
    assert found_ids(marketo, range(90, 150)) == {*range(90, 101), *range(141, 150)}
    quick, slow = (
        {int(row["id"]) for row in rows(marketo, fields=fields, filter=july)} for fields in (["id"], ["id", "city"])
    )
    assert quick == slow == before - set(range(101, 141))
    counts = sandbox.get("/_sandbox/state")["salesforce"]
    for sobject in ("Lead", "Contact"):
        assert count(api, sobject) == counts[sobject]


@pytest.mark.parametrize("values", [{"first_ids_gone": 300}, {"ids_jump": True}])
def test_salesforces_bulk_files_lack_the_missing(values: dict[str, Any]) -> None:
    world = World(Settings(people=5_000, seed=7))
    world.switches.set(values)
    plan = Plan(Org(world), "SELECT Id FROM Lead", include_deleted=True)
    lines = b"".join(text for text, _ in Rows(plan, ",", "\n").blocks()).decode().splitlines()
    assert [line.strip('"') for line in lines] == [row["Id"] for row in world.salesforce_rows("Lead")]


# Partitions


def test_rest_shows_some_partitions_and_bulk_all(sandbox: SandboxProcess, marketo: Marketo) -> None:
    everybody = exported_ids(marketo, ["id"])
    switch(sandbox, api_partitions="EU, Asia")
    spread = {int(row["id"]): row["leadPartitionId"] for row in all_partitions(marketo)}
    assert spread.keys() >= everybody == exported_ids(marketo, ["id"]) == exported_ids(marketo, ["id", "city"])
    shares = Counter(spread.values())
    assert all(abs(shares[number] - share) <= 5 for number, share in {"1": 60, "2": 25, "3": 15}.items())
    ids = range(min(spread), max(spread) + 1)
    assert found_ids(marketo, ids) == {number for number, partition in spread.items() if partition != "1"}
    hidden, shown = (next(n for n, partition in spread.items() if (partition != "1") is seen) for seen in (False, True))
    assert marketo.result(f"/rest/v1/lead/{hidden}.json") == []
    assert marketo.result(f"/rest/v1/lead/{shown}.json", fields="leadPartitionId")[0]["leadPartitionId"] in {2, 3}
    assert marketo.error(f"/rest/v1/leads/{hidden}/listMembership.json") == "1004"
    deleted = marketo.post("/rest/v1/leads/delete.json", {"input": [{"id": hidden}]})["result"]
    assert deleted[0]["reasons"][0]["code"] == "1004"
    switch(sandbox, api_partitions="")
    assert found_ids(marketo, ids) == set(ids)


def all_partitions(marketo: Marketo) -> list[dict[str, str]]:
    return rows(marketo, fields=["id", "leadPartitionId"], filter=WHOLE_MAY)


def test_feeds_and_lists_show_some_partitions(sandbox: SandboxProcess, marketo: Marketo) -> None:
    switch(sandbox, api_partitions="EU")
    partitions = {int(row["id"]): row["leadPartitionId"] for row in all_partitions(marketo)}
    in_may = {number for number, partition in partitions.items() if partition == "2"}
    came = read_activities(marketo, "2026-05-01")
    assert {item["leadId"] for item in came} == in_may
    members = marketo.result("/rest/v1/lists/1004/leads.json", fields="id,leadPartitionId")
    assert {member["leadPartitionId"] for member in members} == {2}
    now = sandbox.get("/_sandbox/state")["now"]
    switch(sandbox, api_partitions="")
    sandbox.post("/_sandbox/people", {"action": "change", "ids": list(partitions), "fields": {"title": "Boss"}})
    sandbox.post("/_sandbox/people", {"action": "delete", "ids": list(partitions)})
    for partition, shown in (("EU", in_may), ("Default,EU,Asia", partitions.keys())):
        switch(sandbox, api_partitions=partition)
        for feed in ("leadchanges", "deletedleads"):
            assert {item["leadId"] for item in read_activities(marketo, now, name=f"/{feed}")} == shown


def test_a_moved_person_is_shown_where_they_are_now(sandbox: SandboxProcess, marketo: Marketo) -> None:
    [new] = sandbox.post("/_sandbox/people", {"action": "create", "fields": {"leadPartitionId": 3}})["ids"]
    marketo.post("/rest/v1/leads/partitions.json", {"input": [{"id": 1, "partitionName": "Asia"}]})
    switch(sandbox, api_partitions="Asia")
    assert found_ids(marketo, range(new, new + 1)) | found_ids(marketo, range(1, 2)) == {1, new}
    switch(sandbox, api_partitions="Default")
    assert found_ids(marketo, range(new, new + 1)) | found_ids(marketo, range(1, 2)) == set()


def test_the_api_user_has_its_role_where_it_sees_people(sandbox: SandboxProcess, marketo: Marketo) -> None:
    for partitions, names in (("", ["AllZones"]), ("Default,EU,Asia", ["AllZones"]), ("EU,Asia", ["EU", "Asia"])):
        switch(sandbox, api_partitions=partitions)
        held = json_of(marketo, "sandbox-api@acme.example/roles.json")
        assert [role["workspaceName"] for role in held] == names


def test_a_partition_there_is_not_is_refused(sandbox: SandboxProcess) -> None:
    answer = requests.post(f"{sandbox.url}/_sandbox/switches", json={"api_partitions": "EU,Mars"}, timeout=10)
    assert answer.status_code == 400
    assert "takes Default, EU, Asia; not 'EU,Mars'" in answer.json()["error"]


# Folders


def folders(marketo: Marketo, **asked: Any) -> list[dict[str, Any]]:
    return marketo.result("/rest/asset/v1/folders.json", **asked)


def test_folders_have_the_shape_of_real_ones(marketo: Marketo) -> None:
    found = folders(marketo)
    by_id = {folder["id"]: folder for folder in found}
    for folder in found:
        assert folder["folderId"] == {"id": folder["id"], "type": "Folder"}
        above = by_id[folder["parent"]["id"]]["path"] if folder["parent"] else ""
        assert folder["path"] == f"{above}/{folder['name']}"
        assert (folder["url"] is None) is folder["isSystem"]
        assert isinstance(folder["accessZoneId"], int)
    assert {folder["path"].count("/") for folder in folders(marketo, maxDepth=1)} == {1, 2}
    assert {folder["folderType"] for folder in found} == {"Zone", "Marketing Folder"}


@pytest.mark.parametrize(
    ("workspaces", "days"), [("EU", 20), ("Asia", 60), ("EU,Asia", 60), ("", None), ("Default", None)]
)
def test_folders_of_some_workspaces_are_young(
    sandbox: SandboxProcess, marketo: Marketo, workspaces: str, days: int | None
) -> None:
    switch(sandbox, folder_workspaces=workspaces)
    found = folders(marketo, maxDepth=1)
    assert {folder["workspace"] for folder in found} == set((workspaces or "Default,EU,Asia").split(","))
    oldest = SEEDED.created(PEOPLE) - days * DAY if days else SEEDED.created(1) - DAY
    assert min(folder["createdAt"] for folder in found) == f"{datetime_text(oldest)}+0000"


# Roles and activity types


def test_administrators_by_other_roles(sandbox: SandboxProcess, marketo: Marketo) -> None:
    before = json_of(marketo, "allusers.json", pageSize=100)
    assert not [role for role in json_of(marketo, "roles.json") if role["name"].endswith("Operations Admin")]
    switch(sandbox, other_admin_roles=True)
    added = [user["userid"] for user in json_of(marketo, "allusers.json", pageSize=100) if user not in before]
    held = [json_of(marketo, f"{userid}/roles.json") for userid in added]
    assert [[(role["accessRoleName"], role["workspaceName"]) for role in roles] for roles in held] == [
        [("Marketing Operations Admin", "AllZones")],
        [("Admin", "Asia")],
    ]
    assert "Marketing Operations Admin" in {role["name"] for role in json_of(marketo, "roles.json")}
    switch(sandbox, other_admin_roles=False)
    assert json_of(marketo, "allusers.json", pageSize=100) == before
    assert marketo.send("GET", f"{USERS}/{added[0]}/roles.json").status_code == 404


def json_of(marketo: Marketo, path: str, **parameters: Any) -> Any:
    return marketo.send("GET", f"{USERS}/{path}", params=parameters).json()


def test_every_instance_has_the_sales_email_activity(sandbox: SandboxProcess, marketo: Marketo) -> None:
    for enabled in (True, False):
        switch(sandbox, actions_enabled=enabled)
        types = {kind["id"]: kind["name"] for kind in marketo.result(f"{FEEDS}/types.json")}
        assert types[39] == "Send Sales Email"
        assert (40 in types) is enabled


# Fields


@pytest.mark.parametrize("name", ["linkedInURL__c", "linkedInProfileURL"])
def test_the_linkedin_address_has_the_name_that_was_asked_for(
    sandbox: SandboxProcess, marketo: Marketo, name: str
) -> None:
    switch(sandbox, linkedin_field=name)
    described = {field["rest"]["name"]: field for field in marketo.result("/rest/v1/leads/describe.json")}
    assert [known for known in described if known.startswith("linkedIn")] == [name]
    plain = rows(marketo, fields=["id", name], filter=WHOLE_MAY)
    slow = rows(marketo, fields=["id", name, "city"], filter=WHOLE_MAY)
    assert [row[name] for row in plain] == [row[name] for row in slow]
    assert any(row[name].startswith("https://www.linkedin.example/in/") for row in plain)
    sandbox.post("/_sandbox/people", {"action": "change", "ids": [1], "fields": {name: "https://x.example"}})
    assert marketo.result("/rest/v1/lead/1.json", fields=name)[0][name] == "https://x.example"


def test_a_hidden_field_is_as_if_it_were_not_there_and_back_with_what_happened(
    sandbox: SandboxProcess, marketo: Marketo
) -> None:
    switch(sandbox, hidden_fields="phone, title")
    names = {field["rest"]["name"] for field in marketo.result("/rest/v1/leads/describe.json")}
    assert names.isdisjoint({"phone", "title"})
    assert marketo.create(fields=["id", "phone"])["errors"][0]["code"] == "1003"
    assert marketo.error("/rest/v1/lead/1.json", fields="title") == "1006"
    sandbox.post("/_sandbox/people", {"action": "change", "ids": [1], "fields": {"phone": "+46 1"}})
    switch(sandbox, hidden_fields="")
    assert marketo.result("/rest/v1/lead/1.json", fields="phone")[0]["phone"] == "+46 1"


def test_an_instance_without_linkedin_addresses(sandbox: SandboxProcess, marketo: Marketo, api: Api) -> None:
    switch(sandbox, linkedin_field="")
    names = {field["rest"]["name"] for field in marketo.result("/rest/v1/leads/describe.json")}
    assert not [name for name in names if "linkedin" in name.lower()]
    assert marketo.create(fields=["id", "linkedInProfileURL"])["errors"][0]["code"] == "1003"
    assert marketo.error("/rest/v1/lead/1.json", fields="linkedInProfileURL") == "1006"
    assert api.create("Lead", LastName="Lind", Company="Birch")
    made = marketo.post("/rest/v1/leads.json", {"input": [{"email": "new@acme.example"}]})
    assert made["result"][0]["status"] == "created"


def test_salesforce_ids_may_have_15_characters(sandbox: SandboxProcess, marketo: Marketo) -> None:
    ids = ["sfdcLeadId", "sfdcContactId", "sfdcAccountId", "sfdcLeadOwnerId"]
    long = rows(marketo, fields=["id", *ids], filter=WHOLE_MAY)
    switch(sandbox, salesforce_id_length=15)
    short = rows(marketo, fields=["id", *ids], filter=WHOLE_MAY)
    assert short == [{name: value[:15] for name, value in row.items()} for row in long]
    assert {len(row[name]) for row in short for name in ids} == {15, len("null")}
    number = next(row["id"] for row in long if row["sfdcContactId"] != "null")
    shown = marketo.result(f"/rest/v1/lead/{number}.json", fields=",".join(ids))[0]
    assert {len(value) for value in shown.values() if value} == {15}
    found = marketo.result(
        "/rest/v1/leads.json", filterType="sfdcContactId", filterValues=shown["sfdcContactId"], fields="id"
    )
    assert [str(person["id"]) for person in found] == [number]
    answer = requests.post(f"{sandbox.url}/_sandbox/switches", json={"salesforce_id_length": 16}, timeout=10)
    assert "takes 18, 15; not 16" in answer.json()["error"]
