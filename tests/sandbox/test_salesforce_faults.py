"""Troubles that only Salesforce makes, one by one, over HTTP."""

import pytest
import requests

from tests.sandbox.salesforce_browser import Api, act, connect, refresh
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def salesforce(sandbox: SandboxProcess) -> SandboxProcess:
    """The sandbox as at its start."""
    sandbox.post("/_sandbox/reset")
    return sandbox


@pytest.fixture
def api(salesforce: SandboxProcess) -> Api:
    return Api(salesforce, connect(salesforce)["access_token"])


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
def test_answers_in_place_of_the_real_one(
    salesforce: SandboxProcess, api: Api, kind: str, status: int, text: str
) -> None:
    strike(salesforce, kind)
    answer = api.get("/limits")
    assert (answer.status_code, text in answer.text) == (status, True)
    assert answer.text == "" or text
    assert api.get("/limits").ok
    assert kind in str(salesforce.get("/_sandbox/calls"))


def test_write_is_done_although_its_answer_is_an_error(salesforce: SandboxProcess, api: Api) -> None:
    strike(salesforce, "unknown_after_commit", "sobjects/Account")
    answer = api.call("POST", "/sobjects/Account", json={"Name": "Birch"})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (500, "UNKNOWN_EXCEPTION")
    assert len(api.names("SELECT Id FROM Account WHERE Name = 'Birch'")) == 1


def test_answer_of_a_rotating_refresh_is_lost(salesforce: SandboxProcess) -> None:
    act(salesforce, "rotate_refresh_tokens")
    token = connect(salesforce)["refresh_token"]
    strike(salesforce, "lost_answer", "oauth2/token")
    with pytest.raises(requests.ConnectionError):
        refresh(salesforce, token)
    assert refresh(salesforce, token).json()["error_description"] == "expired access/refresh token"


def test_expired_grant(salesforce: SandboxProcess) -> None:
    token = connect(salesforce)["refresh_token"]
    strike(salesforce, "grant_expired", "oauth2/token")
    assert refresh(salesforce, token).json() == {
        "error": "invalid_grant",
        "error_description": "expired access/refresh token",
    }
    assert refresh(salesforce, token).ok


def test_body_is_not_what_its_header_says(salesforce: SandboxProcess, api: Api) -> None:
    strike(salesforce, "gzip_but_plain")
    with pytest.raises(requests.exceptions.ContentDecodingError):
        api.get("/limits")


def test_body_ends_early_without_a_sign(salesforce: SandboxProcess, api: Api) -> None:
    strike(salesforce, "cut", "sobjects", after_bytes=100)
    answer = api.get("/sobjects", headers={"Accept-Encoding": "identity"})
    assert (answer.status_code, len(answer.content)) == (200, 100)


def test_server_hangs_before_the_headers(salesforce: SandboxProcess, api: Api) -> None:
    strike(salesforce, "hang")
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{salesforce.url}/services/data", timeout=0.3)


def test_pages_shrink(salesforce: SandboxProcess, api: Api) -> None:
    strike(salesforce, "small_pages", "/query$")
    page = api.query("SELECT Id FROM Contact")
    found = page["records"]
    assert (len(found), page["done"]) == (50, False)
    while not page["done"]:
        page = api.get(page["nextRecordsUrl"]).json()
        found += page["records"]
    assert [record["Id"] for record in found] == api.names("SELECT Id FROM Contact")


def test_long_queries_time_out(salesforce: SandboxProcess, api: Api) -> None:
    act(salesforce, "set_limits", max_query_rows=100)
    assert api.refusal("SELECT Id FROM Contact")[0] == "QUERY_TIMEOUT"
    assert api.query("SELECT Id FROM Contact LIMIT 100")["totalSize"] == 100


def test_session_ends_on_a_later_page(salesforce: SandboxProcess, api: Api) -> None:
    page = api.get("/query?q=SELECT+Id+FROM+Lead", headers={"Sforce-Query-Options": "batchSize=200"}).json()
    salesforce.post("/_sandbox/faults", {"path": "/query/01g", "kind": "token_expired", "nth": 2})
    page = api.get(page["nextRecordsUrl"]).json()
    answer = api.get(page["nextRecordsUrl"])
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    assert api.get(page["nextRecordsUrl"]).json()["done"]
