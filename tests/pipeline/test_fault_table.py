"""
Every fault of the providers that concerns reading, one row each.

A run ends in one of three ways: it succeeds and the counts are exact; it waits, says why, and then succeeds; or it
fails with a sentence, changes nobody, and succeeds when it is started again. The rows
follow Adobe's "Error Codes" of the Marketo REST API and Salesforce's "Status Codes and Error Responses".
"""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import zip_longest
from typing import Any

import pytest

from accounts.models import SalesAccount, User
from clients import http
from connections.models import ConnectionStatus, MarketoConnection, SalesforceConnection
from operations.progress import progress_of
from pipeline.engine import extract as extract_engine
from sandbox.testing import SandboxProcess
from sync.messages import failure_of
from sync.models import Extract, Person, SyncRun
from sync.services import start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.salesforce_sign_in import signed_in
from tests.sync.driving import cut_waits_short, run_has_ended, work_until
from tests.sync.outcomes import assert_complete

pytestmark = pytest.mark.django_db(transaction=True)

DESCRIBE, STATUS, FILE = r"leads/describe", r"export/.*/status\.json", r"export/.*/file\.json"
CREATE, ENQUEUE = r"export/create\.json", r"export/.*/enqueue\.json"
JOBS, JOB, RESULTS = r"jobs/query$", r"jobs/query/\w+$", r"jobs/query/\w+/results"


@dataclass
class Row:
    """A fault, the calls it strikes, and how the run takes it: "" succeeds, else it waits or fails with a reason.
    `is_made_anew`: one export is asked for again; `detail`: what the provider said, in the failure."""

    name: str
    path: str
    kind: str
    waits: str = ""
    fails: str = ""
    options: dict[str, Any] = field(default_factory=lambda: {"nth": 2})
    is_made_anew: bool = False
    detail: str = ""

    @property
    def is_about_data(self) -> bool:
        """A job or its file is spoilt, not a call."""
        return self.path in {FILE, RESULTS} or self.kind.startswith(("export:", "salesforce:bulk"))


ONCE, ALWAYS = {"count": 1}, dict[str, Any]()
MARKETO = [
    Row("602 in the middle of polling", STATUS, "token_expired"),
    Row("602 for a token that lives", STATUS, "marketo:602"),
    Row("token revoked early", STATUS, "token_revoked"),
    Row("606 rate limit", STATUS, "marketo:606", waits="marketo_busy"),
    Row("604 timed out", CREATE, "marketo:604", waits="marketo_unreachable|marketo_busy"),
    Row("608 unavailable", ENQUEUE, "marketo:608", waits="marketo_busy"),
    Row("611 system error", STATUS, "marketo:611", waits="marketo_busy"),
    Row("614 subscription unreachable", CREATE, "marketo:614", waits="marketo_busy"),
    Row("713 transient error", STATUS, "marketo:713", waits="marketo_busy"),
    Row("615 too many calls at a time", STATUS, "marketo:615", waits="marketo_busy"),
    Row("607 daily calls", STATUS, "marketo:607", waits="marketo_quota"),
    Row(
        "1029 daily exports",
        ENQUEUE,
        "marketo:1029",
        waits="marketo_quota",
        options={"nth": 1, "message": "Export daily quota 500MB exceeded."},
    ),
    Row(
        "1029 queue full",
        ENQUEUE,
        "marketo:1029",
        waits="marketo_queue_full",
        options={"nth": 1, "message": "Too many jobs in queue"},
    ),
    Row("1035 filter not offered", CREATE, "marketo:1035", fails="marketo_unexpected", options=ONCE),
    Row("job failed", ENQUEUE, "export:failed", is_made_anew=True),
    Row(
        "job failed twice", ENQUEUE, "export:failed", fails="extract_failed", options=ALWAYS, detail="was asked to fail"
    ),
    Row("job cancelled by somebody", ENQUEUE, "export:cancelled", is_made_anew=True),
    Row("job stuck", ENQUEUE, "export:stuck", options=ONCE),
    Row("completed without a file", ENQUEUE, "export:missing_file"),
    Row("never a file", ENQUEUE, "export:missing_file", fails="extract_failed", options=ALWAYS),
    Row("file cut", FILE, "truncate", options={"nth": 2, "after_bytes": 900}),
    Row("file stalls", FILE, "stall", options={"nth": 2, "after_bytes": 900}),
    Row("file never starts", FILE, "delay", options={"nth": 2, "seconds": 2}),
    Row("a wrong byte in the file", FILE, "corrupt", options={"nth": 2, "after_bytes": 900}),
    Row("wrong checksum", ENQUEUE, "export:bad_checksum", is_made_anew=True),
    Row("JSON instead of CSV", FILE, "marketo:611", waits="marketo_busy"),
    Row("HTTP 500", STATUS, "status:500", waits="marketo_busy"),
    Row("HTTP 502 for the file", FILE, "status:502"),
    Row("HTTP 503", CREATE, "status:503", waits="marketo_busy"),
    Row("connection reset", STATUS, "reset", waits="marketo_unreachable"),
    Row("603 after a change of role", STATUS, "marketo:603", fails="marketo_permission"),
    Row("603 for the fields", DESCRIBE, "marketo:603", fails="marketo_permission", options=ONCE),
    Row("610 not found", STATUS, "marketo:610", fails="marketo_unexpected"),
    Row("duplicate rows", ENQUEUE, "export:duplicate_rows", options={"nth": 1}),
    Row("rows out of order", ENQUEUE, "export:shuffled_rows", options=ALWAYS),
    Row("stale rows", ENQUEUE, "export:stale_rows", options=ALWAYS),
]
SALESFORCE = [
    Row("401 in the middle of polling", JOB, "token_expired"),
    Row("401 for a page of results", RESULTS, "token_expired"),
    Row("401 without JSON", JOB, "status:401"),
    Row("401 that persists", JOB, "status:401", fails="salesforce_credentials", options=ALWAYS),
    Row("a session not for the REST API", JOBS, "salesforce:not_for_rest", waits="salesforce_busy"),
    Row("403 daily limit", JOBS, "salesforce:daily_limit", waits="salesforce_quota"),
    Row("403 concurrent limit", JOBS, "salesforce:concurrent_limit", waits="salesforce_busy"),
    Row("403 API disabled", JOBS, "salesforce:api_disabled", fails="salesforce_api_disabled"),
    Row("406 without a body", JOB, "salesforce:no_body", waits="salesforce_busy"),
    Row("420 being set up", JOB, "salesforce:setting_up", waits="salesforce_busy"),
    Row("429 too many", JOB, "status:429", waits="salesforce_busy"),
    Row("500 after the work was done", JOBS, "salesforce:unknown_after_commit", waits="salesforce_busy"),
    Row("answer lost after the work was done", JOBS, "salesforce:lost_answer", waits="salesforce_unreachable"),
    Row("503", JOB, "salesforce:server_unavailable", waits="salesforce_busy"),
    Row("503 for a new job", JOBS, "status:503", waits="salesforce_busy"),
    Row(
        "502 that says gzip and is not",
        JOB,
        "salesforce:gzip_but_plain",
        waits="salesforce_unreachable",
    ),
    Row("no answer", JOB, "salesforce:hang", waits="salesforce_unreachable"),
    Row("connection reset", RESULTS, "reset"),
    Row("results stall", RESULTS, "stall", options={"nth": 1, "after_bytes": 900}),
    Row("results cut with the length missing", RESULTS, "salesforce:cut", options={"nth": 1, "after_bytes": 900}),
    Row("results truncated", RESULTS, "truncate", options={"nth": 1, "after_bytes": 900}),
    Row("results expired", RESULTS, "salesforce:results_expired"),
    Row("small pages", RESULTS, "salesforce:small_pages", options=ALWAYS),
    Row("job failed", JOBS, "salesforce:bulk_failed"),
    Row("job aborted by somebody", JOBS, "salesforce:bulk_aborted"),
    Row("job stuck", JOBS, "salesforce:bulk_stuck"),
    Row("job without rows", JOBS, "salesforce:bulk_empty"),
    Row("job fails always", JOBS, "salesforce:bulk_failed", fails="extract_failed", options=ALWAYS),
]


@pytest.fixture(autouse=True)
def impatience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence is noticed within seconds, and so are stuck jobs, by the rows that are about them."""
    kinds = {row.kind for row in request.node.callspec.params.get("rows", [])}
    if any(kind.endswith("stuck") for kind in kinds):
        monkeypatch.setattr(extract_engine, "JOB_DEADLINE", timedelta(seconds=1))
    if kinds & {"stall", "delay", "salesforce:hang"}:
        monkeypatch.setattr(http, "TIMEOUT_SECONDS", (5.0, 1.0))


def finish(run: SyncRun) -> set[str]:
    """Work until the run has ended, cutting its waits short; answers the reasons, each shown with a time to come."""
    reasons: set[str] = set()

    def has_ended() -> bool:
        steps = [run, *Extract.objects.of_run(run).exclude(waiting_reason="")]
        if waiting := [step for step in steps if step.waiting_reason]:
            _assert_says_why(run)
            reasons.update(step.waiting_reason for step in waiting)
            cut_waits_short()
        return run_has_ended(run)

    work_until(has_ended)
    return reasons


def _assert_says_why(run: SyncRun) -> None:
    waiting = progress_of(run, list(Extract.objects.of_run(run))).waiting
    if waiting:
        assert len(str(waiting.reason)) > 20
        assert waiting.until is not None


def passing(rows: list[Row]) -> list[Row]:
    return [row for row in rows if not row.fails]


def get_on(one: Row, other: Row) -> bool:
    """May one run meet both? They strike other calls, waits tell them apart, and one of them leaves the data alone."""
    waits = set(one.waits.split("|")) & set(other.waits.split("|")) - {""}
    return one.path != other.path and not waits and not (one.is_about_data and other.is_about_data)


def shared_out(rows: list[Row]) -> list[list[Row]]:
    """As few runs as can meet them all."""
    runs: list[list[Row]] = []
    for row in sorted(rows, key=lambda row: row.is_about_data, reverse=True):
        run = next((run for run in runs if all(get_on(row, other) for other in run)), None)
        if run is None:
            runs.append(run := [])
        run.append(row)
    return runs


# The providers know nothing of each other: what each does to a run, it does to the same one.
NONE: list[Row] = []
RUNS = [
    marketo + salesforce
    for marketo, salesforce in zip_longest(
        shared_out(passing(MARKETO)), shared_out(passing(SALESFORCE)), fillvalue=NONE
    )
]


@pytest.mark.parametrize("rows", [pytest.param([row], id=row.name) for row in MARKETO + SALESFORCE if row.fails])
def test_what_a_person_must_see_to_fails_the_run(
    rows: list[Row], connected: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    """Pain 3: it changes nobody, says why, and the next run succeeds once the cause is gone."""
    [row] = rows
    run, _reasons = run_through(rows, connected, admin, sandbox)
    assert (run.status, run.failure) == (RunStatus.FAILED, row.fails)
    assert row.detail in run.failure_params.get("detail", "")
    assert len(str(failure_of(run).what)) > 20
    assert not Person.objects.exists()
    assert_complete(start_again(connected, admin, sandbox), sandbox, may_repeat=True)


@pytest.mark.parametrize("rows", RUNS, ids=lambda rows: " + ".join(row.name for row in rows))
def test_what_passes_costs_nobody(
    rows: list[Row], connected: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    """Pain 1 and 5: no fault ends green without everybody, none waits without a reason."""
    run, reasons = run_through(rows, connected, admin, sandbox)
    assert_complete(run, sandbox, may_repeat=True)
    for row in rows:
        assert not row.waits or reasons & set(row.waits.split("|")), (row.name, reasons)
    made_anew = Extract.objects.of_run(run).filter(is_recreated=True)
    assert made_anew.count() >= sum(row.is_made_anew for row in rows)


def run_through(
    rows: list[Row], account: SalesAccount, admin: User, sandbox: SandboxProcess
) -> tuple[SyncRun, set[str]]:
    """A run that meets the faults, and the reasons for which it waited."""
    for row in rows:
        sandbox.post("/_sandbox/faults", {"path": row.path, "kind": row.kind, **row.options})
    run = start_sync(account=account, started_by=admin)
    reasons = finish(run)
    for row, fault in zip(rows, sandbox.get("/_sandbox/faults"), strict=True):
        assert fault["struck"], f"{row.name} never struck"
    return run, reasons


def start_again(account: SalesAccount, admin: User, sandbox: SandboxProcess) -> SyncRun:
    """What a person does when the cause is gone; a connection that was refused is made anew."""
    sandbox.delete("/_sandbox/faults")
    MarketoConnection.objects.for_account(account).update(status=ConnectionStatus.CONNECTED)
    salesforce = SalesforceConnection.objects.for_account(account).get()
    if salesforce.status != ConnectionStatus.CONNECTED:
        salesforce.access_token, salesforce.status = signed_in(sandbox).access_token, ConnectionStatus.CONNECTED
        salesforce.save()
    run = start_sync(account=account, started_by=admin)
    finish(run)
    return run


ORG = [
    ("sessions ended", {"action": "end_sessions"}, ""),
    ("My Domain renamed", {"action": "rename_domain"}, ""),
    ("app blocked", {"action": "block_app", "blocked": True}, "salesforce_"),
    ("user deactivated", {"action": "set_user", "username": "admin@acme.example", "active": False}, "salesforce_"),
    ("sandbox copied again", {"action": "refresh_sandbox"}, "salesforce_"),
]


@pytest.mark.parametrize(("change", "fails"), [pytest.param(*row[1:], id=f"Org, {row[0]}") for row in ORG])
def test_an_org_that_changes_midway(
    change: dict[str, Any], fails: str, connected: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    """Pain 1 and 12: an administrator acts while a run reads; it goes on, or says what was done to it."""
    run = start_sync(account=connected, started_by=admin)
    work_until(Extract.objects.of_run(run).filter(status=ExtractStatus.RUNNING, source__startswith="salesforce").exists)
    sandbox.post("/_sandbox/salesforce", {"url": sandbox.url, **change})
    finish(run)
    if not fails:
        assert_complete(run, sandbox, may_repeat=True)
        return
    assert (run.status, run.failure[:11]) == (RunStatus.FAILED, fails)
    assert len(str(failure_of(run).what)) > 20
    assert not Person.objects.exists()
