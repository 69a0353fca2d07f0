"""Whatever happens in either system, in whatever order and with whatever faults: the copy ends up right."""

import random
from contextlib import suppress
from typing import Any

import pytest
import requests
from pytest_django import Settings

from accounts.models import SalesAccount
from sandbox.testing import SandboxProcess
from sync.models import Person, RunKind, SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.sync.conftest import Sync
from tests.sync.driving import cut_waits_short, run_has_ended, work_until

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 300
FAULTS = (
    (r"leads\.json|activities", "marketo:602"),
    (r"leads\.json|activities", "marketo:611"),
    (r"leads\.json|activities|/query", "reset"),
    (r"leads\.json|activities|/query", "token_expired"),
    (r"/query", "status:503"),
)
ACTIONS: tuple[dict[str, Any], ...] = (
    {"action": "change", "fields": {"lastName": "Ödegård", "title": None}},
    {"action": "change", "fields": {"email": "new@acme.example", "company": "=1+1"}},
    {"action": "delete"},
    {"action": "delete", "system": "salesforce"},
    {"action": "convert"},
    {"action": "reown", "owner": "user"},
    {"action": "reown", "owner": "queue"},
)


def something_happens(sandbox: SandboxProcess, dice: random.Random) -> None:
    """One change in either system; some are impossible for the person they hit, and then nothing happens."""
    people = dice.sample(range(1, PEOPLE + 1), dice.randint(1, 4))
    body = dice.choice([*ACTIONS, {"action": "merge"}, {"action": "create", "kind": "contact"}])
    with suppress(requests.HTTPError):
        sandbox.post("/_sandbox/people", body if body["action"] == "create" else body | {"ids": people})


def sync_changes(account: SalesAccount) -> SyncRun:
    run = start_sync(account=account, started_by=None, kind=RunKind.INCREMENTAL)

    def has_ended() -> bool:
        cut_waits_short()
        return run_has_ended(run)

    work_until(has_ended)
    return run


@pytest.mark.parametrize("seed", range(2))
def test_following_anything_equals_reading_everybody(
    sync: Sync, connected: SalesAccount, sandbox: SandboxProcess, settings: Settings, seed: int
) -> None:
    """In the partition that all accounts share, and in one of its own."""
    settings.PEOPLE_OF_OWN_PARTITION = PEOPLE if seed else PEOPLE + 1
    dice = random.Random(seed)
    sync()
    for _ in range(3):
        for _ in range(dice.randint(1, 12)):
            something_happens(sandbox, dice)
        path, kind = dice.choice(FAULTS)
        sandbox.post("/_sandbox/faults", {"path": path, "kind": kind, "nth": dice.randint(1, 9)})
        run = sync_changes(connected)
        assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    sandbox.delete("/_sandbox/faults")
    assert sync().changed == 0
    expected = sandbox.get("/_sandbox/state")["expected"]["synced"]
    assert Person.objects.for_account(connected).live().count() == expected
