"""Fields that runs of changes are not shown: some people would have new values and some old ones."""

from accounts.models import Occurrence, SalesAccount
from sync.engine.telling import tell_of_success
from sync.engine.unread import leave_unread
from sync.events import FIELDS_GONE
from sync.models import RunKind, SyncRun
from sync.statuses import RunStatus
from tests.factories import make_run

ALL = ["id", "title", "phone"]


def followed(account: SalesAccount, *fields: str) -> SyncRun:
    run = make_run(account, kind=RunKind.INCREMENTAL, fields=["id", *fields])
    leave_unread(run)
    return run


def told(account: SalesAccount) -> list[list[str]]:
    gone = Occurrence.objects.for_account(account).going_on().filter(event=FIELDS_GONE.key).order_by("pk")
    return [occurrence.details["fields"] for occurrence in gone]


def test_what_one_run_is_not_shown_none_reads_until_everybody_is_read(account: SalesAccount) -> None:
    full = make_run(account, fields=ALL)
    followed(account, "title", "phone")
    assert told(account) == []
    followed(account, "title")
    followed(account, "title")
    full.refresh_from_db()
    assert (full.fields, told(account)) == (["id", "title"], [["phone"]])
    again = make_run(account, fields=ALL)
    tell_of_success(again, people=1)
    leave_unread(again)
    assert (SyncRun.objects.get(pk=again.pk).fields, told(account)) == (ALL, [])


def test_a_full_run_that_was_held_while_changes_were_followed_has_not_read_it_for_them(account: SalesAccount) -> None:
    make_run(account, fields=ALL)
    held = make_run(account, RunStatus.HELD, fields=ALL)
    followed(account, "phone")
    leave_unread(held)
    tell_of_success(held, people=1)
    assert SyncRun.objects.get(pk=held.pk).fields == ["id", "phone"]
    assert told(account) == [["title"]]
