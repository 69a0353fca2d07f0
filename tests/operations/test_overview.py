"""Sync operations: what needs somebody, every account, the last day, and trying again at once."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.events import AUDIT_CHAIN_BROKEN
from accounts.models import AuditEvent, Occurrence, SalesAccount, User
from accounts.occurrences import begin
from connections.events import SALESFORCE_BROKEN
from connections.models import ConnectionStatus, MarketoInstance, SalesforceConnection
from guide.status import status_of
from notifications.events import CHANNEL_DEAD
from operations import workers
from operations.fleet import HOURS, Fleet, Line, Standing, runs_by_hour
from operations.progress import waiting_of
from sync.events import RUN_WAITS
from sync.messages import wait_reason
from sync.models import Cursor, Extract, RunKind, SyncRun
from sync.services import try_now
from sync.statuses import RunStatus
from sync.watch import watch_runs
from tests.conftest import ClientOf
from tests.factories import (
    make_account,
    make_cursor,
    make_extract,
    make_marketo_connection,
    make_run,
    make_salesforce_connection,
)
from tests.pages import text_of

PAGE = "/ops/"


def ended(account: SalesAccount, ago: timedelta, seen: int, status: RunStatus = RunStatus.SUCCEEDED) -> SyncRun:
    return make_run(account, status, kind=RunKind.INCREMENTAL, seen=seen, finished_at=timezone.now() - ago)


def break_salesforce(account: SalesAccount) -> None:
    details = {"service": "salesforce", "problem": "salesforce_expired_token"}
    Occurrence.objects.create(
        account=account, event=SALESFORCE_BROKEN.key, link="/settings/admin/salesforce/", details=details
    )


def line_of(account: SalesAccount) -> Line:
    [line] = Fleet([account]).lines
    return line


def standing_of(account: SalesAccount) -> str:
    return line_of(account).standing


def connect(account: SalesAccount) -> None:
    make_marketo_connection(account)
    make_salesforce_connection(account)


def test_the_standing_of_an_account(account: SalesAccount) -> None:
    assert standing_of(account) == Standing.NEVER
    make_cursor(account)
    connect(account)
    assert standing_of(account) == Standing.UP_TO_DATE
    Cursor.objects.update(since=timezone.now() - timedelta(minutes=31))
    assert standing_of(account) == Standing.LATE
    run = make_run(account, RunStatus.EXTRACTING)
    assert standing_of(account) == Standing.RUNNING
    make_extract(run, waiting_reason="marketo_quota")
    assert standing_of(account) == Standing.WAITING
    SyncRun.objects.update(paused_at=timezone.now())
    assert standing_of(account) == Standing.PAUSED
    break_salesforce(account)
    assert standing_of(account) == Standing.NEEDS_SOMEBODY


def test_an_account_without_two_working_connections_is_not_due(account: SalesAccount) -> None:
    make_cursor(account)
    Cursor.objects.update(since=timezone.now() - timedelta(hours=3))
    ended(account, timedelta(hours=3), 5)
    connect(account)
    assert standing_of(account) == Standing.LATE
    break_salesforce(account)
    SalesforceConnection.objects.update(status=ConnectionStatus.NEEDS_RECONNECTING)
    assert line_of(account).next_run == "when it is fixed"
    SalesforceConnection.objects.all().delete()
    Occurrence.objects.all().delete()
    assert (standing_of(account), line_of(account).next_run) == (Standing.DISCONNECTED, "when it is connected again")


@pytest.mark.django_db
def test_on_the_first_day_it_says_how_a_company_comes_in(ops: User, client_of: ClientOf) -> None:
    page = client_of(ops)
    assert "register_marketo_instance" in text_of(page.get(PAGE))
    assert "There is no such account." in text_of(page.get(f"{PAGE}?account=unknown"))


def test_charts_agree_with_the_runs_behind_them(account: SalesAccount) -> None:
    other = make_account("Umbrella Ltd")
    for back, seen in ((0, 5), (1, 7), (1, 3), (23, 2), (25, 100)):
        begins = timezone.now().replace(minute=0, second=0, microsecond=0)
        ended(account, timezone.now() - begins + timedelta(hours=back) - timedelta(seconds=1), seen)
    ended(account, timedelta(0), 0, RunStatus.FAILED)
    ended(other, timedelta(0), 50)
    hours = runs_by_hour([account])
    assert len(hours) == HOURS
    assert [hour.people for hour in hours if hour.people] == [2, 10, 5]
    assert (hours[-1].runs, hours[-1].failed) == (2, 1)
    lines = {line.account: line for line in Fleet([account, other]).lines}
    assert (lines[account].total, lines[account].changes[-2], lines[other].total) == (17, 10, 50)


@pytest.mark.parametrize("zone", ["Europe/Stockholm", "Asia/Kolkata", "America/St_Johns"])
@pytest.mark.parametrize("moment", ["2026-03-29T03:10:00+00:00", "2026-10-25T03:10:00+00:00"])
def test_every_run_is_counted_once_in_every_zone(
    moment: str, zone: str, account: SalesAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On both nights on which the clocks of Stockholm change, and half an hour beside them."""
    now = datetime.fromisoformat(moment)
    monkeypatch.setattr(timezone, "now", lambda: now)
    for back in range(HOURS):
        SyncRun.objects.filter(pk=ended(account, timedelta(hours=back), 2**back).pk).update(updated=2**back)
    with timezone.override(zone):
        expected = [2**back for back in reversed(range(HOURS))]
        assert [hour.people for hour in runs_by_hour([account])] == expected
        assert Fleet([account]).lines[0].changes == expected
        assert [number for _hour, number in status_of(account, people=0).by_hour] == expected


def test_a_run_that_ends_as_the_next_hour_begins_is_no_error(
    account: SalesAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.fromisoformat("2026-03-01T09:59:59+00:00")
    monkeypatch.setattr(timezone, "now", lambda: now)
    ended(account, timedelta(seconds=-2), 5)
    ended(account, timedelta(seconds=2), 3)
    assert line_of(account).changes == [0] * (HOURS - 1) + [3]


def test_the_worst_come_first_and_many_accounts_cost_no_more_queries(ops: User, client_of: ClientOf) -> None:
    browser = client_of(ops)
    browser.get(PAGE)

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            Fleet(list(SalesAccount.objects.all())).groups()
        return len(queries)

    good, bad = make_account("Aardvark"), make_account("Zebra")
    make_cursor(good)
    break_salesforce(bad)
    before = cost()
    for _ in range(3):
        make_cursor(make_account())
    assert cost() == before
    page = text_of(browser.get(PAGE))
    assert page.index("Zebra") < page.index("Aardvark")
    assert "Zebra" not in text_of(browser.get(f"{PAGE}?state=up_to_date")).partition("Up to date as of")[2]


def test_what_is_the_same_in_many_accounts_is_said_once(ops: User, client_of: ClientOf) -> None:
    """A provider that is away for everybody hides no other trouble."""
    for number in range(25):
        details = {**RUN_WAITS.example, "run": str(1001 + number), "reason": "salesforce_busy"}
        begin(RUN_WAITS, account=make_account(f"Company {number}"), link=f"/ops/sync/{1001 + number}/", **details)
    begin(RUN_WAITS, account=make_account("Zebra"), link="/ops/sync/1", **RUN_WAITS.example)
    answer = client_of(ops).get(PAGE)
    # The bell says it, too.
    page = answer.content.decode().partition("<main")[2]
    assert page.count("has waited for more than 30 minutes. Salesforce is busy") == 1
    assert page.count("has waited for more than 30 minutes. Marketo&#x27;s daily limit") == 1
    assert "The same in 24 other Sales accounts:" in page
    assert '<a href="/ops/sync/1010/">Company 9</a>' in page
    # And the processes, none of which runs here.
    assert answer.context["troubles"] == 26 + 1


def test_an_ops_person_finds_the_cause_and_may_not_change_it(
    account: SalesAccount, ops: User, client_of: ClientOf
) -> None:
    make_salesforce_connection(account, status=ConnectionStatus.NEEDS_RECONNECTING, problem="salesforce_expired_token")
    break_salesforce(account)
    begin(AUDIT_CHAIN_BROKEN, account=None, entries=3)
    browser = client_of(ops)
    page = browser.get(PAGE).content.decode()
    assert "The connection to Salesforce has stopped working." in page
    assert "Entries of the audit trail were changed" in page
    diagnostics = f"/ops/accounts/{account.slug}/diagnostics/"
    assert f'<a class="link" href="{diagnostics}">The connection to Salesforce' in page
    found = browser.get(diagnostics)
    assert "Needs reconnecting" in text_of(found)
    assert 'method="post"' not in found.content.decode().partition("<main")[2]


def test_an_admin_sees_their_own_account_alone_and_its_own_pages(
    browser: Client, account: SalesAccount, stranger: User
) -> None:
    break_salesforce(account)
    break_salesforce(stranger.member.account)
    begin(AUDIT_CHAIN_BROKEN, account=None, entries=3)
    page = browser.get(PAGE).content.decode()
    assert page.count("The connection to Salesforce has stopped working.") == 1 + 1  # and in the bell
    assert '<a class="link" href="/settings/admin/salesforce/">The connection' in page
    assert "audit trail were changed" not in page
    assert "Workers and queues" not in page


def test_a_marketo_admin_sees_what_stops_the_runs_and_pages_they_may_open(
    linked_instance: MarketoInstance, account: SalesAccount, marketo_admin: User, client_of: ClientOf
) -> None:
    assert linked_instance.account == account
    break_salesforce(account)
    begin(CHANNEL_DEAD, account=account, **CHANNEL_DEAD.example)
    browser = client_of(marketo_admin)
    page = browser.get(PAGE).content.decode()
    runs = f"/ops/sync/?account={account.slug}"
    assert f'<a class="link" href="{runs}">The connection to Salesforce' in page
    assert browser.get(runs).status_code == 200
    assert "does not take messages" not in page


def test_a_silence_of_days_is_told_whole(
    ops: User, client_of: ClientOf, account: SalesAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = 3 * 24 * 3600
    monkeypatch.setattr(workers, "seconds_since_sweep", lambda: float(days))
    make_run(account, RunStatus.PLANNING, due_at=timezone.now() - timedelta(seconds=days))
    page = text_of(client_of(ops).get(PAGE))
    assert "last ran 259,200 seconds ago" in page
    assert "waited for 259,2" in page


def test_what_renews_itself_is_a_part_of_the_page(ops: User, account: SalesAccount, client_of: ClientOf) -> None:
    browser = client_of(ops)
    part = browser.get(PAGE, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "Workers and queues" in text_of(part)
    assert "A process is missing" in text_of(part)
    # The processes that are missing.
    assert part.context["troubles"] == 1
    assert Client().get(PAGE, headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_every_page_and_message_names_what_keeps_a_run_longest(account: SalesAccount) -> None:
    now, soon = timezone.now(), timezone.now() + timedelta(hours=1)
    run = make_run(account, RunStatus.EXTRACTING, waiting_reason="database_full", waiting_since=now, due_at=soon)
    for reason, hours in (("marketo_quota", 6), ("salesforce_quota", 2)):
        long_ago = now - timedelta(hours=1)
        make_extract(run, waiting_reason=reason, waiting_since=long_ago, due_at=now + timedelta(hours=hours))
    watch_runs()
    told = Occurrence.objects.going_on().get(event=RUN_WAITS.key)
    waiting = waiting_of(run)
    assert waiting
    assert told.details["reason"] == "marketo_quota"
    assert datetime.fromisoformat(told.details["until"]) == waiting.until
    assert line_of(account).waits_for == str(waiting.reason) == str(wait_reason("marketo_quota"))


def test_whatever_waits_is_tried_at_once(account: SalesAccount, admin: User, browser: Client) -> None:
    later = timezone.now() + timedelta(hours=6)
    run = make_run(account, RunStatus.EXTRACTING)
    waiting = make_extract(run, waiting_reason="marketo_quota", waiting_since=timezone.now(), due_at=later)
    polled = make_extract(run, due_at=later)
    page = text_of(browser.get(run.get_absolute_url()))
    assert "Try now" in page
    assert "tries again now" in text_of(browser.post(f"/ops/sync/{run.pk}/try-now/", follow=True))
    assert list(Extract.objects.due()) == [waiting]
    polled.refresh_from_db()
    assert polled.due_at == later
    tried = AuditEvent.objects.get(action="sync.tried_now")
    assert f"request_id={tried.request_id}" in text_of(browser.get(run.get_absolute_url()))
    Extract.objects.update(waiting_reason="")
    assert "does not wait for anything" in text_of(browser.post(f"/ops/sync/{run.pk}/try-now/", follow=True))


@pytest.mark.parametrize("held", [{"paused_at": timezone.now()}, {"status": RunStatus.FAILED}])
def test_what_a_person_holds_or_has_ended_is_not_tried(
    account: SalesAccount, admin: User, held: dict[str, object]
) -> None:
    run = make_run(account, RunStatus.EXTRACTING)
    make_extract(run, waiting_reason="marketo_quota", due_at=timezone.now() + timedelta(hours=6))
    SyncRun.objects.update(**held)
    assert not try_now(run=run, tried_by=admin)
    assert SalesforceConnection.objects.count() == 0


class TestRuns:
    def test_runs_are_found_by_cause_and_time(self, browser: Client, account: SalesAccount) -> None:
        failed = make_run(account, RunStatus.FAILED, failure="crashed", failure_params={"tries": 60})
        make_run(account, RunStatus.FAILED, failure="nobody_read", failure_params={"service": "Marketo"})
        waiting = make_run(account, RunStatus.EXTRACTING)
        make_extract(waiting, waiting_reason="marketo_quota")
        assert runs_in(browser, "?cause=crashed") == [failed.pk]
        assert runs_in(browser, "?cause=marketo_quota") == [waiting.pk]
        assert len(runs_in(browser, "?days=1")) == 3
        SyncRun.objects.filter(pk=failed.pk).update(created_at=timezone.now() - timedelta(days=2))
        assert len(runs_in(browser, "?days=1")) == 2
        assert len(runs_in(browser, "?days=7&status=failed")) == 2
        assert "The same step started … times" in text_of(browser.get("/ops/sync/"))

    def test_a_run_shows_how_long_it_took_and_the_list_renews_itself(
        self, browser: Client, account: SalesAccount
    ) -> None:
        now = timezone.now()
        make_run(account, started_at=now - timedelta(seconds=77), finished_at=now)
        part = browser.get("/ops/sync/", headers={"HX-Request": "true"})
        assert "1 min 17 s" in text_of(part)
        assert "<html" not in part.content.decode()
        assert 'hx-get="/ops/sync/?' in browser.get("/ops/sync/").content.decode()
        # An older page stays what it was.
        assert 'hx-get="/ops/sync/?' not in browser.get("/ops/sync/?after=1").content.decode()


def runs_in(browser: Client, query: str) -> list[int]:
    return [run.pk for run, *_rest in browser.get(f"/ops/sync/{query}").context["rows"]]
