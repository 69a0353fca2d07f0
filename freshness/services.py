"""How fresh copies are, against what was promised: from the times at which changes happened and arrived."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.template.defaultfilters import floatformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import SalesAccount, User
from accounts.occurrences import begin, end_all_but
from accounts.services import record
from freshness.audit_actions import FreshnessAction
from freshness.events import FRESHNESS_MISSED
from history.models import ChangeDelay
from sync.engine.delays import bound_of
from sync.policies import Schedule

# A run begins as often as the schedule says: what has just been missed is read by the next one.
FEWEST_MINUTES, INTERVALS = 10, 2
# Of a hundred changes so many may be late.
LATE_PERCENT = 5
# Of fewer changes one that is late says nothing.
FEWEST = 20


@dataclass(frozen=True)
class Freshness:
    """How an account's promise was kept: `counts` are changes by the seconds within which they arrived."""

    account: SalesAccount
    minutes: int
    counts: Mapping[int, int]

    @property
    def changes(self) -> int:
        return sum(self.counts.values())

    @property
    def late(self) -> int:
        """Those that surely are: what is counted together with the promised time may have arrived before it."""
        promised = bound_of(self.minutes * 60)
        return sum(changes for seconds, changes in self.counts.items() if seconds > promised)

    def within(self, percent: float) -> timedelta | None:
        """The time within which so many of a hundred changes arrived; None without changes."""
        left = self.changes * percent / 100
        for seconds in sorted(self.counts):
            left -= self.counts[seconds]
            if left <= 0:
                return timedelta(seconds=seconds)
        return None

    @property
    def p95(self) -> timedelta | None:
        return self.within(95)

    @property
    def figures(self) -> list[tuple[str, str]]:
        """The three that are looked at, with their names."""
        return [(f"p{percent}", _in_words(self.within(percent))) for percent in (50, 95, 99)]

    @property
    def budget_left(self) -> int:
        """How much of what may be late is left, in percent."""
        allowed = self.changes * LATE_PERCENT / 100
        return max(0, round(100 - 100 * self.late / allowed)) if allowed else 100

    @property
    def is_missed(self) -> bool:
        return self.changes >= FEWEST and self.late * 100 > self.changes * LATE_PERCENT


def _in_words(delay: timedelta | None) -> str:
    if delay is None:
        return "–"
    if delay < timedelta(minutes=2):
        return gettext("%(number)s s") % {"number": delay.seconds}
    if delay < timedelta(hours=2):
        return gettext("%(number)s min") % {"number": floatformat(delay / timedelta(minutes=1), -1)}
    return gettext("%(number)s h") % {"number": floatformat(delay / timedelta(hours=1), -1)}


def month_of(moment: datetime) -> datetime:
    """When its month began (UTC)."""
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def freshness_of(accounts: Sequence[SalesAccount], since: datetime) -> list[Freshness]:
    """Of each account what arrived since then, in the order of the accounts."""
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    rows = ChangeDelay.objects.filter(account__in=accounts, hour__gte=since).values_list("account", "seconds")
    for key, seconds, changes in rows.annotate(Sum("changes")):
        counts[key][seconds] = changes
    schedules = {schedule.account_id: schedule for schedule in Schedule.objects.filter(account__in=accounts)}
    return [
        Freshness(account, promised_by(schedules.get(account.pk, Schedule())), counts[account.pk])
        for account in accounts
    ]


def share_within(since: datetime) -> Freshness:
    """What arrived since then in all copies together."""
    rows = ChangeDelay.objects.filter(hour__gte=since).values_list("seconds").annotate(Sum("changes"))
    return Freshness(SalesAccount(), FEWEST_MINUTES, dict(rows))


def promised_by(schedule: Schedule) -> int:
    """The minutes that hold: never fewer than the schedule lets anybody keep."""
    return max(schedule.promised_minutes or 0, least_promise(schedule))


def least_promise(schedule: Schedule) -> int:
    """The fewest minutes that can be promised."""
    return max(FEWEST_MINUTES, INTERVALS * schedule.every_minutes)


def hourly_p95(accounts: Sequence[SalesAccount], hours: Sequence[datetime]) -> list[float]:
    """Within how many minutes 95 of 100 changes arrived in each hour, over all these accounts; 0 without changes."""
    counts: dict[datetime, Counter[int]] = defaultdict(Counter)
    rows = ChangeDelay.objects.filter(account__in=accounts, hour__gte=hours[0]).values_list("hour", "seconds")
    for hour, seconds, changes in rows.annotate(Sum("changes")):
        counts[hour][seconds] = changes
    found = [Freshness(SalesAccount(), FEWEST_MINUTES, counts[hour]).p95 for hour in hours]
    return [delay / timedelta(minutes=1) if delay else 0.0 for delay in found]


def set_promise(*, account: SalesAccount, minutes: int, changed_by: User) -> None:
    """Promise that 95 of 100 changes are in the copy within so many minutes."""
    with transaction.atomic():
        Schedule.objects.update_or_create(account=account, defaults={"promised_minutes": minutes})
        record(account=account, actor=changed_by, action=FreshnessAction.PROMISE_CHANGED, minutes=minutes)


def watch_freshness() -> None:
    """Tell of promises that cannot be kept any more this month, and end those of the last one."""
    end_all_but(FRESHNESS_MISSED, _missed)


def _missed() -> set[tuple[int, str]]:
    accounts = SalesAccount.objects.filter(sync_cursors__isnull=False).distinct()
    missed = [one for one in freshness_of(list(accounts), month_of(timezone.now())) if one.is_missed]
    for one in missed:
        minutes = round((one.p95 or timedelta()) / timedelta(minutes=1))
        link = reverse("operations:freshness")
        begin(FRESHNESS_MISSED, account=one.account, link=link, promised=one.minutes, minutes=minutes, late=one.late)
    return {(one.account.pk, "") for one in missed}
