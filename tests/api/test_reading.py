"""What programs read: the rows behind the console's pages, of their accounts and no others."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.events import AUDIT_CHAIN_BROKEN
from accounts.models import Occurrence, SalesAccount, User
from accounts.occurrences import begin
from accounts.permissions import Role
from api.scopes import Scope
from clients.http import AccessDenied
from connections.models import ApiFailure
from connections.services.call_log import record_failure
from diagnostics.needs import is_for
from history.models import ChangeDelay
from notifications.events import CHANNEL_DEAD
from org_moves.events import OWN_ENDED
from sync.events import COPY_OLD, RUN_FAILED
from sync.models import Cursor, RunKind, Source, SyncRun
from sync.policies import Schedule
from sync.statuses import RunStatus
from tests.api.conftest import call, secret_of
from tests.factories import make_account, make_cursor, make_extract, make_people, make_run

NOW = datetime(2026, 11, 29, 6, 0, 30, tzinfo=UTC)
ENDPOINTS = {
    "accounts": Scope.RUNS,
    "accounts/acme-inc": Scope.RUNS,
    "runs": Scope.RUNS,
    "runs?account=acme-inc": Scope.RUNS,
    "runs/{run}": Scope.RUNS,
    "freshness": Scope.RUNS,
    "problems": Scope.RUNS,
    "problems?account=acme-inc": Scope.RUNS,
    "failed-calls": Scope.FAILED_CALLS,
    "failed-calls?account=acme-inc": Scope.FAILED_CALLS,
}


def fill(account: SalesAccount) -> SyncRun:
    """Something of everything: a run that failed, what goes on, a failed call, changes that arrived."""
    make_cursor(account)
    params = {"detail": "Nora Nilsson nora@example.com", "service": "Marketo"}
    started = timezone.now() - timedelta(minutes=10)
    run = make_run(
        account,
        RunStatus.FAILED,
        failure="extract_failed",
        failure_params=params,
        started_at=started,
        finished_at=started + timedelta(seconds=95),
    )
    make_extract(run, rows_loaded=7)
    details: dict[str, Any] = {
        "run": str(run.pk),
        "kind": RunKind.FULL.value,
        "failure": "extract_failed",
        "params": {},
    }
    begin(RUN_FAILED, account=account, subject="full", link=run.get_absolute_url(), **details)
    record_failure(account.pk, "/rest/v1/leads/describe.json", AccessDenied("marketo", "603", "nora@example.com"))
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    ChangeDelay.objects.create(account=account, hour=hour, seconds=60, changes=19)
    ChangeDelay.objects.create(account=account, hour=hour, seconds=900, changes=1)
    return run


def items(path: str, secret: str) -> list[dict[str, Any]]:
    answer = call(path, secret)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


class TestAccess:
    """Security statements 33 and 34: scope by endpoint by role, held against the permissions of the pages."""

    @pytest.mark.parametrize("scope", Scope)
    @pytest.mark.parametrize("owner", ["admin", "ops", "stranger", "member", "salesforce_admin"])
    def test_matrix(self, request: pytest.FixtureRequest, account: SalesAccount, owner: str, scope: Scope) -> None:
        """Members without the right have no token; one that they had before opens nothing."""
        run, person = fill(account), request.getfixturevalue(owner)
        member = None if owner == "ops" else person.member
        role = member.role if member else ""
        if member:
            member.role = Role.ADMIN
            member.save()
        secret = secret_of(person, scope)
        if member:
            member.role = role
            member.save()
        for path, needed in ENDPOINTS.items():
            answer = call(path.format(run=run.pk), secret)
            is_named = "acme-inc" in path or "{run}" in path
            if owner in ("member", "salesforce_admin"):
                assert answer.status_code == 401, path
            elif scope != needed:
                assert answer.status_code == 403, path
            elif owner == "stranger":
                assert answer.status_code == (404 if is_named else 200), path
                assert "acme" not in answer.content.decode(), path
            else:
                assert answer.status_code == 200, path
                assert "acme-inc" in answer.content.decode(), path

    def test_ops_staff_read_all_accounts_and_members_their_own(self, ops_secret: str, secret: str) -> None:
        other = make_account("Umbrella Ltd")
        fill(other)
        begin(AUDIT_CHAIN_BROKEN, account=None, link="/ops/operators/", entries=2)
        assert [one["account"] for one in items("accounts", ops_secret)] == ["acme-inc", "umbrella-ltd"]
        assert [one["account"] for one in items("accounts", secret)] == ["acme-inc"]
        assert {one["account"] for one in items("problems", ops_secret)} == {None, "umbrella-ltd"}
        assert items("problems", secret) == []
        assert items("failed-calls", secret) == []
        assert len(items("failed-calls", ops_secret)) == 1


class TestNothingOfPeople:
    def test_no_name_or_address_leaves(self, account: SalesAccount, admin: User, secret: str) -> None:
        """Neither of the people in the copy, nor of users, nor what a provider's answer named."""
        admin.name = "Maja Admin"
        admin.save()
        make_people(account, email="nora@example.com", first_name="Nora", last_name="Nilsson")
        run = fill(account)
        SyncRun.objects.update(started_by=admin, approved_by=admin)
        ApiFailure.objects.update(user=admin)
        for path in ENDPOINTS:
            text = call(path.format(run=run.pk), secret).content.decode()
            for canary in ("Nora", "Nilsson", "nora@", "Maja", admin.email, "@"):
                assert canary not in text, path


class TestAnswers:
    """The fields, against the rows they come from."""

    @pytest.fixture(autouse=True)
    def _then(self) -> Any:
        with time_machine.travel(NOW, tick=False):
            yield

    def test_accounts(self, account: SalesAccount, secret: str) -> None:
        [never] = items("accounts", secret)
        assert (never["state"], never["complete_until"], never["lag_seconds"]) == ("never", None, None)
        assert call("accounts/acme-inc", secret).json()["backlog"] is None
        make_cursor(account)
        Cursor.objects.update(since=NOW - timedelta(minutes=7, seconds=31))
        done = make_run(account, kind=RunKind.INCREMENTAL, seen=5, finished_at=NOW)
        current = make_run(account, RunStatus.EXTRACTING, kind=RunKind.INCREMENTAL)
        make_extract(current, Source.MARKETO_CHANGES, rows_loaded=3)
        answer = call("accounts/acme-inc", secret).json()
        assert answer == {
            "account": "acme-inc",
            "name": "Acme Inc",
            "state": "running",
            "complete_until": "2026-11-29T05:52:59Z",
            "lag_seconds": 420,
            "changes_24h": 5,
            "current_run": current.pk,
            "last_run": current.pk,
            "interval_seconds": 300,
            "backlog": {"is_late": False, "usual_changes": 0, "most_changes": 0, "current_changes": 3},
        }
        assert done.pk < current.pk
        [listed] = items("accounts", secret)
        assert {**listed, "backlog": answer["backlog"]} == answer

    def test_runs(self, account: SalesAccount, secret: str) -> None:
        run = fill(account)
        answer = call(f"runs/{run.pk}", secret).json()
        [listed] = items("runs", secret)
        assert {name: answer[name] for name in listed} == listed
        assert listed["run"] == run.pk
        assert (listed["kind"], listed["status"], listed["failure"]) == ("full", "failed", "extract_failed")
        assert listed["started_at"] == "2026-11-29T05:50:30Z"
        assert listed["duration_seconds"] == 95
        assert listed["url"] == f"http://127.0.0.1:8000/ops/sync/{run.pk}/"
        assert answer["problem"]["what"].endswith("The last answer was: see the page of the run")
        assert answer["steps"] == [
            {
                "source": "marketo_people",
                "status": "planned",
                "waiting_reason": None,
                "rows_expected": None,
                "rows_loaded": 7,
                "rows_rejected": 0,
            }
        ]

    def test_runs_are_chosen(self, account: SalesAccount, secret: str) -> None:
        failed, done = make_run(account, RunStatus.FAILED), make_run(account, kind=RunKind.INCREMENTAL)
        SyncRun.objects.filter(pk=failed.pk).update(created_at=NOW - timedelta(hours=1))

        def found(query: str) -> list[int]:
            return [one["run"] for one in items(f"runs?{query}", secret)]

        assert found("account=acme-inc") == [done.pk, failed.pk]
        assert found("status=failed") == [failed.pk]
        assert found("kind=incremental") == [done.pk]
        assert found("created_after=2026-11-29T05:30:00Z") == [done.pk]
        assert found("created_after=2026-11-29T07:30:00.5%2B02:00&kind=full") == []
        assert found("created_after=0001-01-01T00:00:00%2B23:59") == [done.pk, failed.pk]

    def test_a_run_that_waits_or_is_paused_says_so(self, account: SalesAccount, secret: str) -> None:
        run = make_run(account, RunStatus.EXTRACTING, started_at=NOW)
        make_extract(run, waiting_reason="marketo_quota")
        [waiting] = items("runs", secret)
        assert (waiting["is_waiting"], waiting["is_paused"], waiting["duration_seconds"]) == (True, False, None)
        assert call(f"runs/{run.pk}", secret).json()["steps"][0]["waiting_reason"] == "marketo_quota"
        SyncRun.objects.update(paused_at=NOW)
        assert items("runs", secret)[0]["is_paused"]

    def test_freshness(self, account: SalesAccount, secret: str) -> None:
        fill(account)
        Schedule.objects.create(account=account, promised_minutes=15)
        assert items("freshness", secret) == [
            {
                "account": "acme-inc",
                "month": "2026-11-01T00:00:00Z",
                "promised_seconds": 900,
                "changes": 20,
                "late_changes": 0,
                "p50_seconds": 60,
                "p95_seconds": 60,
                "p99_seconds": 900,
                "budget_left_percent": 100,
                "is_missed": False,
            }
        ]

    def test_problems(self, account: SalesAccount, secret: str) -> None:
        fill(account)
        begin(COPY_OLD, account=account, link="/ops/sync/", minutes=35)
        # What another version recorded, with words that this one does not have, takes the place of nothing.
        begin(CHANNEL_DEAD, account=account, subject="0", channel="pigeon", host="", trouble="lost")
        old, failed = items("problems", secret)
        assert (old["event"], old["is_urgent"], old["subject"]) == ("sync.copy_old", False, None)
        assert old["what"] == COPY_OLD.describe({"minutes": 35}).what
        assert (failed["event"], failed["subject"]) == ("sync.run_failed", "full")
        assert failed["began_at"] == "2026-11-29T06:00:30Z"
        assert [one["event"] for one in items("problems?is_urgent=true", secret)] == ["sync.run_failed"]
        swedish = call("problems", secret, **{"Accept-Language": "sv"})
        assert swedish["Content-Language"] == "sv"
        with translation.override("sv"):
            assert swedish.json()["items"][0]["what"] == COPY_OLD.describe({"minutes": 35}).what

    def test_problems_are_those_of_whoever_made_the_token(
        self, account: SalesAccount, admin: User, member: User, secret: str, ops_secret: str
    ) -> None:
        """What is told to one person alone is read by no program."""
        Occurrence.objects.create(account=account, event=OWN_ENDED.key, concerned=admin, details={"org": "Acme"})
        assert items("problems", secret) == items("problems", ops_secret) == []
        assert is_for(RUN_FAILED, admin.member)
        assert not is_for(RUN_FAILED, member.member)
        assert is_for(RUN_FAILED, None)

    def test_failed_calls(self, account: SalesAccount, secret: str) -> None:
        fill(account)
        [failed] = items("failed-calls?service=marketo", secret)
        assert (failed["service"], failed["code"], failed["count"]) == ("marketo", "603", 1)
        assert failed["operation"] == "/rest/v1/leads/describe.json"
        assert failed["who"]
        assert items("failed-calls?service=salesforce", secret) == []


class TestPaging:
    def test_nothing_comes_twice_or_is_left_out_whatever_is_added(self, account: SalesAccount, secret: str) -> None:
        before = [make_run(account).pk for _ in range(7)]
        found, address = [], "runs?limit=3&status=succeeded"
        while address:
            page = call(address, secret).json()
            found += [one["run"] for one in page["items"]]
            address = page["next"]
            make_run(account)
        assert found == before[::-1]

    def test_accounts_that_come_meanwhile_come_last(self, ops_secret: str) -> None:
        for number in range(5):
            make_account(f"Company {number}")
        first = call("accounts?limit=3", ops_secret).json()
        make_account("Another")
        second = call(first["next"], ops_secret).json()
        names = [one["account"] for page in (first, second) for one in page["items"]]
        assert names == [*(f"company-{number}" for number in range(5)), "another"]
        assert second["next"] is None

    def test_a_link_keeps_the_question_and_leads_to_this_console(self, account: SalesAccount, secret: str) -> None:
        for _ in range(2):
            make_run(account)
        following = urlsplit(call("runs?limit=1&kind=full", secret).json()["next"])
        assert (following.netloc, following.path) == ("127.0.0.1:8000", "/api/v1/runs")
        assert following.query.startswith("limit=1&kind=full&cursor=")

    @pytest.mark.parametrize("cursor", ["___________", "AAAAAAAAAAA", "-----------"])
    def test_any_cursor_is_a_place(self, account: SalesAccount, secret: str, cursor: str) -> None:
        make_run(account)
        assert call(f"runs?cursor={cursor}", secret).status_code == 200
        assert call(f"accounts?cursor={cursor}", secret).status_code == 200


class TestUnchanged:
    def test_what_has_not_changed_is_not_sent_again(self, account: SalesAccount, secret: str, ops_secret: str) -> None:
        run = fill(account)
        with time_machine.travel(NOW, tick=False):
            for path in [path.format(run=run.pk) for path in ENDPOINTS]:
                first = call(path, secret)
                assert "private" in first["Cache-Control"]
                assert "no-cache" in first["Cache-Control"]
                assert "Authorization" in first["Vary"]
                again = call(path, secret, **{"If-None-Match": first["ETag"]})
                assert (again.status_code, again.content) == (304, b""), path
                assert again["ETag"] == first["ETag"]
                assert again["X-Content-Type-Options"] == "nosniff"
        seen = call("runs", secret)["ETag"]
        make_run(account)
        assert call("runs", secret, **{"If-None-Match": seen}).status_code == 200

    def test_a_tag_opens_nothing(self, account: SalesAccount, admin: User, secret: str) -> None:
        tag = call("runs", secret)["ETag"]
        admin.member.delete()
        assert call("runs", secret, **{"If-None-Match": tag}).status_code == 401


def test_many_rows_cost_no_more_queries(account: SalesAccount, ops_secret: str) -> None:
    run = fill(account)
    make_run(account, kind=RunKind.INCREMENTAL, finished_at=timezone.now())
    paths = [path.format(run=run.pk) for path in ENDPOINTS]

    def costs() -> dict[str, int]:
        found = {}
        for path in paths:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert call(path, ops_secret).status_code == 200
            found[path] = len(queries)
        return found

    call("accounts", ops_secret)
    before = costs()
    for number in range(4):
        fill(make_account(f"Company {number}"))
        make_extract(run)
        make_run(account, kind=RunKind.INCREMENTAL, finished_at=timezone.now())
    assert costs() == before
    assert max(before.values()) <= 15


def test_a_call_that_is_refused_is_cheap(secret: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert call("accounts", "of-somebody-else").status_code == 401
    assert len(queries) == 0
    with CaptureQueriesContext(connection) as queries:
        assert call("accounts", "msi_api_" + "0" * 64).status_code == 401
    assert len(queries) == 1
