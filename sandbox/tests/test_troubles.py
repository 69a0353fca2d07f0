# ruff: noqa: S608 - SOQL put together from our own values is what these tests send.
"""Every trouble that the README says can be made, unless another file of tests makes it."""

import csv
import gzip
from datetime import datetime, timedelta
from io import StringIO
from urllib.parse import quote

import pytest
import requests

from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo
from sandbox.tests.salesforce_browser import Api, act, connect, refresh

DESCRIBE = "/rest/v1/leads/describe.json"
PAGES = {"Sforce-Query-Options": "batchSize=200"}


def strike(sandbox: SandboxProcess, kind: str, path: str = "/services/data/", **options: object) -> None:
    sandbox.post("/_sandbox/faults", {"path": path, "kind": kind, "count": 1, **options})


def finished_job(api: Api, soql: str = "SELECT Id, Name, Title FROM Lead") -> str:
    job: str = api.call("POST", "/jobs/query", json={"operation": "query", "query": soql}).json()["id"]
    while api.get(f"/jobs/query/{job}").json()["state"] != "JobComplete":
        pass
    return f"/jobs/query/{job}/results"


# What Marketo's callers meet


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("603", "Access denied"),
        ("604", "Request timed out"),
        ("606", "Max rate limit '100' exceeded with in '20' secs"),
        ("607", "Daily API Request Limit Reached"),
        ("608", "API Temporarily Unavailable"),
        ("610", "Requested resource not found"),
        ("611", "System error"),
        ("614", "Invalid Subscription"),
        ("615", "Concurrent access limit '10' reached"),
        ("713", "Transient Error"),
        ("1029", "Too many jobs in queue"),
        ("1035", "Unsupported filter type for target subscription: updatedAt"),
    ],
)
def test_envelope_of_any_code(sandbox: SandboxProcess, marketo: Marketo, code: str, text: str) -> None:
    strike(sandbox, f"marketo:{code}", "describe")
    assert marketo.get(DESCRIBE)["errors"] == [{"code": code, "message": text}]
    assert marketo.get(DESCRIBE)["success"]


def test_burst_of_a_rate_limit(sandbox: SandboxProcess, marketo: Marketo) -> None:
    strike(sandbox, "marketo:606", "describe", count=3)
    assert [marketo.error(DESCRIBE) for _ in range(3)] == ["606"] * 3
    assert marketo.get(DESCRIBE)["success"]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_html_of_a_gateway(sandbox: SandboxProcess, marketo: Marketo, status: int) -> None:
    strike(sandbox, f"status:{status}", "describe")
    answer = marketo.send("GET", DESCRIBE)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")


def test_export_never_ends(sandbox: SandboxProcess, marketo: Marketo) -> None:
    strike(sandbox, "export:stuck", "enqueue")
    job = marketo.create()["result"][0]["exportId"]
    marketo.enqueue(job)
    sandbox.post("/_sandbox/clock", {"advance_seconds": 3_000})
    assert marketo.wait(job, {"Processing"})["status"] == "Processing"


def test_failed_export_says_why(sandbox: SandboxProcess, marketo: Marketo) -> None:
    strike(sandbox, "export:failed", "enqueue")
    assert marketo.export()["errorMsg"]


@pytest.mark.parametrize("night", ["2032-03-14", "2032-11-07"])
def test_quota_day_ends_at_midnight_where_clocks_change(sandbox: SandboxProcess, night: str) -> None:
    offsets = {"2032-03-14": (6, 5), "2032-11-07": (5, 6)}[night]
    for day, hours in zip((0, 1), offsets, strict=True):
        midnight = datetime.fromisoformat(f"{night}T00:00:00+00:00") + timedelta(days=day, hours=hours)
        dates = []
        for moment in (midnight - timedelta(seconds=30), midnight + timedelta(seconds=30)):
            sandbox.post("/_sandbox/clock", {"set": moment.isoformat()})
            dates.append(Marketo(sandbox.url).result("/rest/v1/stats/usage.json")[0]["date"])
        local = midnight - timedelta(hours=hours)
        assert dates == [str((local - timedelta(days=1)).date()), str(local.date())]


# What signing in to Salesforce meets


def test_session_is_refused_even_after_a_refresh(sandbox: SandboxProcess) -> None:
    tokens = connect(sandbox)
    strike(sandbox, "token_expired", count=None)
    for token in (tokens["access_token"], refresh(sandbox, tokens["refresh_token"]).json()["access_token"]):
        answer = Api(sandbox, token).get("/limits")
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


@pytest.mark.parametrize("status", [401, 429, 503])
def test_html_instead_of_json(sandbox: SandboxProcess, api: Api, status: int) -> None:
    strike(sandbox, f"status:{status}")
    answer = api.get("/limits")
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html")


@pytest.mark.parametrize("options", [{"kind": "status:503"}, {"kind": "delay", "seconds": 0.2}])
def test_token_endpoint_is_down_or_slow(sandbox: SandboxProcess, options: dict[str, str]) -> None:
    token = connect(sandbox)["refresh_token"]
    strike(sandbox, path="oauth2/token", **options)
    answer = refresh(sandbox, token)
    assert answer.status_code == 503 or answer.elapsed >= timedelta(seconds=0.2)
    assert refresh(sandbox, token).ok


# What queries of Salesforce meet


def test_field_is_hidden_between_two_calls(sandbox: SandboxProcess, api: Api) -> None:
    soql = "SELECT Id, Email FROM Lead LIMIT 1"
    assert api.query(soql)["totalSize"] == 1
    act(sandbox, "hide_field", object="Lead", name="Email")
    assert api.refusal(soql)[0] == "INVALID_FIELD"


def test_package_goes_between_two_calls(sandbox: SandboxProcess, api: Api) -> None:
    soql = "SELECT Id FROM InstalledSubscriberPackage"
    act(sandbox, "install_package")
    assert api.query(soql, "/tooling/query")["records"]
    act(sandbox, "uninstall_package")
    assert api.query(soql, "/tooling/query")["records"] == []


def test_cursor_is_lost_on_the_way(sandbox: SandboxProcess, api: Api) -> None:
    page = api.get("/query", params={"q": "SELECT Id FROM Lead"}, headers=PAGES).json()
    strike(sandbox, "salesforce:invalid_locator", "/query/01g")
    answer = api.get(page["nextRecordsUrl"])
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_rows_change_between_pages(api: Api) -> None:
    page = api.get("/query", params={"q": "SELECT Id, LastName FROM Contact"}, headers=PAGES).json()
    last = api.names("SELECT Id FROM Contact ORDER BY Id DESC LIMIT 1")[0]
    api.call("PATCH", f"/sobjects/Contact/{last}", json={"LastName": "Changed meanwhile"})
    while not page["done"]:
        page = api.get(page["nextRecordsUrl"]).json()
    assert page["records"][-1]["LastName"] == "Changed meanwhile"


# What connections to Salesforce and its files meet


@pytest.mark.parametrize("kind", ["reset", "truncate", "stall"])
def test_connection_breaks(sandbox: SandboxProcess, api: Api, kind: str) -> None:
    strike(sandbox, kind, "sobjects", after_bytes=100)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        requests.get(f"{api.base}/sobjects", headers=api.headers, timeout=0.3)


def test_compressed_answer_ends_early(sandbox: SandboxProcess, api: Api) -> None:
    strike(sandbox, "salesforce:cut", "sobjects", after_bytes=300)
    with requests.get(f"{api.base}/sobjects", headers=api.headers, timeout=10, stream=True) as answer:
        content = answer.raw.read(decode_content=False)
    assert (answer.headers["Content-Encoding"], len(content)) == ("gzip", 300)
    with pytest.raises(EOFError):
        gzip.decompress(content)


def test_csv_ends_within_a_quoted_cell(sandbox: SandboxProcess, api: Api) -> None:
    path, plain = finished_job(api), {"Accept-Encoding": "identity"}
    whole = api.get(path, headers=plain).content
    strike(sandbox, "salesforce:cut", "results", after_bytes=len(whole) - 3)
    answer = api.get(path, headers=plain)
    assert answer.content == whole[:-3]
    assert "Content-Length" not in answer.headers
    with pytest.raises(csv.Error):
        list(csv.reader(StringIO(answer.text, newline=""), strict=True))


@pytest.mark.parametrize(
    ("kind", "code"),
    [("salesforce:results_expired", "NOT_FOUND"), ("salesforce:invalid_locator", "INVALID_QUERY_LOCATOR")],
)
def test_results_are_gone(sandbox: SandboxProcess, api: Api, kind: str, code: str) -> None:
    path = finished_job(api)
    strike(sandbox, kind, "results")
    assert api.get(path).json()[0]["errorCode"] == code
    assert api.get(path).ok


# What data, clock and org of Salesforce hold


@pytest.mark.parametrize("last_name", ["Zoë 🚀", "حداد", "O\u2028Neil", "Tab\tName", "Re\rturn", "x" * 80, "Null"])
def test_awkward_names_come_back_as_they_were(api: Api, last_name: str) -> None:
    lead = api.create("Lead", LastName=last_name, Company="Birch")
    assert api.record("Lead", lead)["LastName"] == last_name
    path = finished_job(api, f"SELECT LastName FROM Lead WHERE Id = '{lead}'")
    assert list(csv.reader(StringIO(api.get(path).content.decode(), newline="")))[1:] == [[last_name]]


def test_nul_in_a_name(sandbox: SandboxProcess, api: Api) -> None:
    fields = {"lastName": "N\0UL"}
    [number] = sandbox.post("/_sandbox/people", {"action": "create", "kind": "lead", "fields": fields})["ids"]
    lead = Marketo(sandbox.url).result(f"/rest/v1/lead/{number}.json", fields="sfdcLeadId")[0]["sfdcLeadId"]
    assert api.record("Lead", lead)["LastName"] == "N\0UL"
    assert "N\0UL" in api.get(finished_job(api)).text


def test_odd_people_and_long_cells(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "add_field", object="Contact", name="Notes__c", type="textarea", length=131_072)
    act(sandbox, "add_field", object="Contact", name="LeadRef__c", type="string", length=18)
    lead = api.create("Lead", LastName="Lind", Company="Birch", Email="anna@exämple.example")
    private = api.create("Contact", LastName="Lind", Email="anna@exämple.example", LeadRef__c=lead[:15])
    api.call("PATCH", f"/sobjects/Contact/{private}", json={"Notes__c": "ö" * 131_072})
    record = api.record("Contact", private)
    assert (record["AccountId"], record["FirstName"], len(record["Notes__c"])) == (None, None, 131_072)
    assert api.names("SELECT Id FROM Lead WHERE Email = 'anna@exämple.example'") == [lead]
    assert record["LeadRef__c"] == lead[:15]


def test_contact_moves_to_another_account(api: Api) -> None:
    account = api.create("Account", Name="Birch")
    contact = api.create("Contact", LastName="Lind")
    api.call("PATCH", f"/sobjects/Contact/{contact}", json={"AccountId": account})
    assert api.names(f"SELECT Account.Name FROM Contact WHERE Id = '{contact}'")[0]["Name"] == "Birch"


def test_owners_are_queues_or_inactive(api: Api) -> None:
    assert api.query("SELECT Id FROM Lead WHERE Owner.Type = 'Queue'")["totalSize"] > 0
    inactive = api.names("SELECT Id FROM User WHERE IsActive = false")
    assert api.query(f"SELECT Id FROM Lead WHERE OwnerId = '{inactive[0]}'")["totalSize"] > 0


def test_external_id_of_several_records(sandbox: SandboxProcess, api: Api) -> None:
    act(sandbox, "add_field", object="Account", name="Number__c", type="string", external_id=True)
    first, second = (api.create("Account", Name="Birch", Number__c="7") for _ in range(2))
    answer = api.get(f"/sobjects/Account/Number__c/{quote('7')}")
    assert answer.status_code == 300
    assert [address.rpartition("/")[2] for address in answer.json()] == [first, second]


@pytest.mark.parametrize("seconds", [300, -300])
def test_clock_is_ahead_or_behind(sandbox: SandboxProcess, api: Api, seconds: int) -> None:
    now = datetime.fromisoformat(sandbox.get("/_sandbox/state")["now"])
    sandbox.post("/_sandbox/clock", {"advance_seconds": seconds})
    made = api.record("Lead", api.create("Lead", LastName="Lind", Company="Birch"))["SystemModstamp"]
    assert abs((datetime.fromisoformat(made) - now).total_seconds() - seconds) < 30


def test_copied_sandbox_has_the_same_users_and_another_id(sandbox: SandboxProcess, api: Api) -> None:
    def facts(api: Api) -> tuple[str, list[str]]:
        return api.names("SELECT Id FROM Organization")[0], api.names("SELECT Id FROM User")

    sandbox.post("/_sandbox/salesforce", {"action": "set_sandbox", "sandbox": True})
    org, users = facts(api)
    act(sandbox, "refresh_sandbox")
    assert api.get("/limits").status_code == 401
    other_org, other_users = facts(Api(sandbox, connect(sandbox)["access_token"]))
    assert other_org != org
    assert other_users == users


@pytest.mark.parametrize(
    ("action", "values"),
    [("block_app", {"blocked": True}), ("set_user", {"username": "admin@acme.example", "active": False})],
)
def test_access_ends_in_the_middle(sandbox: SandboxProcess, action: str, values: dict[str, object]) -> None:
    tokens = connect(sandbox)
    act(sandbox, action, **values)
    assert refresh(sandbox, tokens["refresh_token"]).json()["error"] == "invalid_grant"
