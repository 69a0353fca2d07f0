"""A full run of another choice of people waits, and runs of changes go on by the old one meanwhile."""

import pytest

from accounts.models import Occurrence, SalesAccount, User
from clients.marketo.types import StaticList
from pipeline.engine.preview import find_lists
from sandbox.testing import SandboxProcess
from sandbox.tests.marketo_api import Marketo
from sync.decisions import approve_run, start_previewed_run, undo_run
from sync.events import RUN_HELD
from sync.models import Person, SyncRun
from sync.policies import HoldLimit
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.sync.conftest import Change
from tests.sync.driving import finish
from tests.sync.incremental_runs import sync_changes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("young_company")]


@pytest.fixture
def newsletter(connected: SalesAccount) -> StaticList:
    """A list on which every third person is."""
    (found,) = find_lists(connected, "Newsletter")
    return found


def copied(account: SalesAccount) -> set[int]:
    return set(Person.objects.for_account(account).live().values_list("marketo_id", flat=True))


def go_on(run: SyncRun, by: User) -> SyncRun:
    """Whatever the run waits for, an Admin lets it go on."""
    if run.status == RunStatus.HELD:
        approve_run(run=run, approved_by=by)
    else:
        HoldLimit.objects.create(account=run.account, people=0, percent=100)
        start_previewed_run(run=run, started_by=by)
    return finish(run)


@pytest.mark.parametrize("is_dry_run", [True, False])
def test_who_was_followed_by_the_old_choice_is_judged_by_the_new_one(
    synced: SalesAccount, admin: User, newsletter: StaticList, change: Change, *, is_dry_run: bool
) -> None:
    outsiders = change(
        "change", *sorted(number for number in copied(synced) if number % 3)[:6], fields={"title": "Chair"}
    )
    outsiders += change("create", kind="lead")
    run = finish(start_sync(account=synced, started_by=admin, only=newsletter, is_dry_run=is_dry_run))
    followed = sync_changes(synced)
    assert (followed.updated, followed.added) == (6, 1)
    assert go_on(run, admin).status == RunStatus.SUCCEEDED, run.held
    assert copied(synced)
    assert not copied(synced) & set(outsiders)


def test_who_has_left_the_old_list_comes_back_for_everybody(
    connected: SalesAccount, admin: User, newsletter: StaticList, sandbox: SandboxProcess
) -> None:
    assert finish(start_sync(account=connected, started_by=admin, only=newsletter)).status == RunStatus.SUCCEEDED
    leaving = sorted(copied(connected))[:6]
    run = finish(start_sync(account=connected, started_by=admin, is_dry_run=True))
    Marketo(sandbox.url).send("DELETE", f"/rest/v1/lists/{newsletter.list_id}/leads.json", params={"id": leaving})
    assert sync_changes(connected).removed == len(leaving)
    assert go_on(run, admin).status == RunStatus.SUCCEEDED
    assert copied(connected) >= set(leaving)


def test_nobody_has_decided_about_whoever_came_since(
    synced: SalesAccount, admin: User, newsletter: StaticList, change: Change
) -> None:
    run = finish(start_sync(account=synced, started_by=admin, only=newsletter))
    for _ in range(30):
        change("create", kind="lead")
    assert sync_changes(synced).added == 30
    run = go_on(run, admin)
    assert (run.status, run.held["removed"]) == (RunStatus.HELD, {"not_in_list": 30})
    assert go_on(run, admin).status == RunStatus.SUCCEEDED


@pytest.mark.parametrize("is_for_list", [True, False])
def test_who_was_deleted_meanwhile_does_not_come_back(
    connected: SalesAccount, admin: User, newsletter: StaticList, change: Change, *, is_for_list: bool
) -> None:
    """Of what the run had read of them at first."""
    before, then = (None, newsletter) if is_for_list else (newsletter, None)
    assert finish(start_sync(account=connected, started_by=admin, only=before)).status == RunStatus.SUCCEEDED
    deleted = sorted(number for number in copied(connected) if number % 3 == 0)[:6]
    run = finish(start_sync(account=connected, started_by=admin, only=then, is_dry_run=True))
    change("delete", *deleted)
    assert sync_changes(connected).removed == len(deleted)
    assert go_on(run, admin).status == RunStatus.SUCCEEDED
    assert not copied(connected) & set(deleted)


def test_whom_an_undo_has_brought_back_is_judged_by_the_new_choice(
    synced: SalesAccount, admin: User, newsletter: StaticList, change: Change
) -> None:
    outsiders = sorted(number for number in copied(synced) if number % 3)[:6]
    change("delete", *outsiders)
    removed = sync_changes(synced)
    run = finish(start_sync(account=synced, started_by=admin, only=newsletter, is_dry_run=True))
    assert finish(undo_run(run=removed, undone_by=admin)).status == RunStatus.SUCCEEDED
    assert copied(synced) >= set(outsiders)
    assert go_on(run, admin).status == RunStatus.SUCCEEDED
    assert not copied(synced) & set(outsiders)


def test_nobody_waits_for_a_reading_that_has_failed(
    synced: SalesAccount, admin: User, newsletter: StaticList, change: Change, sandbox: SandboxProcess
) -> None:
    run = finish(start_sync(account=synced, started_by=admin, only=newsletter))
    new = change("create", kind="lead")
    assert sync_changes(synced).added == 1
    sandbox.post("/_sandbox/faults", {"path": r"leads\.json", "kind": "marketo:603"})
    assert go_on(run, admin).status == RunStatus.HELD
    assert Occurrence.objects.going_on().get(event=RUN_HELD.key).details["people"] == run.held["removed"]["not_in_list"]
    sandbox.delete("/_sandbox/faults")
    # Deletions alone are looked for now and then.
    change("change", min(copied(synced)), fields={"title": "Chair"})
    change("delete", *new)
    assert sync_changes(synced).removed == 1
    assert go_on(run, admin).status == RunStatus.SUCCEEDED
