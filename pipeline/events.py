"""What happens in this room that somebody must be told of; the key is from before this room."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Details, Event, Message, declare, filled
from pipeline.allowances import AllowanceKind


def _allowance(details: Details) -> Message:
    kind = AllowanceKind(details["allowance"]).label
    return Message(
        # xgettext:no-python-format
        filled(gettext("{kind}: {percent}% of the day's allowance is used."), {**details, "kind": kind}),
        gettext("Find out which other tool uses it up, or ask for more of it. At 100% the data sync waits."),
        gettext("An admin of that system in your company"),
    )


ALLOWANCE_LOW = declare(
    Event(
        "sync.allowance_low",
        # xgettext:no-python-format
        label=_("80% of a daily allowance is used"),
        describe=_allowance,
        permission=Permission.CONTROL_RUNS,
        example={"percent": 83, "allowance": AllowanceKind.MARKETO_CALLS.value},
        ends=_("when the allowance starts again"),
        over=_("The day's allowance has started again."),
    )
)
