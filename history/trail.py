"""What became of one person in the copy, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.models import SalesAccount
from common.paging import KeysetPage, keyset_page
from history.models import Change, ChangeKind

# The column that says why somebody is not in the copy: part of the sentence, no field.
REASON = "removed_reason"
SENTENCES = {
    ChangeKind.ADDED: _("Came into the copy"),
    ChangeKind.UPDATED: _("Changed in the copy"),
    ChangeKind.REMOVED: _("Left the copy: {reason}"),
    ChangeKind.RETURNED: _("Came back into the copy"),
    ChangeKind.ERASED: _("Erased: the details were deleted"),
}


Values = Mapping[str, str | None]


@dataclass(frozen=True)
class Words:
    """The labels of columns, and of those whose values are codes, the labels of the values."""

    columns: Mapping[str, StrOrPromise]
    values: Mapping[str, Mapping[str, StrOrPromise]]

    def value(self, column: str, value: str | None) -> StrOrPromise:
        return self.values.get(column, {}).get(value or "", value or "")


@dataclass(frozen=True)
class Difference:
    """A field that differs; an empty text for no value."""

    label: StrOrPromise
    before: StrOrPromise
    after: StrOrPromise


@dataclass(frozen=True)
class Entry:
    """One change in words."""

    kind: str
    sentence: StrOrPromise
    at: datetime
    run_id: int
    differences: list[Difference]


def page_of(account: SalesAccount, marketo_id: int, params: Mapping[str, str]) -> KeysetPage:
    """A person's changes, newest first, by the page that `before` or `after` asks for."""
    return keyset_page(Change.objects.for_account(account).of_person(marketo_id).with_moment(), "moment", params)


def entry_of(change: Change, words: Words) -> Entry:
    """The change in words."""
    differences = differences_of(change.before, change.after, words)
    return Entry(change.kind, _sentence(change, words), change.at, change.run_id, differences)


def differences_of(before: Values, after: Values, words: Words) -> list[Difference]:
    """The fields that differ, in the order of `words`."""
    names = [name for name in words.columns if name != REASON and name in {*before, *after}]
    return [
        Difference(words.columns[name], words.value(name, before.get(name)), words.value(name, after.get(name)))
        for name in names
    ]


def _sentence(change: Change, words: Words) -> StrOrPromise:
    reason = words.value(REASON, change.after.get(REASON))
    return format_lazy(SENTENCES[ChangeKind(change.kind)], reason=reason)
