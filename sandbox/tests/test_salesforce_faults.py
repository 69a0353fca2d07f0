"""Troubles that only Salesforce makes, one by one, over HTTP."""

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import Api, act, connect, refresh


def strike(sandbox: SandboxProcess, kind: str, path: str = "/services/", **options: object) -> None:
    sandbox.post("/_sandbox/faults", {"path": path, "kind": f"salesforce:{kind}", "count": 1, **options})


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("not_for_rest", 401, "This session is not valid for use with the REST API"),
        ("daily_limit", 403, "TotalRequests Limit exceeded."),
        ("concurrent_limit", 403, "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
        ("api_disabled", 403, "API_DISABLED_FOR_ORG"),
        ("query_timeout", 400, "QUERY_TIMEOUT"),
        ("invalid_locator", 400, "INVALID_QUERY_LOCATOR"),
        ("results_expired", 404, "NOT_FOUND"),
        ("row_lock", 400, "UNABLE_TO_LOCK_ROW"),
        ("server_unavailable", 503, "SERVER_UNAVAILABLE"),
        ("setting_up", 420, "setting things up"),
        ("no_body", 406, ""),
    ],
)
def test_answers_in_place_of_the_real_one(sandbox: SandboxProcess, api: Api, kind: str, status: int, text: str) -> None:
    strike(sandbox, kind)
    answer = api.get("/limits")
    assert (answer.status_code, text in answer.text) == (status, True)
    assert answer.text == "" or text
    assert api.get("/limits").ok
    assert kind in str(sandbox.get("/_sandbox/calls"))


def test_write_is_done_although_its_answer_is_an_error(sandbox: SandboxProcess, api: Api) -> None:
    strike(sandbox, "unknown_after_commit", "sobjects/Account")
    answer = api.call("POST", "/sobjects/Account", json={"Name": "Birch"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (500, "UNKNOWN_EXCEPTION")
    assert len(api.names("SELECT Id FROM Account WHERE Name = 'Birch'")) == 1


def test_answer_of_a_rotating_refresh_is_lost(sandbox: SandboxProcess) -> None:
    act(sandbox, "rotate_refresh_tokens")
    token = connect(sandbox)["refresh_token"]
    strike(sandbox, "lost_answer", "oauth2/token")
    with pytest.raises(requests.ConnectionError):
        refresh(sandbox, token)
    assert refresh(sandbox, token).json()["error_description"] == "expired access/refresh token"


def test_expired_grant(sandbox: SandboxProcess) -> None:
    token = connect(sandbox)["refresh_token"]
    strike(sandbox, "grant_expired", "oauth2/token")
    assert refresh(sandbox, token).json() == {
        "error": "invalid_grant",
        "error_description": "expired access/refresh token",
    }
    assert refresh(sandbox, token).ok


def test_body_is_not_what_its_header_says(sandbox: SandboxProcess, api: Api) -> None:
    strike(sandbox, "gzip_but_plain")
    with pytest.raises(requests.exceptions.ContentDecodingError):
        api.get("/limits")


def test_body_ends_early_without_a_sign(sandbox: SandboxProcess, api: Api) -> None:
    strike(sandbox, "cut", "sobjects", after_bytes=100)
    answer = api.get("/sobjects", headers={"Accept-Encoding": "identity"})
    assert (answer.status_code, len(answer.content)) == (200, 100)


def test_server_hangs_before_the_headers(sandbox: SandboxProcess, api: Api) -> None:
    strike(sandbox, "hang")
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{sandbox.url}/services/data", timeout=0.3)


def test_pages_shrink(sandbox: SandboxProcess, api: Api) -> None:
    strike(sandbox, "small_pages", "/query$")
    page = api.query("SELECT Id FROM Contact")
    found = page["records"]
    assert (len(found), page["done"]) == (50, False)
    while not page["done"]:
        page = api.get(page["nextRecordsUrl"]).json()
        found += page["records"]
    assert [record["Id"] for record in found] == api.names("SELECT Id FROM Contact")


def test_long_queries_time_out(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "set_limits", max_query_rows=100)
    assert api.refusal("SELECT Id FROM Contact")[0] == "QUERY_TIMEOUT"
    assert api.query("SELECT Id FROM Contact LIMIT 100")["totalSize"] == 100


def test_session_ends_on_a_later_page(sandbox: SandboxProcess, api: Api) -> None:
    page = api.get("/query?q=SELECT+Id+FROM+Lead", headers={"Sforce-Query-Options": "batchSize=200"}).json()
    sandbox.post("/_sandbox/faults", {"path": "/query/01g", "kind": "token_expired", "nth": 2})
    page = api.get(page["nextRecordsUrl"]).json()
    answer = api.get(page["nextRecordsUrl"])
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    assert api.get(page["nextRecordsUrl"]).json()["done"]
