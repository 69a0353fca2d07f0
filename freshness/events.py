"""What happens in this room that somebody must be told of; the key is from before this room."""

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Event, declare, sentences
from problems.problem import WATCHERS

FRESHNESS_MISSED = declare(
    Event(
        "sync.freshness_missed",
        label=_("The promise of freshness is not kept"),
        describe=sentences(
            what=_("95 of 100 changes of this month were to arrive within {promised} minutes; it took {minutes}."),
            todo=_("Check the runs that waited or failed this month, or promise what the allowances can keep."),
            who=WATCHERS,
        ),
        permission=Permission.CONTROL_RUNS,
        example={"promised": 10, "minutes": 34, "late": 212},
        ends=_("when it is kept again, at the latest with the next month"),
        over=_("The promise of freshness is kept again."),
    )
)
