"""What the sandbox answers to every call of Marketo's that a field table describes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import CREDENTIALS, Marketo

REST = "/rest/v1"
USERS = "/userservice/management/v1/users"
NOBODY = 999_999_999
EVERYWHERE = 0
NEW_USER = {
    "emailAddress": "nova@acme.example",
    "firstName": "Nova",
    "lastName": "New",
    "userRoleWorkspaces": [{"accessRoleId": 2, "workspaceId": EVERYWHERE}],
}
Answers = dict[str, Any]


def answers(sandbox: SandboxProcess) -> Answers:
    """JSON answers by the names that the tables give to the calls."""
    marketo = Marketo(sandbox.url)
    since = datetime.fromisoformat(sandbox.get("/_sandbox/state")["now"])
    person = marketo.result(f"{REST}/lists/1002/leads.json", batchSize=1)[0]["id"]
    return {
        **_identity(sandbox),
        **_people(marketo, person),
        **_lists(marketo, person),
        **_writes(sandbox, marketo),
        **_activities(sandbox, marketo, since),
        **_exports(marketo, since),
        **_records(marketo),
        **_users(marketo),
        **_folders(marketo),
        **_usage(marketo),
    }


def _identity(sandbox: SandboxProcess) -> Answers:
    url = f"{sandbox.url}/identity/oauth/token"
    return {
        "GET /identity/oauth/token": requests.get(url, params=CREDENTIALS, timeout=10).json(),
        "POST /identity/oauth/token": requests.post(url, data=CREDENTIALS, timeout=10).json(),
    }


def _people(marketo: Marketo, person: int) -> Answers:
    leads = f"{REST}/leads.json"
    asked = {"filterType": "id", "filterValues": f"{person},{person + 1},{person + 2}"}
    return {
        "GET /rest/v1/leads/describe.json": marketo.get(f"{REST}/leads/describe.json"),
        "GET /rest/v1/leads/describe2.json": marketo.get(f"{REST}/leads/describe2.json"),
        "GET /rest/v1/leads/schema/fields.json": marketo.get(f"{REST}/leads/schema/fields.json", batchSize=5),
        "GET /rest/v1/leads/schema/fields/{fieldApiName}.json": marketo.get(f"{REST}/leads/schema/fields/email.json"),
        "GET /rest/v1/lead/{leadId}.json": marketo.get(f"{REST}/lead/{person}.json"),
        "GET /rest/v1/leads.json": marketo.get(leads, **asked),
        "GET /rest/v1/leads.json (a page of several)": marketo.get(leads, **asked, batchSize=2),
        "GET /rest/v1/leads.json (refused)": marketo.get(leads, filterType="firstName", filterValues="x"),
        "GET /rest/v1/leads/partitions.json": marketo.get(f"{REST}/leads/partitions.json"),
        "GET /rest/v1/leads/programs/{programId}.json": marketo.get(f"{REST}/leads/programs/1001.json", batchSize=3),
    }


def _lists(marketo: Marketo, person: int) -> Answers:
    members, of_person = f"{REST}/lists/1003/leads.json", f"{REST}/leads/{person}"
    ids = {"id": [person, NOBODY]}
    in_program = marketo.result(f"{REST}/leads/programs/1001.json", batchSize=1)[0]["id"]
    return {
        "GET /rest/v1/lists.json": marketo.get(f"{REST}/lists.json"),
        "GET /rest/v1/lists/{listId}.json": marketo.get(f"{REST}/lists/1001.json"),
        "GET /rest/v1/list/{listId}/leads.json": marketo.get(f"{REST}/list/1002/leads.json", batchSize=2),
        "GET /rest/v1/lists/{listId}/leads.json": marketo.get(f"{REST}/lists/1002/leads.json", batchSize=2),
        "POST /rest/v1/lists/{listId}/leads.json": marketo.send("POST", members, params=ids).json(),
        "GET /rest/v1/lists/{listId}/leads/ismember.json": marketo.get(f"{REST}/lists/1003/leads/ismember.json", **ids),
        "DELETE /rest/v1/lists/{listId}/leads.json": marketo.send("DELETE", members, params=ids).json(),
        "GET /rest/v1/leads/{leadId}/listMembership.json": marketo.get(f"{of_person}/listMembership.json", batchSize=1),
        "GET /rest/v1/leads/{leadId}/programMembership.json": marketo.get(
            f"{REST}/leads/{in_program}/programMembership.json"
        ),
        "GET /rest/v1/leads/{leadId}/smartCampaignMembership.json": marketo.get(
            f"{of_person}/smartCampaignMembership.json"
        ),
    }


def _writes(sandbox: SandboxProcess, marketo: Marketo) -> Answers:
    made = sandbox.post("/_sandbox/people", {"action": "create", "kind": "marketo_only", "count": 3})["ids"]
    kept, moved, merged = made
    new = {"input": [{"email": "nova@people.example"}, {"email": "not an address"}]}
    partition = {"input": [{"id": moved, "partitionName": "EU"}, {"id": NOBODY, "partitionName": "EU"}]}
    return {
        "POST /rest/v1/leads.json": marketo.post(f"{REST}/leads.json", new),
        "POST /rest/v1/leads/partitions.json": marketo.post(f"{REST}/leads/partitions.json", partition),
        "POST /rest/v1/leads/{leadId}/merge.json": marketo.send(
            "POST", f"{REST}/leads/{kept}/merge.json", params={"leadId": merged}
        ).json(),
        "POST /rest/v1/leads/delete.json": marketo.post(
            f"{REST}/leads/delete.json", {"input": [{"id": moved}, {"id": NOBODY}]}
        ),
    }


def _activities(sandbox: SandboxProcess, marketo: Marketo, since: datetime) -> Answers:
    root = f"{REST}/activities"
    (made,) = sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead", "count": 1})["ids"]
    sandbox.post("/_sandbox/people", {"action": "change", "ids": [made], "fields": {"title": "Boss"}})
    sandbox.post("/_sandbox/people", {"action": "change", "ids": [made], "fields": {"title": None, "leadScore": 5}})
    sandbox.post("/_sandbox/people", {"action": "convert", "ids": [made]})
    token = marketo.get(f"{root}/pagingtoken.json", sinceDatetime=since.isoformat())
    page = {"nextPageToken": token["nextPageToken"]}
    return {
        "GET /rest/v1/activities/types.json": marketo.get(f"{root}/types.json"),
        "GET /rest/v1/activities/pagingtoken.json": token,
        "GET /rest/v1/activities.json": marketo.get(f"{root}.json", activityTypeIds="12,13,21,23,24,32", **page),
        "GET /rest/v1/activities/leadchanges.json": marketo.get(
            f"{root}/leadchanges.json", fields="title,leadScore", **page
        ),
        "GET /rest/v1/activities/deletedleads.json": marketo.get(f"{root}/deletedleads.json", **page),
    }


def _exports(marketo: Marketo, now: datetime) -> Answers:
    start, end = ((now.astimezone(UTC) - timedelta(days=days)).isoformat() for days in (10, 1))
    window = {"startAt": start, "endAt": end}
    orders: dict[str, tuple[str, dict[str, Any]]] = {
        "leads": ("leads", {"fields": ["id"], "filter": {"createdAt": window}}),
        "activities": ("activities", {"filter": {"createdAt": window}}),
        "program/members": ("program/members", {"fields": ["leadId"], "filter": {"programId": 1001}}),
        "customobjects/{apiName}": (
            "customobjects/purchase_c",
            {"fields": ["leadId"], "filter": {"updatedAt": window}},
        ),
    }
    found: Answers = {}
    for described, (kind, body) in orders.items():
        found |= _export(marketo, f"/bulk/v1/{kind}/export", f"/bulk/v1/{described}/export", body)
    return found


def _export(marketo: Marketo, root: str, described: str, body: dict[str, Any]) -> Answers:
    """A job that is read to its end, and one that is cancelled."""
    created, unwanted = (marketo.post(f"{root}/create.json", body) for _ in range(2))
    job, other = (answer["result"][0]["exportId"] for answer in (created, unwanted))
    enqueued = marketo.post(f"{root}/{job}/enqueue.json")
    marketo.wait(job, {"Completed"}, root)
    return {
        f"POST {described}/create.json": created,
        f"POST {described}/{{exportId}}/enqueue.json": enqueued,
        f"POST {described}/{{exportId}}/cancel.json": marketo.post(f"{root}/{other}/cancel.json"),
        f"GET {described}/{{exportId}}/status.json": marketo.get(f"{root}/{job}/status.json"),
        f"GET {described}.json": marketo.get(f"{root}.json", batchSize=1),
    }


def _records(marketo: Marketo) -> Answers:
    found: Answers = {}
    for kind, filters in _filters(marketo).items():
        path = f"{REST}/{kind}"
        found[f"GET {path}.json"] = marketo.get(f"{path}.json", **filters)
        found[f"GET {path}/describe.json"] = marketo.get(f"{path}/describe.json")
        for refused in (f"{path}.json", f"{path}/delete.json"):
            found[f"POST {refused} (refused)"] = marketo.post(refused, {"input": [{"id": 1}]})
    return found | {
        "GET /rest/v1/customobjects.json": marketo.get(f"{REST}/customobjects.json"),
        "GET /rest/v1/customobjects/{customObjectName}/describe.json": marketo.get(
            f"{REST}/customobjects/purchase_c/describe.json"
        ),
        "GET /rest/v1/programs/members/describe.json": marketo.get(f"{REST}/programs/members/describe.json"),
    }


def _filters(marketo: Marketo) -> dict[str, dict[str, str]]:
    """What finds some records of each kind."""
    people = marketo.result(f"{REST}/lists/1004/leads.json", fields="id,company")
    of_people = {"filterType": "leadId", "filterValues": ",".join(str(person["id"]) for person in people)}
    roles = marketo.result(f"{REST}/opportunities/roles.json", **of_people)
    company = next(person["company"] for person in people if person["company"])
    return {
        "opportunities/roles": of_people,
        "opportunities": {
            "filterType": "externalOpportunityId",
            "filterValues": ",".join({role["externalOpportunityId"] for role in roles[:20]}),
        },
        "companies": {"filterType": "company", "filterValues": company},
        "salespersons": {"filterType": "email", "filterValues": "maria.lind@acme.example"},
    }


def _users(marketo: Marketo) -> Answers:
    reports = Marketo(marketo.url, client_id="reports", client_secret="reports-secret")
    nova = f"{USERS}/nova@acme.example"
    role = [{"accessRoleId": 103, "workspaceId": 1}]

    def person(address: str) -> Any:
        return marketo.send("GET", f"{USERS}/{address}@acme.example/user.json").json()

    invited = marketo.post(f"{USERS}/invite.json", NEW_USER)
    invitation = marketo.get(f"{nova}/invite.json")
    elena = f"{USERS}/elena.rossi@acme.example"
    return {
        f"GET {USERS}/allusers.json": marketo.get(f"{USERS}/allusers.json"),
        f"GET {USERS}/allusers.json (refused)": reports.get(f"{USERS}/allusers.json"),
        f"GET {USERS}/roles.json": marketo.get(f"{USERS}/roles.json"),
        f"GET {USERS}/workspaces.json": marketo.get(f"{USERS}/workspaces.json"),
        f"GET {USERS}/{{userid}}/user.json": person("maria.lind"),
        f"GET {USERS}/{{userid}}/user.json (locked)": person("tom.clark"),
        f"GET {USERS}/{{userid}}/roles.json": marketo.get(f"{elena}/roles.json"),
        f"POST {USERS}/invite.json": invited,
        f"GET {USERS}/{{userid}}/invite.json": invitation,
        f"POST {USERS}/{{userid}}/update.json": marketo.post(
            f"{elena}/update.json", {"expiresAt": "20991231T08:00:00.000t+0000"}
        ),
        f"POST {USERS}/{{userid}}/roles/create.json": marketo.post(f"{elena}/roles/create.json", role),
        f"POST {USERS}/{{userid}}/roles/delete.json": marketo.post(f"{elena}/roles/delete.json", role),
    }


def _folders(marketo: Marketo) -> Answers:
    path = "/rest/asset/v1/folders.json"
    return {
        f"GET {path}": marketo.get(path, maxReturn=200),
        f"GET {path} (none)": marketo.get(path, offset=1_000),
    }


def _usage(marketo: Marketo) -> Answers:
    paths = [f"{REST}/stats/{kind}{span}.json" for kind in ("usage", "errors") for span in ("", "/last7days")]
    return {f"GET {path}": marketo.get(path) for path in paths}
