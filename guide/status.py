"""What the finished Setup guide shows: how fresh the copy is, and how much changes in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.audit import sentence_of
from accounts.models import AuditEvent, SalesAccount
from common.hours import hour_of, last_hours
from operations.backlog import backlog_of
from salesforce_package.audit_actions import PackageAction
from sync.models import SyncRun
from sync.schedule import how_changes_arrive
from sync.statuses import RunStatus

HOURS = 24
EVENTS_SHOWN = 4
# More than the checklist has items.
EVENTS_READ = 50


@dataclass(frozen=True)
class Status:
    """The figures of an account whose set-up is done; `by_hour` are labels with numbers, the oldest first."""

    people: int
    read_at: datetime | None
    by_hour: Sequence[tuple[str, int]]
    # How changes arrive.
    rhythm: str

    @property
    def changes(self) -> int:
        return sum(number for _hour, number in self.by_hour)

    @property
    def sentence(self) -> str:
        """The chart for those who do not see it."""
        most = max((number for _hour, number in self.by_hour), default=0)
        return _("Changes in 24 hours: %(all)s, at most %(most)s in one hour.") % {
            "all": intcomma(self.changes),
            "most": intcomma(most),
        }


def status_of(account: SalesAccount, people: int) -> Status:
    """The figures now; `people` is how many the last sync left in the copy."""
    backlog = backlog_of(account)
    read_at = backlog.read_at if backlog else None
    return Status(people, read_at, _by_hour(account), how_changes_arrive(account))


def _by_hour(account: SalesAccount) -> list[tuple[str, int]]:
    hours = last_hours(HOURS)
    done = SyncRun.objects.for_account(account).filter(status=RunStatus.SUCCEEDED, finished_at__gte=hours[0])
    changed = Sum(F("added") + F("updated") + F("removed"))
    found = done.annotate(hour=hour_of("finished_at")).order_by().values_list("hour").annotate(changed=changed)
    numbers = dict(found)
    return [(date_format(timezone.localtime(hour), "TIME_FORMAT"), numbers.get(hour, 0)) for hour in hours]


def latest_events(account: SalesAccount) -> list[tuple[AuditEvent, str]]:
    """The last things that people did in the account, with their sentences; one for ticks after one another."""
    events = AuditEvent.objects.for_account(account).select_related("actor").order_by("-pk")[:EVENTS_READ]
    groups = [list(group) for _what, group in groupby(events, _what_is_one)]
    return [(group[0], _told_as_one(group)) for group in groups[:EVENTS_SHOWN]]


def _what_is_one(event: AuditEvent) -> tuple[str, int | None]:
    is_tick = event.action == PackageAction.ITEM_TICKED
    return (event.action, event.actor_id) if is_tick else (event.action, event.pk)


def _told_as_one(events: Sequence[AuditEvent]) -> str:
    if len(events) == 1:
        return sentence_of(events[0])
    return _("Ticked %(count)s items of the Salesforce package") % {"count": len(events)}
