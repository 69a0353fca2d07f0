"""Users, the objects of the CRM and the seeded people: items 43 and 44 of what a Marketo instance is known to do."""

import uuid
from collections import Counter
from typing import Any

import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.conftest import PEOPLE
from sandbox.tests.marketo_api import Marketo

USERS = "/userservice/management/v1/users"


def users(marketo: Marketo, path: str = "allusers.json", **parameters: Any) -> Any:
    answer = marketo.send("GET", f"{USERS}/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_marketo_43_users_are_a_bare_list_in_pages(sandbox: SandboxProcess, marketo: Marketo) -> None:
    everyone = users(marketo)
    assert everyone[0].keys() == {"userid", "firstName", "lastName", "emailAddress", "id", "apiOnly"}
    assert users(marketo, pageSize=2, pageOffset=2) == everyone[2:4]
    assert [user["emailAddress"] for user in everyone if user["apiOnly"]] == ["sandbox-api@acme.example"]
    assert requests.get(f"{sandbox.url}{USERS}/allusers.json", timeout=10).status_code == 401
    assert marketo.send("GET", f"{USERS}/nobody@acme.example/roles.json").json()["errors"]


def test_marketo_43_admins_are_found_by_their_roles(marketo: Marketo) -> None:
    people = [user["userid"] for user in users(marketo) if not user["apiOnly"]]
    roles = {userid: users(marketo, f"{userid}/roles.json")[0] for userid in people}
    admins = {userid for userid, role in roles.items() if role["accessRoleId"] == 1}
    assert admins == {"marketo-admin@demo.example", "maria.lind@acme.example", "jonas.berg@acme.example"}
    custom = {role["id"]: role["name"] for role in users(marketo, "roles.json") if role["type"] == "custom"}
    workspaces = {found["id"]: found["name"] for found in users(marketo, "workspaces.json")}
    found = roles["priya.patel@acme.example"]
    assert custom[found["accessRoleId"]] == found["accessRoleName"] == "Workspace Admin"
    assert workspaces[found["workspaceId"]] == found["workspaceName"] == "EU"


def test_marketo_43_locked_and_pending_users(marketo: Marketo) -> None:
    locked = users(marketo, "tom.clark@acme.example/user.json")
    assert (locked["isLocked"], bool(locked["lockedReason"])) == (True, True)
    assert users(marketo, "maria.lind@acme.example/user.json")["isLocked"] is False
    assert users(marketo, "lukas.meyer@acme.example/invite.json")["status"] == "pending"
    assert "lukas.meyer@acme.example" not in {user["userid"] for user in users(marketo)}
    assert marketo.send("GET", f"{USERS}/lukas.meyer@acme.example/user.json").status_code == 404


def test_marketo_43_adobe_identities_have_guids(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/switches", {"ims_users": True})
    maria = next(user for user in users(marketo) if user["emailAddress"] == "maria.lind@acme.example")
    assert uuid.UUID(maria["userid"])
    assert users(marketo, f"{maria['userid']}/roles.json")[0]["accessRoleName"] == "Admin"
    assert marketo.send("GET", f"{USERS}/maria.lind@acme.example/roles.json").status_code == 404


def test_marketo_43_objects_of_the_crm_can_be_read_and_not_written(marketo: Marketo) -> None:
    wanted = {"filterType": "leadId", "filterValues": ",".join(map(str, range(1, 301)))}
    roles = marketo.result("/rest/v1/opportunities/roles.json", **wanted)
    assert roles
    ids = ",".join(role["externalOpportunityId"] for role in roles)
    names = {"filterType": "externalOpportunityId", "filterValues": ids, "fields": "name,stage"}
    found = marketo.result("/rest/v1/opportunities.json", **names)
    assert len(found) == len(roles)
    assert found[0].keys() == {"seq", "marketoGUID", "name", "stage"}
    assert marketo.result(
        "/rest/v1/leads.json", filterType="sfdcOpptyId", filterValues=ids.split(",")[0], fields="id"
    ) == [{"id": roles[0]["leadId"]}]
    for path in ("opportunities", "opportunities/roles", "companies", "salespersons"):
        described = marketo.result(f"/rest/v1/{path}/describe.json")[0]
        assert [described["dedupeFields"][0]] in described["searchableFields"]
        assert marketo.error(f"/rest/v1/{path}.json") == "1002"
        assert marketo.refused("POST", f"/rest/v1/{path}.json", json={"input": [{}]}) == "1018"


def test_marketo_44_every_kind_of_person_is_seeded(sandbox: SandboxProcess, marketo: Marketo) -> None:
    fields = "id,email,sfdcType,sfdcLeadId,sfdcContactId,sfdcLeadOwnerId,linkedInProfileURL"
    people = []
    for start in range(1, PEOPLE + 1, 250):
        ids = ",".join(map(str, range(start, start + 250)))
        people += marketo.result("/rest/v1/leads.json", filterType="id", filterValues=ids, fields=fields)
    kinds = Counter(
        (
            person["sfdcType"],
            bool(person["sfdcLeadId"]),
            bool(person["sfdcContactId"]),
            (person["sfdcLeadOwnerId"] or "")[:3],
        )
        for person in people
    )
    assert {
        ("Lead", True, False, "005"),
        ("Contact", False, True, "005"),
        ("Contact", True, True, "005"),
        ("Lead", True, False, "00G"),
        ("Lead", True, False, ""),
        (None, False, False, ""),
    } == kinds.keys()
    emails = Counter(person["email"] for person in people)
    assert emails[None] > 10
    assert 2 in emails.values()
    assert {bool(person["linkedInProfileURL"]) for person in people} == {True, False}
    assert sandbox.get("/_sandbox/state")["expected"]["deleted_in_salesforce"] == PEOPLE * 2 // 100
