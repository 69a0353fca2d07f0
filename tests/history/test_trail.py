"""What became of a person, in words; and what is left of it when they are erased."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import SalesAccount
from common.paging import PAGE_SIZE
from history import erasure, trail
from history.models import Change, ChangeKind
from tests.factories import make_account

pytestmark = pytest.mark.django_db

WORDS = trail.Words({"title": "Title", "email": "Email"}, {"removed_reason": {"queue_owner": "Owned by a queue"}})


def make_change(account: SalesAccount, run: int, **fields: Any) -> Change:
    values: dict[str, Any] = {"marketo_id": 7, "kind": ChangeKind.UPDATED, "before": {}, "after": {}, **fields}
    at = values.pop("at", timezone.now())
    return Change.objects.create(account=account, run_id=run, at=at, content_before="hash", **values)


def test_fields_have_labels_and_values(account: SalesAccount) -> None:
    change = make_change(
        account, 1, before={"title": None, "email": "a@b.example"}, after={"title": "Chair", "email": ""}
    )
    entry = trail.entry_of(change, WORDS)
    assert [(str(one.label), one.before, one.after) for one in entry.differences] == [
        ("Title", "", "Chair"),
        ("Email", "a@b.example", ""),
    ]
    assert (str(entry.sentence), entry.run_id) == ("Changed in the copy", 1)


@pytest.mark.parametrize(
    ("kind", "after", "sentence"),
    [
        (ChangeKind.ADDED, {}, "Came into the copy"),
        (ChangeKind.REMOVED, {"removed_reason": "queue_owner"}, "Left the copy: Owned by a queue"),
        (ChangeKind.REMOVED, {"removed_reason": "of_an_older_version"}, "Left the copy: of_an_older_version"),
        (ChangeKind.RETURNED, {"removed_reason": ""}, "Came back into the copy"),
        (ChangeKind.ERASED, {}, "Erased: the details were deleted"),
    ],
)
def test_each_kind_has_a_sentence(
    account: SalesAccount, kind: ChangeKind, after: dict[str, str], sentence: str
) -> None:
    entry = trail.entry_of(make_change(account, 1, kind=kind, after=after), WORDS)
    assert str(entry.sentence) == sentence
    assert entry.differences == []


def runs_of(page: Any) -> list[int]:
    return [change.run_id for change in page.rows]


def test_pages_go_by_time_also_where_an_old_run_went_on_late(account: SalesAccount) -> None:
    """A held run has a lower number than those that ended while it waited."""
    begin = timezone.now() - timedelta(days=1)
    numbers = [*range(2, PAGE_SIZE + 3), 1]
    for place, run in enumerate(numbers):
        make_change(account, run, at=begin + timedelta(microseconds=place))
    first = trail.page_of(account, 7, {})
    assert runs_of(first) == numbers[::-1][:PAGE_SIZE]
    older = trail.page_of(account, 7, {"before": str(first.older)})
    assert runs_of(older) == [3, 2]
    assert runs_of(trail.page_of(account, 7, {"after": str(older.newer)})) == runs_of(first)


def test_nobody_elses_changes_are_among_them(account: SalesAccount) -> None:
    make_change(account, 1, marketo_id=8)
    make_change(make_account("Umbrella Ltd"), 1)
    assert trail.page_of(account, 7, {}).rows == []


def test_whoever_is_erased_leaves_empty_rows(account: SalesAccount) -> None:
    now: datetime = timezone.now()
    make_change(account, 1, before={"email": "old@b.example"}, after={"email": "new@b.example"}, at=now)
    make_change(account, 2, kind=ChangeKind.REMOVED, after={"removed_reason": "queue_owner"})
    other, theirs = make_change(account, 1, marketo_id=8), make_change(make_account("Umbrella Ltd"), 1)
    assert erasure.addresses_of(account, 7) == {"old@b.example", "new@b.example"}
    assert erasure.forget(account, 7) == 2
    assert erasure.forget(account, 7) == 0
    rows = Change.objects.for_account(account).of_person(7).values_list("kind", "before", "after", "content_before")
    assert list(rows) == [(ChangeKind.ERASED, {}, {}, "")] * 2
    for untouched in (other, theirs):
        untouched.refresh_from_db()
        assert (untouched.kind, untouched.content_before) == (ChangeKind.UPDATED, "hash")
