"""How fresh copies are: measured with changes that carry their time, against what was promised."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent, Occurrence, SalesAccount, User
from freshness.events import FRESHNESS_MISSED
from freshness.services import Freshness, freshness_of, hourly_p95, month_of, watch_freshness
from history.models import ChangeDelay
from sync.engine.delays import BOUNDS, GRAIN, bound_of, note_delays, stamps
from sync.models import Extract, Person, RunKind, Source, SyncRun
from sync.policies import Schedule
from sync.retention import forget_what_is_old
from tests.conftest import ClientOf
from tests.factories import make_account, make_cursor, make_extract, make_run
from tests.pages import rows_of, text_of
from tests.sync.conftest import Change
from tests.sync.incremental_runs import sync_changes

PAGE = "/ops/freshness/"


def arrived(account: SalesAccount, seconds: int, changes: int) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    ChangeDelay.objects.create(account=account, hour=hour, seconds=seconds, changes=changes)


def counted() -> int:
    return sum(ChangeDelay.objects.values_list("changes", flat=True))


def let_a_grain_pass() -> None:
    """Runs follow each other at once here, and a stamp is as exact as GRAIN."""
    SyncRun.objects.update(started_at=F("started_at") - timedelta(seconds=GRAIN + 1))


@pytest.mark.django_db(transaction=True)
def test_a_change_is_measured_from_when_it_happened(synced: SalesAccount, change: Change) -> None:
    """In either system, and each once, although Salesforce is read with an overlap."""
    first, second = Person.objects.for_account(synced).live().values_list("marketo_id", flat=True)[:2]
    let_a_grain_pass()
    change("change", first, fields={"title": "Boss"})
    sync_changes(synced)
    in_marketo = counted()
    assert in_marketo
    let_a_grain_pass()
    change("reown", second, owner="user")
    sync_changes(synced)
    in_both = counted()
    assert in_both > in_marketo
    assert max(ChangeDelay.objects.values_list("seconds", flat=True)) <= 60
    sync_changes(synced)
    assert counted() == in_both, "each once"


def test_delays_are_counted_by_bounds_and_no_reading_twice(account: SalesAccount) -> None:
    now = timezone.now()
    make_run(account, kind=RunKind.INCREMENTAL, started_at=now - timedelta(minutes=5))
    run = make_run(account, kind=RunKind.INCREMENTAL, started_at=now)
    times = stamps(Extract(), [now - timedelta(seconds=40), now - timedelta(minutes=20), None])
    for source in (Source.MARKETO_CHANGES, Source.SALESFORCE_CHANGES):
        make_extract(run, source, change_times=times)
    note_delays(run)
    note_delays(run)
    found = {row.seconds: row.changes for row in ChangeDelay.objects.all()}
    # What Salesforce tells once more of twenty minutes ago, the run before has read.
    assert sum(found.values()) == 6
    assert {seconds // 60 for seconds in found} == {1, 20} or {seconds // 60 for seconds in found} == {1, 25}
    assert set(found) <= set(BOUNDS)


def test_pages_add_up_and_a_stream_that_begins_again_begins_with_none() -> None:
    at = datetime(2026, 11, 29, 10, tzinfo=UTC)
    key = str(int(at.timestamp()) // GRAIN)
    first = stamps(Extract(), [at, at])
    assert first == {key: 2}
    assert stamps(Extract(change_times=first, rows_loaded=2), [at]) == {key: 3}
    assert stamps(Extract(change_times=first, rows_loaded=0), [at]) == {key: 1}


@pytest.mark.parametrize(
    ("counts", "p95", "late", "left", "is_missed"),
    [
        ({}, None, 0, 100, False),
        ({300: 100}, 300, 0, 100, False),
        ({300: 95, 900: 5}, 300, 5, 0, False),
        ({300: 94, 900: 6}, 900, 6, 0, True),
        ({300: 98, 900: 2}, 300, 2, 60, False),
        # Of few changes one that is late says nothing.
        ({300: 10, 900: 9}, 900, 9, 0, False),
    ],
)
def test_percentiles_and_the_budget(
    counts: dict[int, int], p95: int | None, late: int, left: int, *, is_missed: bool
) -> None:
    found = Freshness(SalesAccount(), 10, counts)
    assert found.p95 == (timedelta(seconds=p95) if p95 else None)
    assert (found.late, found.budget_left, found.is_missed) == (late, left, is_missed)


@pytest.mark.parametrize(
    ("promised", "minutes", "is_late"),
    [(10, 10, False), (10, 11, True), (40, 35, False), (40, 46, True), (2880, 25 * 60, False), (2880, 49 * 60, True)],
)
def test_what_arrived_as_promised_is_not_late(promised: int, minutes: int, *, is_late: bool) -> None:
    assert bool(Freshness(SalesAccount(), promised, {bound_of(minutes * 60): 1}).late) == is_late


def test_a_promise_that_is_not_kept_is_told_until_it_is(account: SalesAccount) -> None:
    make_cursor(account)
    arrived(account, 300, 80)
    watch_freshness()
    assert not Occurrence.objects.exists()
    arrived(account, 1800, 20)
    watch_freshness()
    told = Occurrence.objects.going_on().get(event=FRESHNESS_MISSED.key)
    assert FRESHNESS_MISSED.describe(told.details).what == (
        "95 of 100 changes of this month were to arrive within 10 minutes; it took 30."
    )
    ChangeDelay.objects.filter(seconds=1800).update(hour=timezone.now() - timedelta(days=63))
    watch_freshness()
    assert not Occurrence.objects.going_on().exists()
    forget_what_is_old(account)
    assert not ChangeDelay.objects.filter(seconds=1800).exists()


def test_the_page_agrees_with_the_file_and_other_accounts_are_not_in_them(
    browser: Client, account: SalesAccount, stranger: User, ops: User, client_of: ClientOf
) -> None:
    arrived(account, 150, 1200)
    arrived(stranger.member.account, 30, 7)
    page = text_of(browser.get(PAGE))
    assert "1,200" in page
    assert "2.5 min" in page
    assert "Umbrella" not in page
    assert "Umbrella" in text_of(client_of(ops).get(PAGE))
    [heading, line] = rows_of(browser.get("/ops/freshness.csv"))
    assert heading[-1] == "Changes"
    assert line[0] == account.slug
    assert line[2:] == ["150", "1200"]
    [found] = freshness_of([account], month_of(timezone.now()))
    assert found.changes == 1200
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    assert hourly_p95([account], [hour]) == [2.5]


def test_the_month_is_that_of_the_figures_wherever_the_reader_is(browser: Client, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(time_zone="America/New_York")
    month = timezone.now().strftime("%B %Y")
    assert f"into the copy in {month} (UTC)" in text_of(browser.get(PAGE))


def test_whoever_answers_for_the_people_promises(
    browser: Client, account: SalesAccount, ops: User, client_of: ClientOf
) -> None:
    address = f"{PAGE}{account.slug}/"
    assert browser.post(address, {"minutes": "9"}).status_code == 400
    assert "Saved." in text_of(browser.post(address, {"minutes": "30"}, follow=True))
    [found] = freshness_of([account], month_of(timezone.now()))
    assert found.minutes == 30
    # Nobody can keep less than twice the interval.
    Schedule.objects.update(every_minutes=60)
    assert browser.post(address, {"minutes": "90"}).status_code == 400
    assert freshness_of([account], month_of(timezone.now()))[0].minutes == 120
    assert AuditEvent.objects.get(action="sync.promise_changed").details == {"minutes": 30}
    assert client_of(ops).post(address, {"minutes": "60"}).status_code == 403
    assert SyncRun.objects.count() == 0


def test_the_page_asks_once_whose_promises_somebody_may_change(
    account: SalesAccount, ops: User, client_of: ClientOf
) -> None:
    browser = client_of(ops)
    make_cursor(account)
    browser.get(PAGE)
    with CaptureQueriesContext(connection) as of_one:
        browser.get(PAGE)
    for number in range(3):
        make_cursor(make_account(f"Company {number}"))
    with CaptureQueriesContext(connection) as of_four:
        page = browser.get(PAGE)
    assert len(page.context["lines"]) == 4
    assert len(of_four) == len(of_one)
