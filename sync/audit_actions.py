"""What people do in this room, as the audit trail keeps and tells it."""

import re

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.audit import reads, register

# As a run is called in English (sync.models.SyncRun).
RUN = re.compile(r"(?P<kind>.+), run (?P<number>\d+)")


@register
class SyncAction(models.TextChoices):
    """The gaps are filled with an entry's target and details."""

    APPROVED = "sync.approved", _("Approved the held data sync %(target)s")
    CANCELLED = "sync.cancelled", _("Cancelled the data sync %(target)s")
    CHECKED_AGAIN = "sync.checked_again", _("Let the held data sync %(target)s read the people concerned again")
    DISCARDED = "sync.discarded", _("Discarded the data sync %(target)s")
    EXPIRED = "sync.expired", _("Nobody decided about the data sync %(target)s in time: it was discarded")
    LIMIT_CHANGED = "sync.limit_changed", _("Let runs remove up to %(people)s people or %(percent)s%% without asking")
    PERSON_ERASED = "sync.person_erased", _("Erased the person %(target)s of Marketo from the copy and its history")
    PERSON_VIEWED = "sync.person_viewed", _("Looked at the person %(target)s of Marketo")
    PAUSED = "sync.paused", _("Paused the data sync %(target)s")
    PEOPLE_OF_RUN_EXPORTED = "sync.people_of_run_exported", _("Downloaded people of a data sync (%(target)s)")
    REJECTED_ROWS_EXPORTED = (
        "sync.rejected_rows_exported",
        _("Downloaded rejected rows of a data sync (%(target)s)"),
    )
    RESUMED = "sync.resumed", _("Resumed the data sync %(target)s")
    RUN_PEOPLE_VIEWED = "sync.run_people_viewed", _("Looked at the people of the data sync %(target)s")
    SCHEDULE_CHANGED = (
        "sync.schedule_changed",
        _("Scheduled the data sync: changes every %(minutes)s minutes, full runs %(hours)s (%(zone)s)"),
    )
    STARTED = "sync.started", _("Started the data sync %(target)s")
    TRIED_NOW = "sync.tried_now", _("Let the waiting data sync %(target)s try at once")
    UNDONE = "sync.undone", _("Undid the data sync %(target)s")
    STARTED_DRY_RUN = "sync.started_dry_run", _("Started a dry run of the data sync, %(target)s")


def _run(name: str) -> str:
    found = RUN.fullmatch(name)
    return (
        gettext("%(kind)s, run %(number)s") % {**found.groupdict(), "kind": gettext(found["kind"])} if found else name
    )


reads(*SyncAction, target=_run)
