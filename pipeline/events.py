"""What happens in this room that somebody must be told of; the key is from before this room."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import UNKNOWN, Details, Event, Message, declare, filled
from common.percent import percent
from pipeline.allowances import AllowanceKind


def _allowance(details: Details) -> Message:
    kind, used = AllowanceKind(details["allowance"]).label, percent(details.get("percent", UNKNOWN))
    return Message(
        filled(gettext("{kind}: {used} of the day's allowance is used."), {"kind": kind, "used": used}),
        gettext("Find out which other tool uses it up, or ask for more of it. At 100% the data sync waits."),
        gettext("An admin of that system in your company"),
    )


ALLOWANCE_LOW = declare(
    Event(
        "sync.allowance_low",
        label=_("A daily allowance is nearly used up"),
        describe=_allowance,
        permission=Permission.CONTROL_RUNS,
        example={"percent": 83, "allowance": AllowanceKind.MARKETO_CALLS.value},
        ends=_("when the allowance starts again"),
        over=_("The day's allowance has started again."),
    )
)
