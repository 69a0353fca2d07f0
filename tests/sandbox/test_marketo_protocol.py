"""Envelope, limits, and the smaller Marketo endpoints."""

import requests

from tests.sandbox.marketo_api import CREDENTIALS, Marketo
from tests.sandbox_process import SandboxProcess

DESCRIBE = "/rest/v1/leads/describe.json"
USERS = "/userservice/management/v1/users"


def test_request_id_ends_with_the_time_and_success_has_no_errors(sandbox: SandboxProcess) -> None:
    answer = Marketo(sandbox.url).get(DESCRIBE)
    _, milliseconds = answer["requestId"].split("#")
    assert int(milliseconds, 16) > 1_700_000_000_000
    assert answer.keys() == {"requestId", "result", "success"}


def test_unknown_path_wrong_verb_bad_json_wrong_content_type(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    create = "/bulk/v1/leads/export/create.json"
    json_headers = {"Content-Type": "application/json"}
    answers = [
        marketo.send("GET", "/rest/v1/nothing.json"),
        marketo.send("DELETE", DESCRIBE),
        marketo.send("POST", create, data="{", headers=json_headers),
        marketo.send("POST", create, data="{}", headers={"Content-Type": "text/plain"}),
    ]
    assert [answer.json()["errors"][0]["code"] for answer in answers] == ["610", "605", "609", "612"]
    assert {answer.status_code for answer in answers} == {200}


def test_too_long_address_is_414_and_too_large_body_413(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    assert marketo.send("GET", DESCRIBE, params={"x": "y" * 9_000}).status_code == 414
    assert marketo.send("POST", "/rest/v1/leads.json", data={"x": "y" * 1_100_000}).status_code == 413


def test_gzip_only_when_asked_and_worth_it(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    headers = {"Accept-Encoding": "gzip"}
    assert marketo.send("GET", DESCRIBE, headers=headers).headers.get("Content-Encoding") == "gzip"
    assert "Content-Encoding" not in marketo.send("GET", DESCRIBE, headers={"Accept-Encoding": "identity"}).headers
    assert "Content-Encoding" not in marketo.send("GET", "/rest/v1/lead/1.json", headers=headers).headers


def test_101st_call_in_the_window_is_606_and_time_heals_it(sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/clock", {"advance_seconds": 21})
    sandbox.post("/_sandbox/switches", {"rate_limit": 5})
    marketo = Marketo(sandbox.url)
    answers = [marketo.get(DESCRIBE) for _ in range(6)]
    assert [answer["success"] for answer in answers] == [True] * 5 + [False]
    assert answers[5]["errors"] == [{"code": "606", "message": "Max rate limit '5' exceeded with in '20' secs"}]
    sandbox.post("/_sandbox/clock", {"advance_seconds": 21})
    assert marketo.get(DESCRIBE)["success"]


def test_daily_quota_is_607_and_identity_calls_are_free(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    used = marketo.result("/rest/v1/stats/usage.json")[0]["total"]
    for _ in range(3):
        requests.get(f"{sandbox.url}/identity/oauth/token", params=CREDENTIALS, timeout=10)
    usage = marketo.result("/rest/v1/stats/usage.json")[0]
    assert usage["total"] == used + 1 == usage["users"][0]["count"]
    sandbox.post("/_sandbox/switches", {"daily_calls": used + 1})
    assert marketo.error(DESCRIBE) == "607"
    sandbox.post("/_sandbox/clock", {"advance_seconds": 86_400})
    assert Marketo(sandbox.url).get(DESCRIBE)["success"]


def test_admins_can_be_found_the_way_user_management_allows(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    users = marketo.send("GET", f"{USERS}/allusers.json").json()
    people = [user for user in users if not user["apiOnly"]]
    assert len(people) == len(users) - 1
    roles = {
        user["emailAddress"]: marketo.send("GET", f"{USERS}/{user['userid']}/roles.json").json() for user in people
    }
    admins = {address for address, held in roles.items() if held[0]["accessRoleName"] == "Admin"}
    assert admins >= {"marketo-admin@demo.example", "maria.lind@acme.example"}
    assert not admins & {"ops@demo.example", "salesforce-admin@demo.example"}
    assert [user["id"] for user in marketo.send("GET", f"{USERS}/allusers.json?pageSize=2&pageOffset=2").json()] == [
        3,
        4,
    ]


def test_user_management_fails_with_http_statuses(sandbox: SandboxProcess) -> None:
    assert requests.get(f"{sandbox.url}{USERS}/allusers.json", timeout=10).status_code == 401
    missing = Marketo(sandbox.url).send("GET", f"{USERS}/nobody@acme.example/roles.json")
    assert missing.status_code == 404
    assert missing.json()["errors"]


def test_sales_activity_types_only_with_actions(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    assert "Send Sales Email" in {kind["name"] for kind in marketo.result("/rest/v1/activities/types.json")}
    sandbox.post("/_sandbox/switches", {"actions_enabled": False})
    assert "Send Sales Email" not in {kind["name"] for kind in marketo.result("/rest/v1/activities/types.json")}


def test_oldest_folder_is_older_than_the_first_person(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    answer = marketo.get("/rest/asset/v1/folders.json", maxDepth=1)
    assert (answer["errors"], answer["warnings"]) == ([], [])
    made = answer["result"][0]["createdAt"]
    assert made.endswith("Z+0000")
    assert made < marketo.result("/rest/v1/lead/1.json")[0]["createdAt"]
    assert "result" not in marketo.get("/rest/asset/v1/folders.json", offset=100)


def test_concurrent_calls_beyond_the_limit_are_615(sandbox: SandboxProcess) -> None:
    marketo = Marketo(sandbox.url)
    sandbox.post("/_sandbox/switches", {"concurrency_limit": 0})
    assert marketo.error(DESCRIBE) == "615"
