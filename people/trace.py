"""The rule about one person, step by step, each with the fact that it rests on."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from people.why import Found
from sync.eligibility import NOT_VISIBLE, Reason
from sync.words import RECORD_TYPES


class Step(models.TextChoices):
    """What is asked, in this order; the list only where one is chosen."""

    IN_MARKETO = "in_marketo", _("In Marketo")
    LINKED = "linked", _("Linked to a lead or contact")
    RECORD = "record", _("In Salesforce, not deleted")
    OWNED = "owned", _("The owner is a user")
    LISTED = "listed", _("On the chosen list")


SYSTEMS = {Step.RECORD: "Salesforce", Step.OWNED: "Salesforce"}


class Answer(models.TextChoices):
    """What came of it. Absence proves nothing: what is not shown cannot be told."""

    YES = "yes", _("yes")
    NO = "no", _("no")
    CANNOT_TELL = "cannot_tell", _("cannot be told")
    NOT_ASKED = "not_asked", _("not asked")


@dataclass(frozen=True)
class Line:
    """A step, its answer, and the fact it rests on."""

    step: Step
    answer: Answer
    fact: StrOrPromise

    @property
    def system(self) -> str:
        """Which of the two was asked."""
        return SYSTEMS.get(self.step, "Marketo")


Seen = tuple[Answer, StrOrPromise]
NOT_ASKED = _("Not asked: an earlier step has decided.")
GONE = {
    Reason.DELETED_IN_MARKETO: _("Marketo said that the person was deleted."),
    Reason.MERGED_IN_MARKETO: _("Marketo said that the person was merged into another one."),
}
GONE_AS_READ = {
    Reason.DELETED_IN_MARKETO: _("Deleted in Marketo, as run {run} read on {when}."),
    Reason.MERGED_IN_MARKETO: _("Merged into another person in Marketo, as run {run} read on {when}."),
}
NO_RECORD = {
    Reason.NOT_SHOWN_BY_SALESFORCE: _("Salesforce does not show the connected user {records}."),
    Reason.NOT_IN_NEW_ORG: _("The new Salesforce org does not have {records} yet."),
    Reason.NOT_IN_SALESFORCE: _("Salesforce does not have {records}; the connected user would see it."),
    Reason.DELETED_IN_SALESFORCE: _("Deleted in Salesforce, or converted into a record that is: {records}."),
}


def trace_of(found: Found) -> list[Line]:
    """Every step; after the first that does not say yes, those that were not asked. The list is asked of everybody."""
    lines: list[Line] = []
    for step, look in LOOKS.items():
        is_asked = all(line.answer == Answer.YES for line in lines)
        lines.append(Line(step, *(look(found) if is_asked else (Answer.NOT_ASKED, NOT_ASKED))))
    return [*lines, _listed(found)] if found.chosen_list else lines


def _in_marketo(found: Found) -> Seen:
    if found.decision:
        return Answer.YES, format_lazy(_("Marketo ID {id}"), id=found.marketo_id)
    if found.departure:
        when = date_format(localtime(found.departure.read_at), "DATETIME_FORMAT")
        return Answer.NO, format_lazy(GONE_AS_READ[found.departure.reason], run=found.departure.run_id, when=when)
    if found.reason in GONE:
        return Answer.NO, GONE[found.reason]
    return Answer.CANNOT_TELL, _("Marketo does not show the API user this person, nor says that they are gone.")


def _linked(found: Found) -> Seen:
    records = _records(found)
    return (Answer.YES, records) if records else (Answer.NO, _("Marketo names no lead or contact of this person."))


def _record(found: Found) -> Seen:
    assert found.decision  # noqa: S101 (asked of those in Marketo)
    if found.decision.record:
        kind = RECORD_TYPES[found.decision.record_type]
        return Answer.YES, format_lazy("{kind} {id}", kind=kind, id=found.decision.record["Id"])
    assert found.decision.reason  # noqa: S101 (whoever has no record is left out)
    fact = format_lazy(NO_RECORD[found.decision.reason], records=_records(found))
    return Answer.CANNOT_TELL if found.decision.reason in NOT_VISIBLE else Answer.NO, fact


def _owned(found: Found) -> Seen:
    assert found.decision  # noqa: S101 (asked of those with a record)
    owner = found.salesforce.get("owner_name") or found.salesforce.get("owner_id") or ""
    if found.decision.reason == Reason.QUEUE_OWNER:
        return Answer.NO, format_lazy(_("{owner} is a queue."), owner=owner)
    if found.decision.reason == Reason.NO_OWNER:
        return Answer.NO, format_lazy(_("{owner} is no user."), owner=owner) if owner else _("Nobody owns the record.")
    return Answer.YES, owner


def _listed(found: Found) -> Line:
    fact = _("{list}, in Marketo") if found.is_listed else _("Marketo does not have the person on {list}.")
    answer = Answer.YES if found.is_listed else Answer.NO
    return Line(Step.LISTED, answer, format_lazy(fact, list=found.chosen_list))


def _records(found: Found) -> StrOrPromise:
    """The records that Marketo or a converted lead names; empty for none."""
    lead = [format_lazy("{kind} {id}", kind=RECORD_TYPES["Lead"], id=found.lead_id)] if found.lead_id else []
    kind = RECORD_TYPES["Contact"]
    contact = [format_lazy("{kind} {id}", kind=kind, id=found.contact_id)] if found.contact_id else []
    return ", ".join(map(str, [*lead, *contact]))


LOOKS: dict[Step, Callable[[Found], Seen]] = {
    Step.IN_MARKETO: _in_marketo,
    Step.LINKED: _linked,
    Step.RECORD: _record,
    Step.OWNED: _owned,
}
