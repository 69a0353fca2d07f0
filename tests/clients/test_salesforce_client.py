"""The Salesforce client against the sandbox, and against answers the sandbox would not give."""

import csv
import io
import json
import time
from typing import Any

import pytest
import requests

from clients import http
from clients.salesforce import oauth
from clients.salesforce.client import Access, QueryJob, QueryJobState, SalesforceClient
from clients.salesforce.errors import QueryInterrupted, SessionExpired, raise_for_error
from clients.salesforce.oauth import TokenAnswer
from sandbox.testing import SandboxProcess
from tests.canned_answers import CannedAnswers
from tests.salesforce_sign_in import refresh


def _answer(status: int, body: object, headers: dict[str, str] | None = None) -> requests.Response:
    response = requests.Response()
    response.status_code, response.raw = (
        status,
        io.BytesIO((body if isinstance(body, str) else json.dumps(body)).encode()),
    )
    response.headers.update(headers or {})
    return response


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (401, "INVALID_SESSION_ID", "Session expired or invalid", SessionExpired),
        (401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API", http.TransientApiError),
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", http.QuotaExceeded),
        (
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "ConcurrentPerOrgLongTxn Limit exceeded.",
            http.RateLimited,
        ),
        (403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", http.AccessDenied),
        (400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights", http.AccessDenied),
        (400, "INVALID_QUERY_LOCATOR", "invalid query locator", QueryInterrupted),
        (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", http.TransientApiError),
        (400, "INVALID_TYPE", "sObject type 'X' is not supported.", http.AccessDenied),
        (503, "SERVER_UNAVAILABLE", "try later", http.TransientApiError),
    ],
)
def test_each_salesforce_code_has_its_error(status: int, code: str, message: str, kind: type[http.ApiError]) -> None:
    with pytest.raises(http.ApiError) as caught:
        raise_for_error(_answer(status, [{"errorCode": code, "message": message}]))
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.detail) == (code, message)


def test_retry_after_of_an_html_answer_is_kept() -> None:
    with pytest.raises(http.TransientApiError) as caught:
        raise_for_error(_answer(503, "<h1>Down</h1>", {"Retry-After": "30"}))
    assert (caught.value.code, caught.value.retry_after) == ("503", 30)


def test_a_compile_error_keeps_the_sentence_but_not_the_query() -> None:
    sentence = "No such column 'Bacon__c' on entity 'Lead'."
    message = f"\nWHERE Name = 'Maria Lind'\n      ^\nERROR at Row:1:Column:8\n{sentence}"
    with pytest.raises(http.ApiError) as caught:
        raise_for_error(_answer(400, [{"errorCode": "INVALID_FIELD", "message": message}]))
    assert caught.value.detail == sentence


def canned_client(origin: str, **answers: tuple[int, object]) -> SalesforceClient:
    root = "/services/data/v62.0/query"
    CannedAnswers.answers = {root + (f"/{name}" if name != "first" else ""): (*a, {}) for name, a in answers.items()}
    session = http.open_session(allowed_hosts=[origin])
    return SalesforceClient(Access(origin, "token"), refresh=lambda: Access(origin, "token"), session=session)


def test_a_query_follows_its_pages(canned: str) -> None:
    following = {"done": False, "records": [{"Id": 1}], "nextRecordsUrl": "/services/data/v62.0/query/01g-1"}
    client = canned_client(canned, first=(200, following), **{"01g-1": (200, {"done": True, "records": [{"Id": 2}]})})
    assert client.query("SELECT Id FROM Lead") == [{"Id": 1}, {"Id": 2}]


def test_deleted_records_are_found_when_they_are_asked_for(canned: str) -> None:
    client = canned_client(canned, first=(200, {"done": True, "records": []}))
    deleted = {"done": True, "records": [{"Id": 3, "IsDeleted": True}]}
    CannedAnswers.answers["/services/data/v62.0/queryAll"] = (200, deleted, {})
    assert list(client.query_iter("SELECT Id FROM Lead", include_deleted=True)) == deleted["records"]
    assert list(client.query_iter("SELECT Id FROM Lead")) == []


def parts(*answers: tuple[int, object]) -> dict[str, object]:
    """The answer to several queries at once, told in another order than they were asked."""
    told = [
        {"referenceId": f"query{number}", "httpStatusCode": status, "body": body, "httpHeaders": {}}
        for number, (status, body) in enumerate(answers)
    ]
    return {"compositeResponse": told[::-1]}


def test_several_queries_are_one_call_and_a_refused_one_costs_the_others_nothing(canned: str) -> None:
    client, ended = canned_client(canned), list[tuple[str, str]]()
    client.on_call = lambda operation, error: ended.append((operation, error.code if error else ""))
    refusal = [{"errorCode": "INVALID_TYPE", "message": "sObject type 'Contact' is not supported."}]
    following = {"records": [{"Id": 1}], "nextRecordsUrl": "/services/data/v62.0/query/01g-1"}
    answer = parts((200, following), (400, refusal))
    CannedAnswers.answers["/services/data/v62.0/composite"] = (200, answer, {})
    CannedAnswers.answers["/services/data/v62.0/query/01g-1"] = (200, {"records": [{"Id": 2}]}, {})
    leads, contacts = client.queries(["SELECT Id FROM Lead", "SELECT Id FROM Contact"])
    assert ended == [("composite", ""), ("query", "INVALID_TYPE")]
    assert list(leads.records) == [{"Id": 1}, {"Id": 2}]
    assert (list(contacts.records), contacts.refusal and contacts.refusal.code) == ([], "INVALID_TYPE")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (parts((500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}])), http.TransientApiError),
        (parts((400, [{"errorCode": "MALFORMED_QUERY", "message": "x"}])), http.ApiError),
        ({"compositeResponse": []}, http.UnexpectedAnswer),
        ({}, http.UnexpectedAnswer),
    ],
)
def test_several_queries_fail_as_one_does(canned: str, answer: object, kind: type[http.ApiError]) -> None:
    client = canned_client(canned)
    CannedAnswers.answers["/services/data/v62.0/composite"] = (200, answer, {})
    with pytest.raises(kind):
        client.queries(["SELECT Id FROM Lead"])


@pytest.mark.parametrize("status", [300, 302, 304])
def test_a_redirect_to_nowhere_is_an_unexpected_answer(canned: str, status: int) -> None:
    client = canned_client(canned, first=(status, b""))
    with pytest.raises(http.UnexpectedAnswer) as caught:
        client.query("SELECT Id FROM Lead")
    assert caught.value.code == str(status)
    CannedAnswers.answers["/services/data/v62.0/jobs/query/j/results"] = (status, b"", {})
    with pytest.raises(http.UnexpectedAnswer), client.open_results("j"):
        pass


@pytest.mark.parametrize("answer", [{}, {"fields": None}, {"fields": [{}]}, {"fields": ["Name"]}, []])
def test_fields_in_another_shape_are_an_unexpected_answer(canned: str, answer: object) -> None:
    client = canned_client(canned)
    CannedAnswers.answers["/services/data/v62.0/sobjects/Task/describe"] = (200, answer, {})
    with pytest.raises(http.UnexpectedAnswer):
        client.fields_of("Task")


def test_a_query_whose_token_dies_between_pages_must_start_again(canned: str) -> None:
    """Pain 14: a cursor dies with its session; it is never used with another one."""
    following = {"done": False, "records": [{"Id": 1}], "nextRecordsUrl": "/services/data/v62.0/query/01g-1"}
    expired = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
    client = canned_client(canned, first=(200, following), **{"01g-1": (401, expired)})
    records = client.query_iter("SELECT Id FROM Lead")
    assert next(records) == {"Id": 1}
    with pytest.raises(QueryInterrupted):
        next(records)


def test_a_job_that_fails_for_a_missing_right_is_refused(canned: str) -> None:
    """Salesforce may take a job on and refuse it while it runs."""
    text = "INVALID_TYPE: sObject type 'OpportunityContactRole' is not supported."
    path, body = "/services/data/v62.0/jobs/query/750", {"id": "750", "state": "Failed", "errorMessage": text}
    client = canned_client(canned, first=(200, {}))
    CannedAnswers.answers[path] = (200, body, {"Content-Type": "application/json"})
    with pytest.raises(http.AccessDenied) as caught:
        client.query_job("750")
    assert (caught.value.code, caught.value.detail) == ("INVALID_TYPE", text)


@pytest.mark.parametrize("address", ["@evil.example/", ".evil.example/", ":1@evil.example/x"])
def test_a_next_page_on_another_host_is_refused(canned: str, address: str) -> None:
    client = canned_client(canned, first=(200, {"done": False, "records": [], "nextRecordsUrl": address}))
    with pytest.raises((http.UnexpectedAnswer, http.Unreachable)) as caught:
        client.query("SELECT Id FROM Lead")
    assert caught.value.code in ("forbidden_host", "connection")


REST_IS_LOST: list[object] = [{"done": False, "records": []}, {"records": [], "nextRecordsUrl": ["/services/x"]}]


@pytest.mark.parametrize("answer", [{"done": True}, {"records": 5}, [], "text", *REST_IS_LOST])
def test_an_unknown_shape_is_an_error(canned: str, answer: object) -> None:
    """Pain 10: an answer of an unknown shape is an error of its own, not a crash later on."""
    with pytest.raises(http.UnexpectedAnswer):
        canned_client(canned, first=(200, answer)).query("SELECT Id FROM Lead")


class Connection:
    """A client of the sandbox that remembers its refreshes and the usage it was told."""

    def __init__(self, sandbox: SandboxProcess, tokens: TokenAnswer) -> None:
        self.sandbox, self.tokens = sandbox, tokens
        self.refreshes = 0
        self.usage: list[tuple[int, int]] = []
        session = http.open_session(allowed_hosts=[sandbox.url])
        self.client = SalesforceClient(
            Access(tokens.instance_url, tokens.access_token),
            refresh=self.refresh,
            session=session,
            on_usage=lambda used, allowed: self.usage.append((used, allowed)),
        )

    def refresh(self) -> Access:
        self.refreshes += 1
        answer = refresh(self.sandbox, self.tokens)
        return Access(answer.instance_url, answer.access_token)

    def fail(self, path: str, kind: str, **options: Any) -> None:
        self.sandbox.post("/_sandbox/faults", {"path": path, "kind": kind, "count": 1} | options)


@pytest.fixture
def connection(sandbox: SandboxProcess, tokens: TokenAnswer) -> Connection:
    return Connection(sandbox, tokens)


def test_org_and_user_are_those_of_the_token(connection: Connection) -> None:
    organization, user = connection.client.organization(), connection.client.user_info()
    assert (organization.name, organization.is_sandbox) == ("Acme Inc", False)
    assert (organization.id, user.organization_id) == (connection.tokens.org_id,) * 2
    assert (user.user_id, user.username) == (connection.tokens.user_id, "admin@acme.example")


def test_queries_and_counts_agree(connection: Connection) -> None:
    leads = connection.client.query("SELECT Id, Owner.Name FROM Lead")
    assert len(leads) == connection.client.count("SELECT COUNT() FROM Lead") > 0
    assert any(lead["Owner"] and lead["Owner"]["Name"] for lead in leads)
    assert isinstance(connection.client.tooling_query("SELECT Id FROM InstalledSubscriberPackage"), list)


def test_describe_lists_fields_and_refuses_unknown_objects(connection: Connection) -> None:
    fields = connection.client.fields_of("Lead")
    assert {"OwnerId", "IsConverted", "SystemModstamp"} <= fields.keys()
    with pytest.raises(http.ApiError) as caught:
        connection.client.fields_of("NoSuchThing__c")
    assert caught.value.code == "NOT_FOUND"


def test_usage_of_the_day_is_told(connection: Connection) -> None:
    connection.client.organization()
    connection.client.organization()
    (first, allowed), (second, _) = connection.usage
    assert second == first + 1 <= allowed


def test_a_refused_token_is_refreshed_once(connection: Connection, sandbox: SandboxProcess) -> None:
    # This connection keeps the refresh token that it began with.
    sandbox.post("/_sandbox/salesforce", {"action": "strict_mode", "strict": False})
    connection.fail("/query", "token_expired")
    assert connection.client.organization().name == "Acme Inc"
    assert connection.refreshes == 1
    connection.fail("/query", "token_expired", count=2)
    with pytest.raises(SessionExpired):
        connection.client.organization()
    assert connection.refreshes == 2


def test_userinfo_refreshes_a_dead_token_too(sandbox: SandboxProcess, connection: Connection) -> None:
    session = http.open_session(allowed_hosts=[sandbox.url])
    oauth.revoke(session=session, origin=sandbox.url, token=connection.tokens.access_token)
    assert connection.client.user_info().username == "admin@acme.example"
    assert connection.refreshes == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("status:503", http.TransientApiError),
        ("status:429", http.RateLimited),
        ("status:403", http.AccessDenied),
        ("reset", http.Unreachable),
        ("truncate", http.Unreachable),
    ],
)
def test_trouble_at_salesforce_has_its_error(connection: Connection, kind: str, error: type[http.ApiError]) -> None:
    connection.fail("/describe", kind)
    with pytest.raises(error) as caught:
        connection.client.fields_of("Lead")
    assert type(caught.value) is error


def finish(client: SalesforceClient, job_id: str) -> QueryJob:
    deadline = time.monotonic() + 10
    while (job := client.query_job(job_id)).state != QueryJobState.JOB_COMPLETE:
        assert time.monotonic() < deadline, job
        time.sleep(0.02)
    return job


def test_a_query_job_streams_its_rows(connection: Connection) -> None:
    client = connection.client
    job = finish(client, client.create_query_job("SELECT Id, LastName FROM Lead"))
    with client.open_results(job.job_id) as page:
        header, *rows = csv.reader(io.StringIO(b"".join(page.iter_chunks(1000)).decode(), newline=""))
    assert header == ["Id", "LastName"]
    assert len(rows) == page.rows == job.rows == client.count("SELECT COUNT() FROM Lead")
    assert page.next_locator is None


def test_deleted_rows_are_found_when_asked_for(connection: Connection) -> None:
    client = connection.client
    soql = "SELECT Id, IsDeleted FROM Lead"
    existing = finish(client, client.create_query_job(soql)).rows
    assert finish(client, client.create_query_job(soql, include_deleted=True)).rows > existing


def test_results_are_not_there_before_the_job_is_complete(sandbox: SandboxProcess, connection: Connection) -> None:
    sandbox.post("/_sandbox/switches", {"bulk_seconds": 60})
    job_id = connection.client.create_query_job("SELECT Id FROM Lead")
    with pytest.raises(http.ApiError), connection.client.open_results(job_id):
        pass
    sandbox.post("/_sandbox/switches", {"bulk_seconds": 0})


def test_a_dropped_page_of_results_is_noticed(connection: Connection) -> None:
    client = connection.client
    job = finish(client, client.create_query_job("SELECT Id, LastName FROM Lead"))
    connection.fail("/results", "truncate", after_bytes=500)
    with pytest.raises(http.Unreachable), client.open_results(job.job_id) as page:
        list(page.iter_chunks(100))


def test_a_refused_job_names_salesforces_reason(connection: Connection) -> None:
    with pytest.raises(http.ApiError) as caught:
        connection.client.create_query_job("SELECT Bacon__c FROM Lead")
    assert caught.value.code == "INVALID_FIELD"
    assert "No such column 'Bacon__c' on entity 'Lead'" in caught.value.detail
