"""What an account in which nothing happens costs, every five minutes."""

from collections import Counter

import pytest

from accounts.models import SalesAccount, User
from sandbox.testing import SandboxProcess
from sync.decisions import approve_run
from sync.models import Person, RunKind
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.sync.conftest import Change, Sync
from tests.sync.driving import finish
from tests.sync.incremental_runs import ids, sync_changes

pytestmark = pytest.mark.django_db(transaction=True)

DESCRIBE, TYPES = "describe.json", "types.json"


def calls(sandbox: SandboxProcess) -> Counter[str]:
    """The calls since the last look, by the ends of their paths."""
    counted = Counter(call["path"].rsplit("/", 1)[-1] for call in sandbox.get("/_sandbox/calls"))
    sandbox.delete("/_sandbox/calls")
    return counted


def test_what_seldom_changes_is_asked_for_once_a_day(synced: SalesAccount, sandbox: SandboxProcess) -> None:
    """Six calls to Marketo before: 1,728 a day, of 10,000 that a contract may have."""
    sync_changes(synced)
    first = calls(sandbox)
    assert first[TYPES] == 1
    run = sync_changes(synced)
    assert calls(sandbox) == {
        "usage.json": 1,
        "leadchanges.json": 1,
        "activities.json": 1,
        "deletedleads.json": 1,
        "composite": 1,
    }
    assert run.calls() == {"marketo_calls": 4, "salesforce_calls": 1}


def test_a_full_sync_asks_anew_and_the_next_changes_need_not(sync: Sync, sandbox: SandboxProcess) -> None:
    account = sync().account
    assert calls(sandbox)[DESCRIBE] == 1
    sync_changes(account)
    assert calls(sandbox)[DESCRIBE] == 0
    sync()
    assert calls(sandbox)[DESCRIBE] == 1


def test_a_field_that_is_gone_is_dropped_and_what_was_kept_forgotten(
    synced: SalesAccount, change: Change, sandbox: SandboxProcess
) -> None:
    """Marketo answers 1006 for it; before, each run asked for the fields first."""
    sync_changes(synced)
    sandbox.post("/_sandbox/switches", {"linkedin_field": "renamed__c"})
    (person,) = ids(synced, "Lead", 1)
    change("change", person, fields={"title": "Chair"})
    run = sync_changes(synced)
    assert Person.objects.get(account=synced, marketo_id=person).title == "Chair"
    assert "linkedInURL__c" not in run.fields
    calls(sandbox)
    assert "linkedInURL__c" not in sync_changes(synced).fields
    assert calls(sandbox)[DESCRIBE] == 1


def test_a_field_that_is_refused_is_dropped_and_what_was_kept_forgotten(
    synced: SalesAccount, sync: Sync, sandbox: SandboxProcess, admin: User
) -> None:
    sync_changes(synced)
    fault = {"path": r"create\.json", "kind": "marketo:1003", "message": "Invalid fields [phone]", "count": 1}
    sandbox.post("/_sandbox/faults", fault)
    run = sync()
    assert "phone" not in run.fields
    assert run.held["blanked"].keys() == {"phone"}, "nobody loses it without asking"
    approve_run(run=run, approved_by=admin)
    assert finish(run).status == RunStatus.SUCCEEDED
    calls(sandbox)
    assert "phone" not in sync_changes(synced).fields
    assert calls(sandbox)[DESCRIBE] == 1


def test_without_the_fields_that_lead_to_salesforce_the_next_run_asks_anew(
    synced: SalesAccount, sandbox: SandboxProcess
) -> None:
    sync_changes(synced)
    sandbox.post("/_sandbox/switches", {"salesforce_sync": False})
    run = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    assert (run.status, run.failure) == (RunStatus.FAILED, "no_salesforce_fields")
    sandbox.post("/_sandbox/switches", {"salesforce_sync": True})
    sync_changes(synced)
