"""When runs start automatically: rhythm, hours for full runs, days off, in the account's time zone."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, SalesAccount, User
from pipeline.runner import start_due_syncs
from sync.audit_actions import SyncAction
from sync.models import RunKind, SyncRun
from sync.policies import Schedule
from sync.schedule import Past, due_kind, how_changes_arrive, is_off, may_begin_full, next_full
from tests.factories import make_run
from tests.pages import text_of

PAGE = "/settings/admin/sync/schedule/"
NIGHTS = {"time_zone": "Europe/Stockholm", "full_from": time(22), "full_until": time(4)}
GOOD = {
    "every_minutes": 30,
    "time_zone": "Europe/Stockholm",
    "weekdays": [4, 5],
    "full_from": "22:00",
    "full_until": "04:00",
    "off_until": "",
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "moment", "may_begin"),
    [
        ({}, "2026-06-03T12:00", True),
        ({"weekdays": [2]}, "2026-06-03T12:00", True),  # a Wednesday
        ({"weekdays": [3]}, "2026-06-03T12:00", False),
        ({"weekdays": [3], "time_zone": "Pacific/Auckland"}, "2026-06-03T12:00", True),
        ({"full_from": time(1), "full_until": time(5)}, "2026-06-03T04:59", True),
        ({"full_from": time(1), "full_until": time(5)}, "2026-06-03T05:00", False),
        (NIGHTS, "2026-06-03T19:59", False),
        (NIGHTS, "2026-06-03T20:00", True),  # 22:00 in Stockholm
        (NIGHTS | {"weekdays": [2]}, "2026-06-04T01:59", True),  # still the night of Wednesday
        (NIGHTS | {"weekdays": [3]}, "2026-06-04T01:59", False),
        (NIGHTS | {"weekdays": [6]}, "2026-06-08T01:00", True),  # from Sunday into Monday
        (NIGHTS, "2026-01-07T20:30", False),  # in winter 21:30
        (NIGHTS | {"time_zone": "Not/AZone"}, "2026-06-03T22:00", True),  # as UTC
    ],
)
def test_full_runs_begin_in_their_hours(values: dict[str, object], moment: str, *, may_begin: bool) -> None:
    assert may_begin_full(Schedule(**values), at(moment)) is may_begin


@pytest.mark.parametrize(
    ("moment", "off"), [("2026-06-09T21:59", True), ("2026-06-09T22:00", False), ("2026-06-20T00:00", False)]
)
def test_the_switch_is_off_until_the_day_begins_there(moment: str, *, off: bool) -> None:
    schedule = Schedule(time_zone="Europe/Stockholm", off_until=date(2026, 6, 10))
    assert is_off(schedule, at(moment)) is off
    assert (due_kind(schedule, past(at("2026-05-01T00:00")), at(moment)) is None) is off


def past(good_at: datetime, begun_at: datetime | None = None, failure: str = "") -> Past:
    return Past(failure, begun_at or good_at, good_at, good_at)


@pytest.mark.parametrize(
    ("every", "minutes", "kind"),
    [
        (5, 0, RunKind.INCREMENTAL),  # its turn alone paces it
        (15, 10, None),
        (15, 14, RunKind.INCREMENTAL),
        (60, 55, None),
        (60, 60, RunKind.INCREMENTAL),
        (1440, 1430, None),
        (1440, 1438, RunKind.INCREMENTAL),
    ],
)
def test_changes_are_read_by_the_rhythm(every: int, minutes: int, kind: RunKind | None) -> None:
    begun = at("2026-06-03T12:00")
    assert due_kind(Schedule(every_minutes=every), past(begun), begun + timedelta(minutes=minutes)) == kind


def test_what_needs_a_full_run_waits_for_its_hours() -> None:
    schedule, failed = Schedule(**NIGHTS), past(at("2026-06-01T00:00"), at("2026-06-03T12:00"), "too_many_changes")
    assert due_kind(schedule, failed, at("2026-06-03T13:00")) is None
    assert due_kind(schedule, failed, at("2026-06-03T20:00")) == RunKind.FULL


@pytest.mark.parametrize("zone", ["Europe/Stockholm", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("change", ["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01", "2026-04-05", "2026-10-04"])
@pytest.mark.parametrize("hours", [(time(22), time(4)), (time(1), time(3)), (time(2), time(2, 30))])
def test_over_both_changes_of_the_clock_quiet_hours_are_kept(zone: str, change: str, hours: tuple[time, time]) -> None:
    """Three simulated weeks around the change, a turn every five minutes."""
    schedule = Schedule(time_zone=zone, full_from=hours[0], full_until=hours[1])
    now = at(change) - timedelta(days=10)
    good_at = now
    begun: list[datetime] = []
    for _turn in range(21 * 288):
        now += timedelta(minutes=5)
        if due_kind(schedule, past(good_at), now) == RunKind.FULL:
            begun.append(now)
            good_at = now
    walls = [moment.astimezone(ZoneInfo(zone)).time() for moment in begun]
    begin, end = hours
    assert all(begin <= wall < end if begin < end else wall >= begin or wall < end for wall in walls)
    assert len(begun) in (2, 3)
    gaps = [later - earlier for earlier, later in pairwise(begun)]
    assert all(timedelta(days=6) <= gap <= timedelta(days=8, hours=1) for gap in gaps)


def test_the_next_full_run_is_foretold() -> None:
    schedule, now = Schedule(**NIGHTS, weekdays=[5]), at("2026-06-03T12:00")
    assert next_full(schedule, past(at("2026-06-01T00:00")), now) == at("2026-06-13T20:00")
    assert next_full(Schedule(), past(at("2026-06-01T00:00")), now) == at("2026-06-08T00:00")
    assert next_full(Schedule(off_until=date(2027, 1, 1)), past(now), now) is None
    moved = replace(past(at("2026-06-01T00:00")), is_moved=True)
    assert next_full(Schedule(), moved, now) == now, "the new org is read before its week is over"
    failed = replace(moved, full_at=at("2026-06-03T11:00"))
    assert next_full(Schedule(), failed, now) == at("2026-06-03T17:00")


@pytest.mark.django_db
def test_the_page_keeps_a_schedule_and_says_when_the_next_full_run_comes(
    account: SalesAccount, browser: Client
) -> None:
    assert Schedule.of(account).every_minutes == 5
    page = text_of(browser.post(PAGE, GOOD, follow=True))
    assert "Runs follow this schedule from now on" in page
    kept = Schedule.objects.get()
    assert (kept.account, kept.every_minutes, kept.weekdays, kept.full_from) == (account, 30, [4, 5], time(22))
    event = AuditEvent.objects.get(action=SyncAction.SCHEDULE_CHANGED)
    assert (event.details["minutes"], event.details["hours"]) == (30, "22:00-04:00")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", [{"weekdays": []}, {"every_minutes": 7}, {"time_zone": "Mars/Base"}, {"full_from": "25:00"}]
)
def test_a_schedule_that_cannot_be_is_refused(browser: Client, wrong: dict[str, object]) -> None:
    assert browser.post(PAGE, GOOD | wrong).status_code == 400
    assert not Schedule.objects.exists()


@pytest.mark.django_db
def test_the_next_full_run_is_told_in_the_zone_that_the_page_shows(
    account: SalesAccount, admin: User, browser: Client
) -> None:
    """Before anybody has saved a schedule that is the reader's own."""
    make_run(account, finished_at=timezone.now())
    User.objects.filter(pk=admin.pk).update(time_zone="Europe/Stockholm")
    page = text_of(browser.get(PAGE))
    assert '<option value="Europe/Stockholm" selected>' in page
    assert "(Europe/Stockholm)." in page


@pytest.mark.django_db(transaction=True)
def test_runs_begin_by_the_schedule(synced: SalesAccount, browser: Client) -> None:
    tomorrow = timezone.now().date() + timedelta(days=2)
    page = text_of(browser.post(PAGE, GOOD | {"off_until": tomorrow.isoformat()}, follow=True))
    assert "No run starts automatically before" in page
    assert "The next full run starts automatically about" in page
    start_due_syncs()
    assert not SyncRun.objects.unfinished().exists()
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        start_due_syncs()
    assert SyncRun.objects.unfinished().get().kind == RunKind.INCREMENTAL


@pytest.mark.django_db
def test_pages_say_how_changes_arrive(account: SalesAccount) -> None:
    assert how_changes_arrive(account) == "Changes arrive automatically every 5 minutes."
    schedule = Schedule.objects.create(account=account, every_minutes=60)
    assert how_changes_arrive(account) == "Changes arrive automatically every hour."
    schedule.off_until = timezone.now().date() + timedelta(days=3)
    schedule.save()
    assert how_changes_arrive(account).startswith("No run starts automatically before ")
