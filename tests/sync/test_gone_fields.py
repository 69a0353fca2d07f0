"""Fields that runs of changes are not shown: some people would have new values and some old ones."""

import pytest

from accounts.models import Occurrence, SalesAccount, User
from marketo_instances.schema import forget_schema
from pipeline.engine.client_factory import marketo_of
from sandbox.testing import SandboxProcess
from sync.decisions import start_previewed_run
from sync.engine.fields import OPPORTUNITY
from sync.engine.gone_fields import EVENTS, followed_names, note_gone_fields, tell_of_fields, unread_columns
from sync.models import Person, RunKind, Source, SyncRun
from sync.services import start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.factories import make_extract, make_run
from tests.sync.conftest import Change, Sync
from tests.sync.driving import finish
from tests.sync.incremental_runs import ids, sync_changes

ALL = ["id", "title", "phone"]


def followed(account: SalesAccount, *fields: str) -> SyncRun:
    run = make_run(account, kind=RunKind.INCREMENTAL, fields=["id", *fields])
    note_gone_fields(run)
    return run


def told(account: SalesAccount) -> list[list[str]]:
    gone = Occurrence.objects.for_account(account).going_on().filter(event__in=EVENTS).order_by("pk")
    return [occurrence.details["fields"] for occurrence in gone]


def names_after(full: SyncRun) -> list[str]:
    return followed_names(full, unread_columns(full))


def without_roles(run: SyncRun) -> SyncRun:
    make_extract(run, Source.SALESFORCE_ROLES, status=ExtractStatus.FAILED)
    return run


def test_what_one_run_is_not_shown_none_follows_until_everybody_is_read(account: SalesAccount) -> None:
    full = make_run(account, fields=ALL)
    followed(account, "title", "phone")
    assert told(account) == []
    for _run in range(2):
        followed(account, "title")
    full.refresh_from_db()
    assert (full.gone_fields, names_after(full)) == (["phone"], ["id", "title"])
    assert told(account) == [["phone"]]
    followed(account, "phone")
    full.refresh_from_db()
    assert names_after(full) == ["id"]
    assert told(account) == [["phone"], ["title"]]
    again = make_run(account, fields=ALL)
    note_gone_fields(again)
    tell_of_fields(again)
    assert (names_after(again), told(account)) == (ALL, [])


def test_a_full_run_that_lacks_what_is_told_already_does_not_tell_of_it_again(account: SalesAccount) -> None:
    make_run(account, fields=ALL)
    followed(account, "title")
    tell_of_fields(make_run(account, fields=["id", "title"]))
    assert told(account) == [["phone"]]


def test_a_full_run_that_waits_meanwhile_has_not_read_it_for_those_whom_it_leaves_alone(account: SalesAccount) -> None:
    make_run(account, fields=["id", "title"])
    waiting = make_run(account, RunStatus.HELD, fields=ALL)
    followed(account)
    waiting.refresh_from_db()
    assert waiting.gone_fields == ["phone", "title"], "the one that it reads for the first time, too"
    SyncRun.objects.filter(pk=waiting.pk).update(status=RunStatus.SUCCEEDED)
    tell_of_fields(waiting)
    assert told(account) == [["title"], ["phone"]]


def test_contact_roles_are_a_field_of_salesforce(account: SalesAccount) -> None:
    full = make_run(account, fields=ALL)
    note_gone_fields(without_roles(make_run(account, kind=RunKind.INCREMENTAL, fields=ALL)))
    full.refresh_from_db()
    assert full.gone_fields == [OPPORTUNITY]
    assert told(account) == [[OPPORTUNITY]]
    tell_of_fields(without_roles(make_run(account, fields=ALL)))
    assert told(account) == [[OPPORTUNITY]]
    tell_of_fields(make_run(account, fields=ALL))
    assert told(account) == []


def test_roles_that_were_never_shown_are_told_by_no_run(account: SalesAccount) -> None:
    tell_of_fields(without_roles(make_run(account, fields=ALL)))
    note_gone_fields(without_roles(make_run(account, kind=RunKind.INCREMENTAL, fields=ALL)))
    assert told(account) == []


@pytest.mark.django_db(transaction=True)
def test_a_field_that_comes_back_is_old_in_everybody_until_a_full_run(
    synced: SalesAccount, sync: Sync, change: Change, sandbox: SandboxProcess
) -> None:
    first, second = ids(synced, "Lead", 2)
    before = phones(synced, first, second)
    hide(synced, sandbox, "phone")
    change("change", first, fields={"phone": "+46 1", "title": "Chair"})
    sync_changes(synced)
    hide(synced, sandbox, "")
    change("change", second, fields={"phone": "+46 2"})
    sync_changes(synced)
    assert phones(synced, first, second) == before
    assert told(synced) == [["phone"]]
    sync()
    assert phones(synced, first, second) == ["+46 1", "+46 2"]
    assert told(synced) == []


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_that_is_started_later_does_not_end_what_is_told(
    synced: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    waiting = finish(start_sync(account=synced, started_by=admin, is_dry_run=True))
    hide(synced, sandbox, "phone")
    sync_changes(synced)
    hide(synced, sandbox, "")
    start_previewed_run(run=waiting, started_by=admin)
    assert finish(waiting).status == RunStatus.SUCCEEDED
    assert told(synced) == [["phone"]]
    assert "phone" not in sync_changes(synced).fields


def phones(account: SalesAccount, *people: int) -> list[str | None]:
    found = Person.objects.for_account(account).among(people).order_by("marketo_id")
    return list(found.values_list("phone", flat=True))


def hide(account: SalesAccount, sandbox: SandboxProcess, names: str) -> None:
    sandbox.post("/_sandbox/switches", {"hidden_fields": names})
    forget_schema(marketo_of(account))
