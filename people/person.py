"""What the page of one person shows: where they stand, their fields, and the words of their history."""

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from people.trace import Answer, Step, trace_of
from people.why import Found, Values
from sync.eligibility import Reason
from sync.engine.fields import SYNCED_FIELDS
from sync.models import Person
from sync.words import LABELS, OWNER

SHOWN = [*(field.column for field in SYNCED_FIELDS), OWNER]
HIDDEN = {
    Reason.NOT_SHOWN_BY_SALESFORCE: _("In the copy, but not shown by Salesforce since {when}"),
    Reason.NOT_SHOWN_BY_MARKETO: _("In the copy, but not shown by Marketo since {when}"),
    Reason.NOT_IN_NEW_ORG: _("In the copy, but not found in the new Salesforce org since {when}"),
}

# Why a system says nothing of a field, by what came of the step that asked it for the person.
SILENCES = {
    Answer.YES: _("not kept there"),
    Answer.NO: _("no such person"),
    Answer.CANNOT_TELL: _("not shown"),
    Answer.NOT_ASKED: _("not asked"),
}


@dataclass(frozen=True)
class Standing:
    """Whether somebody is in the copy: the colour of it, and a sentence."""

    colour: str
    sentence: StrOrPromise


@dataclass(frozen=True)
class Cell:
    """What a system says of a field now, or why it says nothing of it."""

    value: str
    is_different: bool
    silence: StrOrPromise = ""


@dataclass(frozen=True)
class Row:
    """A field: what the copy holds, and what both systems say; they are None before they are asked."""

    label: StrOrPromise
    copy: str
    marketo: Cell | None = None
    salesforce: Cell | None = None


def standing_of(copy: Person | None, *, is_erased: bool) -> Standing:
    """Where somebody stands; `copy` is None for whoever was never copied, or erased."""
    if copy is None:
        return Standing("quiet", _("Not in the copy: erased") if is_erased else _("Not in the copy: never copied"))
    if copy.removed_at:
        reason = Reason(copy.removed_reason).label
        return Standing("bad", format_lazy(_("Not in the copy: {reason}"), reason=reason))
    if copy.hidden_reason:
        since = date_format(localtime(copy.hidden_since), "DATE_FORMAT") if copy.hidden_since else ""
        return Standing("warn", format_lazy(HIDDEN[Reason(copy.hidden_reason)], when=since))
    return Standing("good", _("In the copy"))


def rows_of(copy: Person | None, found: Found | None) -> list[Row]:
    """The synced fields in the guide's order, then the owner."""
    values = {column: str(getattr(copy, column, None) or "") for column in SHOWN}
    if found is None:
        return [Row(LABELS[column], value) for column, value in values.items()]
    answers = {line.step: line.answer for line in trace_of(found)}
    marketo, salesforce = SILENCES[answers[Step.IN_MARKETO]], SILENCES[answers[Step.RECORD]]
    return [
        Row(
            LABELS[column],
            value,
            _cell(found.marketo, column, value, marketo),
            _cell(found.salesforce, column, value, salesforce),
        )
        for column, value in values.items()
    ]


def _cell(values: Values, column: str, copy: str, silence: StrOrPromise) -> Cell:
    if column not in values:
        return Cell("", is_different=False, silence=silence)
    value = values[column] or ""
    return Cell(value, is_different=value != copy)
