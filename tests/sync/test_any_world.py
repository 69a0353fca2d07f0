"""
Random worlds in which people are hidden, leave, are merged and re-owned: nobody is removed without a reason that is
true, whatever the connected users are shown, and a run that is taken back leaves what there was.

What is true is asked of both sides of the sandbox by users who see everybody.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests

from accounts.models import SalesAccount, User
from history.models import Change, ChangeKind
from pipeline.engine.client_factory import marketo_of, salesforce_of
from sandbox.testing import SandboxProcess
from sync.decisions import approve_run, undo_run
from sync.eligibility import Reason
from sync.models import Person, RunKind, SyncRun
from sync.policies import HoldLimit
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.sync.conftest import Sync
from tests.sync.driving import cut_waits_short, finish, run_has_ended, work_until
from tests.sync.mortal_workers import MortalWorkers, mortal_workers
from tests.sync.test_any_changes import FAULTS, PEOPLE
from tests.sync.test_any_kills import KILLS, kill_workers_of
from tests.sync.test_undo import content_hash

pytestmark = pytest.mark.django_db(transaction=True)

CONNECTED_USER = "admin@acme.example"
World = Callable[[SandboxProcess, random.Random], None]


def share(sandbox: SandboxProcess, sees: str, **how: Any) -> None:
    sandbox.post("/_sandbox/salesforce", {"action": "set_sharing", "username": CONNECTED_USER, "sees": sees, **how})


def people(action: dict[str, Any], most: int) -> World:
    """The same happens to some people; of those it is impossible for nothing does."""

    def happen(sandbox: SandboxProcess, dice: random.Random) -> None:
        ids = dice.sample(range(1, PEOPLE + 1), dice.randint(2, most))
        with suppress(requests.HTTPError):
            sandbox.post("/_sandbox/people", action | {"ids": ids})

    return happen


def partitions(sandbox: SandboxProcess, dice: random.Random) -> None:
    sandbox.post("/_sandbox/switches", {"api_partitions": dice.choice(["EU", "Asia", "Default", "EU,Asia", ""])})


def folders(sandbox: SandboxProcess, dice: random.Random) -> None:
    sandbox.post("/_sandbox/switches", {"folder_workspaces": dice.choice(["EU", "Asia", "Default", ""])})


def sharing(sandbox: SandboxProcess, dice: random.Random) -> None:
    hidden = dice.choice([5, 30, 60, 0])
    share(sandbox, "part", percent=100 - hidden) if hidden else share(sandbox, "all")


WORLDS: tuple[World, ...] = (
    sharing,
    partitions,
    folders,
    people({"action": "delete"}, 5),
    people({"action": "delete", "system": "salesforce"}, 5),
    people({"action": "merge"}, 4),
    people({"action": "reown", "owner": "queue"}, 60),
    people({"action": "reown", "owner": "user"}, 20),
    people({"action": "convert"}, 3),
    people({"action": "change", "fields": {"lastName": "Ödegård", "title": None}}, 40),
)


class Truth:
    """Everybody as users see them who see everybody."""

    def __init__(self, account: SalesAccount, sandbox: SandboxProcess) -> None:
        numbers = range(1, sandbox.get("/_sandbox/state")["people"] + 100)
        found = marketo_of(account).leads_by_filter("id", numbers, ["id", "sfdcLeadId", "sfdcContactId"])
        self.people = {person["id"]: person for person in found}
        client = salesforce_of(account)
        fields = {
            "Lead": "Id, IsDeleted, IsConverted, ConvertedContactId, OwnerId",
            "Contact": "Id, IsDeleted, OwnerId",
        }
        self.records = {
            record["Id"]: record
            for name, columns in fields.items()
            for record in client.query_iter(f"SELECT {columns} FROM {name}", include_deleted=True)  # noqa: S608
        }

    def is_true(self, marketo_id: int, reason: str) -> bool:
        """Whether somebody may be called so; each reason is looked at by itself."""
        person = self.people.get(marketo_id)
        if reason in (Reason.DELETED_IN_MARKETO, Reason.MERGED_IN_MARKETO):
            return person is None
        if person is None:
            return False
        lead = self.records.get(person["sfdcLeadId"])
        contact = self.records.get(person["sfdcContactId"] or (lead and lead.get("ConvertedContactId")))
        counting = [one for one in (contact, lead) if one and not one["IsDeleted"] and not one.get("IsConverted")]
        if reason == Reason.QUEUE_OWNER:
            return bool(counting) and counting[0]["OwnerId"].startswith("00G")
        if reason == Reason.DELETED_IN_SALESFORCE:
            return bool(lead or contact) and not counting
        return reason == Reason.NOT_IN_SALESFORCE and not lead and not contact


def seeing_all(sandbox: SandboxProcess, account: SalesAccount) -> Truth:
    """The truth; what is hidden is hidden again by the next world."""
    sandbox.post("/_sandbox/switches", {"api_partitions": "", "folder_workspaces": ""})
    share(sandbox, "all")
    return Truth(account, sandbox)


def work(run: SyncRun) -> SyncRun:
    def has_ended() -> bool:
        cut_waits_short()
        return run_has_ended(run)

    work_until(has_ended)
    return run


def removed_by(run: SyncRun) -> dict[int, str]:
    gone = Change.objects.for_account(run.account).of_run(run.pk).filter(kind=ChangeKind.REMOVED)
    return {change.marketo_id: change.after["removed_reason"] for change in gone}


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_removed_without_a_true_reason(
    synced: SalesAccount, admin: User, sandbox: SandboxProcess, seed: int
) -> None:
    dice = random.Random(seed)
    for _ in range(4):
        before = content_hash(synced)
        for happen in dice.sample(WORLDS, dice.randint(2, 5)):
            happen(sandbox, dice)
        path, fault = dice.choice(FAULTS)
        sandbox.post("/_sandbox/faults", {"path": path, "kind": fault, "nth": dice.randint(1, 9)})
        kind = dice.choice([RunKind.FULL, RunKind.INCREMENTAL])
        run = work(start_sync(account=synced, started_by=admin, kind=kind))
        if run.status == RunStatus.HELD:
            assert content_hash(synced) == before
            concerned = sum(run.held["removed"].values()) + sum(run.held["blanked"].values())
            assert concerned > HoldLimit.of(synced).people
            approve_run(run=run, approved_by=admin)
            work(run)
        assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
        sandbox.delete("/_sandbox/faults")
        truth, gone = seeing_all(sandbox, synced), removed_by(run)
        assert len(gone) == run.removed
        assert {number: reason for number, reason in gone.items() if not truth.is_true(number, reason)} == {}
        if run.changed and dice.random() < 0.5:
            undo = work(undo_run(run=run, undone_by=admin))
            if undo.status == RunStatus.HELD:
                approve_run(run=undo, approved_by=admin)
                work(undo)
            assert (undo.status, undo.kept) == (RunStatus.SUCCEEDED, {})
            assert content_hash(synced) == before


@pytest.fixture
def workers(sandbox: SandboxProcess) -> Iterator[MortalWorkers]:
    with mortal_workers(sandbox) as started:
        yield started


def test_kills_around_held_approve_and_undo(
    synced: SalesAccount, admin: User, sandbox: SandboxProcess, workers: MortalWorkers, sync: Sync
) -> None:
    """KILLS in the environment says how often a worker is killed at least."""
    dice, kills, rounds = random.Random(11), 0, 0
    HoldLimit.objects.create(account=synced, people=3, percent=0)
    while kills < KILLS or not rounds:
        rounds += 1
        before = content_hash(synced)
        live = Person.objects.for_account(synced).live().filter(salesforce_type="Lead").order_by("marketo_id")
        ids = dice.sample(list(live.values_list("marketo_id", flat=True)), 6)
        sandbox.post("/_sandbox/people", {"action": "reown", "owner": "queue", "ids": ids})
        run = start_sync(account=synced, started_by=None, kind=dice.choice([RunKind.FULL, RunKind.INCREMENTAL]))
        kills += kill_workers_of(run, dice, workers)
        assert (run.status, run.held["removed"]) == (RunStatus.HELD, {"queue_owner": 6})
        assert content_hash(synced) == before
        approve_run(run=run, approved_by=admin)
        kills += kill_workers_of(run, dice, workers)
        assert (run.status, run.removed) == (RunStatus.SUCCEEDED, 6)
        assert run.receipt["source"] == run.receipt["copy"]
        undo = undo_run(run=run, undone_by=admin)
        kills += kill_workers_of(undo, dice, workers)
        assert (undo.status, undo.kept) == (RunStatus.SUCCEEDED, {})
        assert content_hash(synced) == before
        sandbox.post("/_sandbox/people", {"action": "reown", "owner": "user", "ids": ids})
        assert (
            finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL)).status == RunStatus.SUCCEEDED
        )
