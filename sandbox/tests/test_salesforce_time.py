"""What runs out at Salesforce when days pass."""

import pytest

from sandbox.testing import SandboxProcess
from sandbox.tests.salesforce_browser import Api, act, connect, refresh

pytestmark = pytest.mark.servers

HOUR, DAY = 3_600, 86_400


def let_pass(sandbox: SandboxProcess, seconds: float) -> None:
    sandbox.post("/_sandbox/clock", {"advance_seconds": seconds})


def reconnected(sandbox: SandboxProcess) -> Api:
    """With a token of this moment: those of before have ended."""
    return Api(sandbox, connect(sandbox)["access_token"])


def test_calls_count_for_24_hours(sandbox: SandboxProcess) -> None:
    act(sandbox, "set_daily_api_requests", value=3)
    api = reconnected(sandbox)
    assert [api.get("/limits").status_code for _ in range(4)] == [200, 200, 200, 403]
    let_pass(sandbox, 12 * HOUR)
    assert reconnected(sandbox).get("/limits").json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    let_pass(sandbox, 13 * HOUR)
    assert reconnected(sandbox).get("/limits").ok


def test_an_unused_refresh_token_ends_in_the_end(sandbox: SandboxProcess) -> None:
    act(sandbox, "set_limits", idle_days=90)
    tokens = connect(sandbox)
    let_pass(sandbox, 89 * DAY)
    assert refresh(sandbox, tokens["refresh_token"]).ok
    let_pass(sandbox, 91 * DAY)
    assert refresh(sandbox, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_results_of_a_bulk_query_are_kept_for_a_week(sandbox: SandboxProcess, api: Api) -> None:
    job = api.call("POST", "/jobs/query", json={"operation": "query", "query": "SELECT Id FROM Lead"}).json()["id"]
    let_pass(sandbox, 6 * DAY)
    assert reconnected(sandbox).get(f"/jobs/query/{job}/results").ok
    let_pass(sandbox, 2 * DAY)
    assert reconnected(sandbox).get(f"/jobs/query/{job}").status_code == 404


def test_a_cursor_is_kept_for_two_days(sandbox: SandboxProcess, api: Api) -> None:
    page = api.get("/query", params={"q": "SELECT Id FROM Lead"}, headers={"Sforce-Query-Options": "batchSize=200"})
    following = page.json()["nextRecordsUrl"]
    let_pass(sandbox, 1 * DAY)
    assert reconnected(sandbox).get(following).ok
    let_pass(sandbox, 2 * DAY)
    assert reconnected(sandbox).get(following).json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
