"""Nobody leaves the copy for not having been shown: absence proves nothing (reality.md, its first three situations)."""

from typing import Any

import pytest

from accounts.models import SalesAccount, User
from sandbox.testing import SandboxProcess
from sync.models import Person, RunKind, SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.sync.conftest import Change, Sync
from tests.sync.driving import READING, finish
from tests.sync.incremental_runs import sync_changes
from tests.sync.oracle import people_in_copy

pytestmark = pytest.mark.django_db(transaction=True)

CONNECTED_USER = "admin@acme.example"


def share(sandbox: SandboxProcess, sees: str, **how: Any) -> None:
    sandbox.post("/_sandbox/salesforce", {"action": "set_sharing", "username": CONNECTED_USER, "sees": sees, **how})


def hidden(account: SalesAccount) -> dict[str, int]:
    """People in the copy who were not shown, by reason."""
    reasons = Person.objects.for_account(account).live().exclude(hidden_reason="")
    found = list(reasons.values_list("hidden_reason", flat=True))
    return {reason: found.count(reason) for reason in set(found)}


@pytest.mark.parametrize("percent", [5, 30, 60])
def test_a_user_of_salesforce_who_sees_a_part(
    synced: SalesAccount, sync: Sync, sandbox: SandboxProcess, percent: int
) -> None:
    before = people_in_copy(synced)
    share(sandbox, "part", percent=percent)
    run = sync()
    assert (run.status, run.removed, run.people) == (RunStatus.SUCCEEDED, 0, len(before))
    assert run.kept == hidden(synced)
    assert run.kept["not_shown_by_salesforce"] > len(before) * (1 - percent / 100) * 0.7
    assert people_in_copy(synced) == before
    share(sandbox, "all")
    assert sync().kept == hidden(synced) == {}


def test_a_user_of_marketo_who_sees_some_partitions(
    synced: SalesAccount, sync: Sync, sandbox: SandboxProcess, change: Change
) -> None:
    before = people_in_copy(synced)
    sandbox.post("/_sandbox/switches", {"api_partitions": "EU"})
    people = list(before)[:60]
    change("change", *people, fields={"title": "Chair"})
    run = sync_changes(synced)
    assert (run.status, run.removed) == (RunStatus.SUCCEEDED, 0)
    assert people_in_copy(synced).keys() == before.keys()
    sandbox.post("/_sandbox/switches", {"api_partitions": ""})
    assert sync().kept == {}
    assert {people_in_copy(synced)[number]["title"] for number in people} == {"Chair"}


def test_folders_that_are_younger_than_the_people(
    synced: SalesAccount, sync: Sync, sandbox: SandboxProcess, change: Change
) -> None:
    before = people_in_copy(synced)
    sandbox.post("/_sandbox/switches", {"folder_workspaces": "Asia"})
    run = sync()
    assert (run.status, run.removed, run.people) == (RunStatus.SUCCEEDED, 0, len(before))
    assert people_in_copy(synced) == before


def test_who_was_deleted_or_merged_before_everybody_is_read(
    synced: SalesAccount, sync: Sync, sandbox: SandboxProcess, change: Change
) -> None:
    """A full run sees nobody leave; the streams that tell it do not end with it."""
    people = Person.objects.for_account(synced).live().order_by("marketo_id")
    deleted, winner, loser = people.values_list("marketo_id", flat=True)[:3]
    change("delete", deleted)
    sandbox.post("/_sandbox/people", {"action": "merge", "ids": [winner, loser]})
    run = sync()
    assert (run.status, run.removed, run.kept) == (RunStatus.SUCCEEDED, 2, {})
    gone = Person.objects.for_account(synced).exclude(removed_at=None)
    assert dict(gone.values_list("marketo_id", "removed_reason")) == {
        deleted: "deleted_in_marketo",
        loser: "merged_in_marketo",
    }


def test_a_record_that_is_not_shown_keeps_its_person_as_they_are(
    synced: SalesAccount, sandbox: SandboxProcess, change: Change
) -> None:
    before = people_in_copy(synced)
    share(sandbox, "part", percent=0)
    people = list(before)[:5]
    change("change", *people, fields={"title": "Chair"})
    run = sync_changes(synced)
    assert (run.removed, run.updated, run.kept) == (0, 0, {"not_shown_by_salesforce": 5})
    assert people_in_copy(synced) == before


@pytest.mark.parametrize("kind", READING)
def test_ids_of_fifteen_characters_are_the_same_ids(
    kind: str, connected: SalesAccount, admin: User, sync: Sync, sandbox: SandboxProcess, change: Change
) -> None:
    """No source says which length Marketo keeps; Salesforce's own is eighteen."""
    assert sync().added > 0
    before = people_in_copy(connected)
    sandbox.post("/_sandbox/switches", {"salesforce_id_length": 15})
    lead = Person.objects.for_account(connected).live().filter(salesforce_type="Lead").earliest("marketo_id")
    change("change", lead.marketo_id, fields={"title": "Chair"})
    (new,) = change("create", kind="lead")
    run = finish(start_sync(account=connected, started_by=admin, kind=RunKind(kind)))
    assert (run.status, run.added, run.removed, run.kept) == (RunStatus.SUCCEEDED, 1, 0, {})
    after = people_in_copy(connected)
    before[lead.marketo_id]["title"] = "Chair"
    assert {number: values for number, values in after.items() if number != new} == before


def test_the_page_of_the_run_says_who_stayed_and_why(
    synced: SalesAccount, sync: Sync, sandbox: SandboxProcess, client_of: Any, admin: User
) -> None:
    share(sandbox, "part", percent=30)
    run: SyncRun = sync()
    page = client_of(admin).get(run.get_absolute_url()).content.decode()
    assert "Not shown by Salesforce" in page
    assert "were left as they are" in page
    assert "View All Records" in page
