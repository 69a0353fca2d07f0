"""What the page of one person shows: where they stand, their fields, and the words of their history."""

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

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


@dataclass(frozen=True)
class Standing:
    """Whether somebody is in the copy: the colour of it, and a sentence."""

    colour: str
    sentence: StrOrPromise


@dataclass(frozen=True)
class Cell:
    """What a system says of a field now; `is_known` is false where it does not keep it."""

    value: str
    is_known: bool
    is_different: bool


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
    return [_row(column, str(getattr(copy, column, None) or ""), found) for column in SHOWN]


def _row(column: str, value: str, found: Found | None) -> Row:
    if found is None:
        return Row(LABELS[column], value)
    return Row(LABELS[column], value, _cell(found.marketo, column, value), _cell(found.salesforce, column, value))


def _cell(values: Values, column: str, copy: str) -> Cell:
    value = values.get(column) or ""
    return Cell(value, is_known=column in values, is_different=column in values and value != copy)
