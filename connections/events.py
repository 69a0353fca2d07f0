"""What happens in this room that somebody must be told of."""

from enum import StrEnum

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.events import Details, Event, Message, declare, filled
from connections.models import Service
from problems.codes import ProblemCode
from problems.messages import problem_for


class Ending(StrEnum):
    """How a connection that had stopped working came to its end."""

    WORKS = "works"
    DISCONNECTED = "disconnected"


def _broken(details: Details) -> Message:
    problem, service = problem_for(details["problem"]).told_to_others(), Service(details["service"]).label
    what = filled(gettext("The connection to {service} has stopped working."), {"service": service})
    return Message(f"{what} {problem.what}", str(problem.todo), str(problem.who))


def _idle(details: Details) -> Message:
    what = ngettext(
        "The connection to Salesforce ends in {days} day, because it could not be renewed.",
        "The connection to Salesforce ends in {days} days, because it could not be renewed.",
        details["days"],
    )
    return Message(
        filled(what, details),
        gettext("Press Connect on Settings > Admin Settings > Salesforce. Nothing is interrupted by it."),
        gettext("A Salesforce admin of your company, or an Admin of the Sales account"),
    )


SALESFORCE_BROKEN = declare(
    Event(
        "connections.salesforce_broken",
        label=_("The connection to Salesforce needs reconnecting"),
        describe=_broken,
        permission=Permission.CONNECT_SALESFORCE,
        example={"service": Service.SALESFORCE.value, "problem": ProblemCode.SALESFORCE_CREDENTIALS.value},
        ends=_("when it is connected again, or disconnected"),
        over=_("The connection to Salesforce works again, or was disconnected."),
        over_by={
            Ending.WORKS: _("The connection to Salesforce works again."),
            Ending.DISCONNECTED: _("Salesforce was disconnected."),
        },
        is_urgent=True,
    )
)
MARKETO_BROKEN = declare(
    Event(
        "connections.marketo_broken",
        label=_("The connection to Marketo needs reconnecting"),
        describe=_broken,
        permission=Permission.CONNECT_MARKETO,
        example={"service": Service.MARKETO.value, "problem": ProblemCode.MARKETO_CREDENTIALS.value},
        ends=_("when it is connected again, or disconnected"),
        over=_("The connection to Marketo works again, or was disconnected."),
        over_by={
            Ending.WORKS: _("The connection to Marketo works again."),
            Ending.DISCONNECTED: _("Marketo was disconnected."),
        },
        is_urgent=True,
    )
)
IDLING_OUT = declare(
    Event(
        "connections.salesforce_idling_out",
        label=_("The connection to Salesforce is about to expire"),
        describe=_idle,
        permission=Permission.CONNECT_SALESFORCE,
        example={"days": 5},
        ends=_("when it is renewed or connected again"),
        over=_("The connection to Salesforce has been renewed."),
    )
)
BROKEN = {Service.SALESFORCE.value: SALESFORCE_BROKEN, Service.MARKETO.value: MARKETO_BROKEN}
