"""Which run of an account is to begin by itself now, if any, and when the next full one may."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from accounts.models import SalesAccount, User
from accounts.services import record
from common.zones import zone_named
from connections.models import ConnectionStatus, MarketoConnection, SalesforceConnection
from sync.audit_actions import SyncAction
from sync.models import RunKind, SyncRun
from sync.moves import needs_full_run
from sync.policies import Schedule

# Everybody is read anew so often, for the changes that neither system reports: a renamed owner, for example.
RECONCILIATION = timedelta(days=7)
# Where full runs may begin in some hours only, a week after the last one could be just too late.
EARLY = timedelta(hours=12)
# A full run that failed, or that a person cancelled, is not begun again at once.
AFTER_FAILURE = timedelta(hours=6)
# An account's turn comes so often, a little earlier or later.
TURN, SLACK = timedelta(minutes=5), timedelta(minutes=2, seconds=30)
# After these only a full run helps.
NEEDS_FULL_SYNC = {"too_many_changes", "list_gone"}
LOOKED_AHEAD = timedelta(days=15)


@dataclass(frozen=True)
class Past:
    """
    How an account's runs went: `full_at` is when the last full one began, `good_at` the last that succeeded. After a
    move to another org everybody must be read first.
    """

    failure: str
    begun_at: datetime
    full_at: datetime
    good_at: datetime | None
    is_moved: bool = False

    @classmethod
    def of(cls, account: SalesAccount) -> "Past":
        """Of an account that has been synced."""
        runs = SyncRun.objects.for_account(account)
        last, full, good = runs.latest("pk"), runs.full().latest("pk"), runs.full().last_success()
        good_at = good.created_at if good else None
        return cls(last.failure, last.created_at, full.created_at, good_at, is_moved=needs_full_run(account))


def due_kind(schedule: Schedule, past: Past, now: datetime) -> RunKind | None:
    """Which kind of run is to begin."""
    if is_off(schedule, now):
        return None
    if _wants_full(schedule, past, now) and may_begin_full(schedule, now):
        return RunKind.FULL
    # An incremental run would only fail again, and cost calls.
    if past.is_moved or past.failure in NEEDS_FULL_SYNC or not _is_time_for_changes(schedule, past, now):
        return None
    return RunKind.INCREMENTAL


def _is_time_for_changes(schedule: Schedule, past: Past, now: datetime) -> bool:
    pause = timedelta(minutes=schedule.every_minutes)
    return pause <= TURN or now >= past.begun_at + pause - SLACK


def rhythms_of(accounts: Collection[int]) -> dict[int, timedelta | None]:
    """How often the accounts' changes are read, by primary key; None while nothing begins by itself."""
    own = {schedule.account_id: schedule for schedule in Schedule.objects.filter(account__in=accounts)}
    return {key: rhythm_of(own.get(key, Schedule())) for key in accounts}


def connected_among(accounts: Collection[int]) -> set[int]:
    """Those with two connections that work, by primary key: of the others no run can begin."""
    marketo = MarketoConnection.objects.filter(account__in=accounts, status=ConnectionStatus.CONNECTED)
    salesforce = SalesforceConnection.objects.filter(
        account__in=accounts, member=None, status=ConnectionStatus.CONNECTED
    )
    return set(marketo.values_list("account", flat=True)) & set(salesforce.values_list("account", flat=True))


def rhythm_of(schedule: Schedule) -> timedelta | None:
    return None if is_off(schedule, timezone.now()) else timedelta(minutes=schedule.every_minutes)


def is_off(schedule: Schedule, now: datetime) -> bool:
    """Does nothing begin by itself today?"""
    return bool(schedule.off_until and _local(schedule, now).date() < schedule.off_until)


def how_changes_arrive(account: SalesAccount) -> str:
    """How changes arrive by themselves, as a sentence."""
    schedule = Schedule.of(account)
    if schedule.off_until and is_off(schedule, timezone.now()):
        day = date_format(schedule.off_until, "DATE_FORMAT")
        return gettext("No run starts automatically before %(day)s.") % {"day": day}
    return gettext("Changes arrive automatically %(rhythm)s.") % {"rhythm": schedule.get_every_minutes_display()}


def may_begin_full(schedule: Schedule, now: datetime) -> bool:
    """By the clock on the wall: an hour that summer time skips is no hour, and one that comes twice counts twice."""
    local = _local(schedule, now)
    clock, begin, end = local.time(), schedule.full_from, schedule.full_until
    day = local.weekday()
    if begin < end:
        return day in schedule.weekdays and begin <= clock < end
    if clock >= begin:
        return day in schedule.weekdays
    # The night belongs to the day on which it began.
    return clock < end and (day - 1) % 7 in schedule.weekdays


def next_full(schedule: Schedule, past: Past, now: datetime) -> datetime | None:
    """About when the next full run begins by itself; None where none may within two weeks of when it is wanted."""
    wanted = max(now, _full_wanted_at(schedule, past, now))
    moments = (wanted + TURN * number for number in range(LOOKED_AHEAD // TURN))
    return next((time for time in moments if may_begin_full(schedule, time) and not is_off(schedule, time)), None)


def _full_wanted_at(schedule: Schedule, past: Past, now: datetime) -> datetime:
    if past.is_moved:
        # At once, unless one has just been tried.
        return now if past.full_at == past.good_at else past.full_at + AFTER_FAILURE
    return (past.good_at or now) + _interval(schedule)


@transaction.atomic
def set_schedule(*, account: SalesAccount, changed_by: User, **values: Any) -> None:
    """Let the account's runs begin by another schedule."""
    schedule, _is_new = Schedule.objects.update_or_create(account=account, defaults=values)
    record(
        account=account,
        actor=changed_by,
        action=SyncAction.SCHEDULE_CHANGED,
        minutes=schedule.every_minutes,
        zone=schedule.time_zone,
        weekdays=schedule.weekdays,
        hours=f"{schedule.full_from:%H:%M}-{schedule.full_until:%H:%M}",
        off_until=str(schedule.off_until or ""),
    )


def _wants_full(schedule: Schedule, past: Past, now: datetime) -> bool:
    if past.full_at != past.good_at and past.full_at >= now - AFTER_FAILURE:
        return False
    is_outdated = past.is_moved or past.good_at is None or past.good_at < now - _interval(schedule)
    return is_outdated or past.failure == "too_many_changes"


def _interval(schedule: Schedule) -> timedelta:
    is_restricted = schedule.full_from != schedule.full_until or len(schedule.weekdays) < 7
    return RECONCILIATION - EARLY if is_restricted else RECONCILIATION


def _local(schedule: Schedule, now: datetime) -> datetime:
    return timezone.localtime(now, zone_named(schedule.time_zone))
