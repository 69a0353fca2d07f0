"""Tokens, envelope and limits: items 1 to 16 of what a Marketo instance is known to do."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import CREDENTIALS, Marketo

DESCRIBE = "/rest/v1/leads/describe.json"
LEADS = "/rest/v1/leads.json"
USERS = "/userservice/management/v1/users/allusers.json"
USAGE = "/rest/v1/stats/usage"


def token(sandbox: SandboxProcess, method: str = "GET", **options: Any) -> requests.Response:
    return requests.request(method, f"{sandbox.url}/identity/oauth/token", timeout=10, **options)


def bare(sandbox: SandboxProcess, path: str, **options: Any) -> requests.Response:
    return requests.get(sandbox.url + path, timeout=10, **options)


def test_marketo_01_tokens_by_query_and_form_and_a_refused_secret(sandbox: SandboxProcess) -> None:
    answers = [
        token(sandbox, params=CREDENTIALS),
        token(sandbox, "POST", params=CREDENTIALS),
        token(sandbox, "POST", data=CREDENTIALS),
    ]
    assert len({answer.json()["access_token"] for answer in answers}) == 1
    assert answers[0].json().keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert answers[0].headers["Cache-Control"] == "no-store"
    refused = token(sandbox, params=CREDENTIALS | {"client_secret": "wrong"})
    assert refused.status_code == 401
    assert refused.json() == {"error": "invalid_client", "error_description": "Bad client credentials"}


def test_marketo_02_same_token_until_it_expires(sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/clock", {"advance_seconds": 3_601})
    first = token(sandbox, params=CREDENTIALS).json()
    sandbox.post("/_sandbox/clock", {"advance_seconds": 600})
    second = token(sandbox, params=CREDENTIALS).json()
    assert 3_598 <= first["expires_in"] <= 3_600
    assert first["access_token"] == second["access_token"]
    assert first["expires_in"] - 602 <= second["expires_in"] <= first["expires_in"] - 600
    sandbox.post("/_sandbox/clock", {"advance_seconds": 3_000})
    assert token(sandbox, params=CREDENTIALS).json()["access_token"] != first["access_token"]


def test_marketo_03_services_of_one_user_have_their_own_tokens(sandbox: SandboxProcess, marketo: Marketo) -> None:
    others = {"client_id": "second-service", "client_secret": "second-secret"}
    second = token(sandbox, params=CREDENTIALS | others).json()
    assert second["access_token"] != marketo.token
    assert second["scope"] == token(sandbox, params=CREDENTIALS).json()["scope"] == "sandbox-api@acme.example"


def test_marketo_04_expired_602_then_601_garbage_601_missing_603(sandbox: SandboxProcess, marketo: Marketo) -> None:
    sandbox.post("/_sandbox/clock", {"advance_seconds": 3_601})
    assert [marketo.error(DESCRIBE) for _ in range(3)] == ["602", "601", "601"]
    garbage = bare(sandbox, DESCRIBE, headers={"Authorization": "Bearer garbage"})
    assert (garbage.status_code, garbage.json()["errors"][0]["code"]) == (200, "601")
    missing = bare(sandbox, DESCRIBE)
    assert (missing.status_code, missing.json()["errors"][0]["code"]) == (200, "603")


def test_marketo_05_query_tokens_only_when_allowed_and_never_for_users(
    sandbox: SandboxProcess, marketo: Marketo
) -> None:
    given = {"access_token": marketo.token}
    assert bare(sandbox, DESCRIBE, params=given).json()["errors"][0]["code"] == "603"
    sandbox.post("/_sandbox/switches", {"query_tokens": True})
    assert bare(sandbox, DESCRIBE, params=given).json()["success"]
    assert bare(sandbox, USERS, params=given).status_code == 401


def test_marketo_06_roles_and_the_address_list_are_enforced(
    sandbox: SandboxProcess, marketo: Marketo, reports: Marketo
) -> None:
    assert reports.get(DESCRIBE)["success"]
    for path in ("/rest/v1/leads/schema/fields.json", "/rest/v1/activities/types.json", "/rest/v1/companies.json"):
        assert reports.error(path) == "603"
    assert reports.refused("POST", LEADS, json={"input": [{"email": "a@b.example"}]}) == "603"
    assert reports.send("GET", USERS).status_code == 403
    assert reports.get(f"{USAGE}.json")["success"]
    sandbox.post("/_sandbox/switches", {"marketo_ip_allowlist": "192.0.2.1, 192.0.2.2"})
    assert marketo.error(DESCRIBE) == "603"
    sandbox.post("/_sandbox/switches", {"marketo_ip_allowlist": "192.0.2.1, 127.0.0.1"})
    assert marketo.get(DESCRIBE)["success"]


def test_marketo_07_identity_calls_are_free(sandbox: SandboxProcess, marketo: Marketo) -> None:
    used = marketo.result(f"{USAGE}.json")[0]["total"]
    # Room for the two calls that count. The clock stays: near midnight in Chicago the day's count would begin anew.
    sandbox.post("/_sandbox/switches", {"rate_limit": 2, "concurrency_limit": 1})
    assert all(token(sandbox, params=CREDENTIALS).ok for _ in range(5))
    assert marketo.result(f"{USAGE}.json")[0]["total"] == used + 1


def test_marketo_08_request_ids_and_envelopes(marketo: Marketo) -> None:
    answers = [marketo.get(DESCRIBE) for _ in range(20)]
    assert answers[0].keys() == {"requestId", "result", "success"}
    ids = [answer["requestId"] for answer in answers]
    assert len(set(ids)) == 20
    assert all(int(half, 16) >= 0 for text in ids for half in text.split("#"))
    assert int(ids[0].split("#")[1], 16) > 1_700_000_000_000
    assert isinstance(marketo.get("/rest/v1/nothing.json")["errors"][0]["code"], str)
    folders = marketo.get("/rest/asset/v1/folders.json", maxDepth=1)
    assert (folders["errors"], folders["warnings"]) == ([], [])


def test_marketo_09_wrong_path_verb_json_and_content_type(marketo: Marketo) -> None:
    create, as_json = "/bulk/v1/leads/export/create.json", {"Content-Type": "application/json"}
    assert marketo.error("/rest/v1/nothing.json") == "610"
    assert marketo.refused("DELETE", DESCRIBE) == "605"
    assert marketo.refused("POST", create, data="{", headers=as_json) == "609"
    assert marketo.refused("POST", create, data="{}", headers={"Content-Type": "text/plain"}) == "612"


def test_marketo_10_unknown_parameters_are_ignored_and_lists_may_repeat(marketo: Marketo) -> None:
    joined = marketo.result(LEADS, filterType="id", filterValues="1,2", fields="id,email", whatever="x")
    repeated = marketo.result(LEADS, filterType="id", filterValues=["1", "2"], fields=["id", "email"])
    assert joined == repeated
    assert [list(person) for person in joined] == [["id", "email"]] * 2


def test_marketo_11_long_addresses_and_large_bodies(marketo: Marketo) -> None:
    assert marketo.send("GET", DESCRIBE, params={"x": "y" * 8_200}).status_code == 414
    assert marketo.send("GET", DESCRIBE, params={"x": "y" * 8_000}).status_code == 200
    assert marketo.send("POST", LEADS, data={"x": "y" * 1_100_000}).status_code == 413


def test_marketo_12_gzip_when_asked_and_worth_it_and_never_for_files(marketo: Marketo) -> None:
    asked = {"Accept-Encoding": "gzip"}
    assert marketo.send("GET", DESCRIBE, headers=asked).headers["Content-Encoding"] == "gzip"
    plain = marketo.send("GET", DESCRIBE, headers={"Accept-Encoding": "identity"})
    small = marketo.send("GET", "/rest/v1/lead/1.json", headers=asked)
    file = marketo.send("GET", f"/bulk/v1/leads/export/{marketo.export()['exportId']}/file.json", headers=asked)
    assert not [answer for answer in (plain, small, file) if "Content-Encoding" in answer.headers]


def test_marketo_13_one_window_for_all_clients(sandbox: SandboxProcess, marketo: Marketo, reports: Marketo) -> None:
    assert sandbox.get("/_sandbox/state")["switches"]["rate_limit"] == 100_000
    sandbox.post("/_sandbox/clock", {"advance_seconds": 21})
    sandbox.post("/_sandbox/switches", {"rate_limit": 100})
    for caller in (marketo, reports):
        assert all(caller.get("/rest/v1/lead/1.json", fields="id")["success"] for _ in range(50))
    refused = marketo.get(DESCRIBE)["errors"]
    assert refused == [{"code": "606", "message": "Max rate limit '100' exceeded with in '20' secs"}]
    sandbox.post("/_sandbox/clock", {"advance_seconds": 21})
    assert marketo.get(DESCRIBE)["success"]


def test_marketo_14_concurrent_calls_and_what_counts(sandbox: SandboxProcess, marketo: Marketo) -> None:
    used = marketo.result(f"{USAGE}.json")[0]["total"]
    sandbox.post("/_sandbox/switches", {"concurrency_limit": 0})
    refused = marketo.get(DESCRIBE)["errors"]
    assert refused == [{"code": "615", "message": "Concurrent access limit '0' reached"}]
    sandbox.post("/_sandbox/faults", {"path": "describe", "kind": "marketo:608", "count": 1})
    assert marketo.error(DESCRIBE) == "608"
    assert bare(sandbox, DESCRIBE).json()["errors"]
    sandbox.post("/_sandbox/switches", {"count_refused": True})
    assert marketo.error(DESCRIBE) == "615"
    sandbox.post("/_sandbox/switches", {"concurrency_limit": 10, "count_refused": False})
    assert marketo.result(f"{USAGE}.json")[0]["total"] == used + 2


def test_marketo_14_one_call_too_many_at_a_time(sandbox: SandboxProcess, marketo: Marketo) -> None:
    assert sandbox.get("/_sandbox/state")["switches"]["concurrency_limit"] == 10
    sandbox.post("/_sandbox/switches", {"concurrency_limit": 2})
    sandbox.post("/_sandbox/faults", {"path": "lead/1", "kind": "delay", "seconds": 3})

    def call_slowly() -> dict[str, Any]:
        # Refused while the calls below hold a place themselves.
        while not (answer := marketo.get("/rest/v1/lead/1.json"))["success"]:
            pass
        return answer

    with ThreadPoolExecutor(2) as threads:
        slow = [threads.submit(call_slowly) for _ in range(2)]
        while (last := marketo.get(DESCRIBE))["success"] and not all(call.done() for call in slow):
            time.sleep(0.02)
        assert last.get("errors") == [{"code": "615", "message": "Concurrent access limit '2' reached"}]
        assert all(call.result()["result"] for call in slow)
    assert marketo.get(DESCRIBE)["success"]


def test_marketo_15_daily_quota_ends_at_midnight_in_chicago(sandbox: SandboxProcess) -> None:
    # Central daylight time is five hours behind UTC in June.
    sandbox.post("/_sandbox/clock", {"set": "2032-06-10T04:30:00Z"})
    marketo = Marketo(sandbox.url)
    used = marketo.result(f"{USAGE}.json")[0]
    assert used["date"] == "2032-06-09"
    sandbox.post("/_sandbox/switches", {"daily_calls": used["total"]})
    assert marketo.error(DESCRIBE) == "607"
    sandbox.post("/_sandbox/clock", {"advance_seconds": 31 * 60})
    assert marketo.get(DESCRIBE)["success"]
    sandbox.post("/_sandbox/switches", {"daily_calls": 50_000})
    assert marketo.result(f"{USAGE}.json")[0]["date"] == "2032-06-10"


def test_marketo_16_usage_by_user_and_errors_by_code(
    sandbox: SandboxProcess, marketo: Marketo, reports: Marketo
) -> None:
    for _ in range(3):
        reports.get(DESCRIBE)
    marketo.error("/rest/v1/nothing.json")
    usage = marketo.result(f"{USAGE}.json")[0]
    counts = {user["userId"]: user["count"] for user in usage["users"]}
    assert counts == {"reports@acme.example": 3, "sandbox-api@acme.example": 2}
    assert usage["total"] == 5
    assert marketo.result("/rest/v1/stats/errors.json")[0]["errors"] == [{"errorCode": "610", "count": 1}]
    sandbox.post("/_sandbox/clock", {"advance_seconds": 86_400})
    marketo = Marketo(sandbox.url)
    for name, total in (("usage", 6), ("errors", 1)):
        week = marketo.result(f"/rest/v1/stats/{name}/last7days.json")
        assert len({day["date"] for day in week}) == 7
        assert week[1]["total"] == total
