"""Marketo, Salesforce and the copy side by side, every difference in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format, localize
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from people.reconciliation import Counts
from sync.eligibility import Reason
from sync.models import SyncRun

# Why those who are left out by a reason are counted differently in the three places.
DIFFERENCES = {
    Reason.NOT_IN_SALESFORCE: gettext_lazy(
        "Marketo does not link them to a lead or contact. They arrive when Marketo syncs them to Salesforce."
    ),
    Reason.QUEUE_OWNER: gettext_lazy("They arrive when a user takes the lead over in Salesforce."),
    Reason.NO_OWNER: gettext_lazy("They arrive when a user owns the lead in Salesforce."),
    Reason.DELETED_IN_SALESFORCE: gettext_lazy("Salesforce's counts leave deleted records out."),
    Reason.DELETED_IN_MARKETO: gettext_lazy("Nobody can read them any more; the copy keeps when they left."),
    Reason.REPEATED: gettext_lazy("Marketo sent their row more than once; the last one counts."),
}


@dataclass(frozen=True)
class Line:
    """
    One reason, and how many it concerns: people of Marketo, records of Salesforce, people in the copy, people who left
    the copy for it; None where a place cannot tell. `why` explains the difference; `examples` are ids.
    """

    label: Promise | str
    marketo: int | None
    salesforce: int | None
    copy: int | None
    gone: int
    why: Promise | str
    examples: Sequence[str] = ()


def lines_of(counts: Counts, run: SyncRun) -> list[Line]:
    """Every reason that concerns anybody; `run` is the full run that the counts name."""
    return [_belonging(counts, run), *_left_out(counts, run), *_unread(run), _converted(counts)]


def _belonging(counts: Counts, run: SyncRun) -> Line:
    records = counts.salesforce["leads"] + counts.salesforce["contacts"]
    between = _between_systems(records - run.synced) if run.list_id is None else _of_list(run)
    why = f"{between} {_since(counts, run)}"
    return Line(_("In both systems, with a sales owner"), run.synced, records, counts.live, 0, why)


def _between_systems(surplus: int) -> str:
    if surplus > 0:
        return ngettext(
            "%(number)s record in Salesforce has no person of its own in Marketo as last read.",
            "%(number)s records in Salesforce have no person of their own in Marketo as last read.",
            surplus,
        ) % {"number": localize(surplus)}
    if surplus < 0:
        return ngettext(
            "%(number)s person in Marketo has no record of its own: two people may share one, or it was deleted since.",
            "%(number)s people in Marketo have no record of their own: several people may share one, "
            "or they were deleted since.",
            -surplus,
        ) % {"number": localize(-surplus)}
    return _("Every record in Salesforce has its person in Marketo.")


def _of_list(run: SyncRun) -> str:
    return _("Only members of the list %(name)s were read.") % {"name": run.list_name}


def _since(counts: Counts, run: SyncRun) -> str:
    arrived = counts.live - run.people + counts.left
    assert run.finished_at  # noqa: S101 (the run has succeeded)
    when = date_format(localtime(run.finished_at), "DATETIME_FORMAT")
    return _("Since the full sync of %(when)s, %(arrived)s arrived in the copy and %(left)s left it.") % {
        "when": when,
        "arrived": localize(arrived),
        "left": localize(counts.left),
    }


def _left_out(counts: Counts, run: SyncRun) -> Iterator[Line]:
    for reason in Reason:
        marketo, salesforce, gone = run.skipped.get(reason), counts.salesforce.get(reason), counts.gone.get(reason, 0)
        if marketo or salesforce or gone:
            why, examples = DIFFERENCES.get(reason, ""), counts.examples.get(reason, ())
            yield Line(reason.label, marketo, salesforce, None, gone, why, examples)


def _unread(run: SyncRun) -> Iterator[Line]:
    if run.rejected:
        why = _("Their rows broke the rules of the file; the page of the run names each. They stay as they were.")
        yield Line(_("Rows that cannot be read"), run.rejected, None, None, 0, why)


def _converted(counts: Counts) -> Line:
    why = _("A converted lead counts as its contact.")
    number, examples = counts.salesforce["converted"], counts.examples["converted"]
    return Line(_("Converted leads"), None, number, None, 0, why, examples)
