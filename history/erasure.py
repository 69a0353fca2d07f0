"""Forgetting a person in the journal."""

from collections.abc import Collection

from accounts.models import SalesAccount
from history.models import Change, ChangeKind
from history.querysets import ChangeQuerySet


def addresses_of(account: SalesAccount, marketo_id: int) -> set[str]:
    """Every email address that the journal holds of a person."""
    rows = Change.objects.for_account(account).of_person(marketo_id).values_list("before__email", "after__email")
    return {address for row in rows for address in row if address}


def forget(account: SalesAccount, marketo_id: int) -> int:
    """
    Empty what the journal holds of a person; answers how many entries.

    The rows stay, so that a run can still be taken back, and says whom it could not put back.
    """
    return _empty(Change.objects.for_account(account).of_person(marketo_id))


def forget_people(account: SalesAccount, marketo_ids: Collection[int]) -> int:
    """The same for many people at once."""
    return _empty(Change.objects.for_account(account).filter(marketo_id__in=marketo_ids))


def _empty(entries: ChangeQuerySet) -> int:
    entries = entries.exclude(kind=ChangeKind.ERASED)
    return entries.update(kind=ChangeKind.ERASED, before={}, after={}, content_before="")
