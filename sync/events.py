"""
What happens in this room that somebody must be told of. The sentences stand in sync.messages, which knows the engine;
the engine records events, so that they are asked for when they are told.
"""

from datetime import datetime
from enum import StrEnum

from django.template.defaultfilters import date
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from common.durations import duration
from common.events import Details, Event, Message, declare, filled
from problems.problem import MARKETO_ADMIN, NOBODY, SALESFORCE_ADMIN, WATCHERS
from sync.models import RunKind, SyncRun
from sync.words import LABELS

_ADMIN = _("An Admin of the Sales account")
# What a provider answered may name people; the page of the run shows it.
ANSWER = "detail"


# Of a field that is gone: another one is read instead.
REPLACED = "replaced"


class Decision(StrEnum):
    """What became of a run that was held."""

    APPROVED = "approved"
    DISCARDED = "discarded"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


def _failed(details: Details) -> Message:
    from sync.messages import failure_of

    params = {ANSWER: gettext("see the page of the run"), **details["params"]}
    problem = failure_of(SyncRun(failure=details["failure"], failure_params=params))
    kind = RunKind(details["kind"]).label
    what = filled(gettext("{kind}: run {run} failed."), {"kind": kind, "run": details["run"]})
    return Message(f"{what} {problem.what}", str(problem.todo), str(problem.who))


def _held(details: Details) -> Message:
    from sync.messages import reason_label

    what = filled(
        gettext("Run {run} would change {people} people at once. It is held, and nothing has changed."), details
    )
    reasons = [
        filled(gettext("{reason}: {number}"), {"reason": str(reason_label(code)), "number": number})
        for code, number in details["removed"].items()
    ]
    return Message(
        f"{what} {' · '.join(reasons)}".strip(),
        gettext("Look at the reasons, then approve or discard the run. It is discarded after 72 hours."),
        str(_ADMIN),
    )


def _waits(details: Details) -> Message:
    from sync.messages import mended_by, wait_reason

    until = date(localtime(datetime.fromisoformat(details["until"])), "DATETIME_FORMAT")
    what = filled(gettext("Run {run} has waited for more than {minutes} minutes."), details)
    todo = filled(
        gettext("It continues automatically: {until}. Press Try now if the reason is gone before."), {"until": until}
    )
    mend = mended_by(details["reason"])
    who = mend.who if mend else NOBODY
    return Message(f"{what} {wait_reason(details['reason'])}", f"{mend.todo} {todo}" if mend else todo, str(who))


def _copy_old(details: Details) -> Message:
    return Message(
        filled(gettext("The copy is at least {late} behind."), {"late": duration(60 * details["minutes"])}),
        gettext("Open the last runs: they show what holds them up. You can also start a sync by hand."),
        str(WATCHERS),
    )


def _fields_gone(details: Details) -> Message:
    fields = ", ".join(str(LABELS.get(name, name)) for name in details["fields"])
    return Message(
        filled(
            gettext(
                "Marketo no longer shows these fields: {fields}. Incremental syncs leave them as they were, a full "
                "sync leaves them empty."
            ),
            {"fields": fields},
        ),
        gettext(
            "Show the fields to the API user in Marketo again, then start a full sync: until then they are not read."
        ),
        str(MARKETO_ADMIN),
    )


def _roles_gone(_details: Details) -> Message:
    return Message(
        gettext(
            "Salesforce did not show opportunity contact roles to the connected user. Until a full sync has read them, "
            "each Salesforce opportunity ID stays as it was, empty for new people."
        ),
        gettext(
            "Give the connected user read access to Opportunity and Contact under Setup > Profiles, Object Settings, "
            "then start a full sync."
        ),
        str(SALESFORCE_ADMIN),
    )


def _done(details: Details) -> Message:
    what = gettext("The full sync {run} succeeded: {people} people are in the copy, and all match the source.")
    if removed := details.get("removed", 0):
        left = ngettext("{removed} person was removed.", "{removed} people were removed.", removed)
        what = f"{what} {left}"
    return Message(filled(what, details), gettext("Nothing has to be done."), "")


RUN_FAILED = declare(
    Event(
        "sync.run_failed",
        label=_("A data sync fails"),
        describe=_failed,
        permission=Permission.CONTROL_RUNS,
        example={"run": "218", "kind": RunKind.FULL.value, "failure": "nobody_read", "params": {"service": "Marketo"}},
        ends=_("when a later one succeeds"),
        over=_("The data sync succeeds again."),
        is_urgent=True,
    )
)
RUN_HELD = declare(
    Event(
        "sync.run_held",
        label=_("A data sync is held for a decision"),
        describe=_held,
        permission=Permission.DECIDE_RUNS,
        example={"run": "218", "people": 1204, "removed": {"queue_owner": 1102, "not_in_salesforce": 102}},
        ends=_("when it is approved or discarded, at the latest after 72 hours"),
        over=_("The data sync is no longer held."),
        over_by={
            Decision.APPROVED: _("Run {run} was approved and goes on."),
            Decision.DISCARDED: _("Run {run} was discarded. Nothing has changed."),
            Decision.EXPIRED: _("Nobody decided about run {run} in time: it was discarded. Nothing has changed."),
            Decision.SUPERSEDED: _("A full sync has read everybody since: run {run} waits for no decision any more."),
        },
        is_urgent=True,
    )
)
RUN_WAITS = declare(
    Event(
        "sync.run_waits",
        label=_("A data sync waits a long time"),
        describe=_waits,
        permission=Permission.CONTROL_RUNS,
        example={"run": "218", "minutes": 30, "reason": "marketo_quota", "until": "2026-11-29T06:03:00+00:00"},
        ends=_("when it goes on or ends"),
        over=_("The data sync no longer waits."),
    )
)
COPY_OLD = declare(
    Event(
        "sync.copy_old",
        label=_("The copy is out of date"),
        describe=_copy_old,
        permission=Permission.CONTROL_RUNS,
        example={"minutes": 35},
        ends=_("when the copy is up to date, or automatic runs are off"),
        over=_("The copy is up to date again, or automatic runs are off."),
    )
)
FIELDS_GONE = declare(
    Event(
        "sync.fields_gone",
        label=_("Fields are gone from Marketo"),
        describe=_fields_gone,
        permission=Permission.CONTROL_RUNS,
        example={"fields": ["title", "phone"]},
        ends=_("when a full sync reads them again"),
        over=_("The fields are read again."),
        over_by={
            REPLACED: _(
                "The fields are read again, but for the LinkedIn URL: another field is copied in its place until it is "
                "shown again."
            )
        },
    )
)
ROLES_GONE = declare(
    Event(
        "sync.roles_gone",
        label=_("Opportunity contact roles are gone from Salesforce"),
        describe=_roles_gone,
        permission=Permission.CONTROL_RUNS,
        example={"fields": ["salesforce_opportunity_id"]},
        ends=_("when a full sync reads them again"),
        over=_("Opportunity contact roles are read again."),
    )
)
FULL_SYNC_DONE = declare(
    Event(
        "sync.full_sync_done",
        label=_("A full sync succeeds"),
        describe=_done,
        permission=Permission.CONTROL_RUNS,
        example={"run": "218", "people": 7700, "removed": 12},
        is_default=False,
    )
)
