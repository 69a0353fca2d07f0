"""Fields that runs of changes are not shown: some people would have new values and some old ones."""

import pytest

from accounts.models import Occurrence, SalesAccount, User
from marketo_instances.schema import forget_schema
from pipeline.engine.client_factory import marketo_of
from sandbox.testing import SandboxProcess
from sync.decisions import start_previewed_run
from sync.engine.gone_fields import note_gone_fields
from sync.engine.telling import tell_of_success
from sync.events import FIELDS_GONE
from sync.models import Person, RunKind, SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.factories import make_run
from tests.sync.conftest import Change, Sync
from tests.sync.driving import finish
from tests.sync.incremental_runs import ids, sync_changes

ALL = ["id", "title", "phone"]


def followed(account: SalesAccount, *fields: str) -> SyncRun:
    run = make_run(account, kind=RunKind.INCREMENTAL, fields=["id", *fields])
    note_gone_fields(run)
    return run


def told(account: SalesAccount) -> list[list[str]]:
    gone = Occurrence.objects.for_account(account).going_on().filter(event=FIELDS_GONE.key).order_by("pk")
    return [occurrence.details["fields"] for occurrence in gone]


def test_what_one_run_is_not_shown_none_follows_until_everybody_is_read(account: SalesAccount) -> None:
    full = make_run(account, fields=ALL)
    followed(account, "title", "phone")
    assert told(account) == []
    for _run in range(2):
        followed(account, "title")
    full.refresh_from_db()
    assert (full.fields, full.followed_fields) == (ALL, ["id", "title"])
    assert told(account) == [["phone"]]
    followed(account, "phone")
    full.refresh_from_db()
    assert full.followed_fields == ["id"]
    assert told(account) == [["phone"], ["title"]]
    again = make_run(account, fields=ALL)
    tell_of_success(again, people=1)
    note_gone_fields(again)
    assert (SyncRun.objects.get(pk=again.pk).followed_fields, told(account)) == (ALL, [])


def test_a_full_run_that_lacks_what_is_told_already_does_not_tell_of_it_again(account: SalesAccount) -> None:
    make_run(account, fields=ALL)
    followed(account, "title")
    tell_of_success(make_run(account, fields=["id", "title"]), people=1)
    assert told(account) == [["phone"]]


@pytest.mark.django_db(transaction=True)
def test_a_field_that_comes_back_is_old_in_everybody_until_a_full_run(
    synced: SalesAccount, sync: Sync, change: Change, sandbox: SandboxProcess
) -> None:
    first, second = ids(synced, "Lead", 2)
    before = values(synced, first, second)
    hide(synced, sandbox, "phone")
    change("change", first, fields={"phone": "+46 1", "title": "Chair"})
    sync_changes(synced)
    hide(synced, sandbox, "")
    change("change", second, fields={"phone": "+46 2"})
    sync_changes(synced)
    assert values(synced, first, second) == before
    assert told(synced) == [["phone"]]
    sync()
    assert values(synced, first, second) == ["+46 1", "+46 2"]
    assert told(synced) == []


@pytest.mark.django_db(transaction=True)
def test_a_full_run_that_waited_meanwhile_has_the_field_read_anew_for_whoever_has_changed_since(
    synced: SalesAccount, admin: User, change: Change, sandbox: SandboxProcess
) -> None:
    """Changes are followed from where it began to read: they tell of what happened while the field was hidden."""
    first, second = ids(synced, "Lead", 2)
    waiting = finish(start_sync(account=synced, started_by=admin, is_dry_run=True))
    hide(synced, sandbox, "phone")
    change("change", first, fields={"phone": "+46 1"})
    change("change", second, fields={"phone": "+46 2", "title": "Chair"})
    sync_changes(synced)
    hide(synced, sandbox, "")
    start_previewed_run(run=waiting, started_by=admin)
    assert finish(waiting).status == RunStatus.SUCCEEDED
    assert told(synced) == []
    sync_changes(synced)
    assert values(synced, first, second) == ["+46 1", "+46 2"]


def values(account: SalesAccount, *people: int) -> list[str | None]:
    found = Person.objects.for_account(account).among(people).order_by("marketo_id")
    return list(found.values_list("phone", flat=True))


def hide(account: SalesAccount, sandbox: SandboxProcess, names: str) -> None:
    sandbox.post("/_sandbox/switches", {"hidden_fields": names})
    forget_schema(marketo_of(account))
