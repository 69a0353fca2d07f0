"""What an account in which nothing happens costs, every five minutes."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone

from accounts.models import SalesAccount, User
from connections.models import MarketoConnection, SalesforceConnection
from connections.services.health import check_by_the_clock
from pipeline.engine import quiet
from sandbox.testing import SandboxProcess
from sync.decisions import approve_run
from sync.engine.cursors import DELETIONS_EVERY
from sync.models import Extract, Person, RunKind, SyncRun
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


def test_while_nothing_happens_a_run_costs_one_call_to_each(synced: SalesAccount, sandbox: SandboxProcess) -> None:
    """Six to Marketo and three to Salesforce before: 1,728 and 864 a day, of 10,000 that a contract may have."""
    sync_changes(synced)
    first = calls(sandbox)
    assert first[TYPES] == 1
    run = sync_changes(synced)
    assert calls(sandbox) == {"activities.json": 1, "composite": 1}
    assert run.calls() == {"marketo_calls": 1, "salesforce_calls": 1}


def test_once_something_happens_every_stream_is_read_from_where_it_stood(
    synced: SalesAccount, change: Change, sandbox: SandboxProcess
) -> None:
    first, second = ids(synced, "Lead", 2)
    for _quiet in range(2):
        assert sync_changes(synced).seen == 0
    change("change", first, fields={"title": "Chair"})
    calls(sandbox)
    assert sync_changes(synced).updated == 1
    read = calls(sandbox)
    assert (read["activities.json"], read["leadchanges.json"], read["deletedleads.json"]) == (2, 1, 1)
    sync_changes(synced)
    assert calls(sandbox).keys().isdisjoint({"leadchanges.json", "deletedleads.json"}), "quiet again"
    change("change", second, fields={"title": "Chair"})
    assert sync_changes(synced).updated == 1


def test_deletions_are_read_although_no_activity_tells_of_them(
    synced: SalesAccount, change: Change, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet, "TOLD_BY_OTHERS", {"New Lead", "Change Data Value"})
    (person,) = ids(synced, "Lead", 1)
    sync_changes(synced)
    change("delete", person)
    assert sync_changes(synced).removed == 0
    Extract.objects.update(loaded_at=F("loaded_at") - DELETIONS_EVERY)
    assert sync_changes(synced).removed == 1


@pytest.mark.parametrize("answer", ["marketo:1003", "marketo:610"])
def test_a_look_that_is_refused_proves_nothing(
    synced: SalesAccount, change: Change, sandbox: SandboxProcess, answer: str
) -> None:
    sync_changes(synced)
    change("change", *ids(synced, "Lead", 1), fields={"title": "Chair"})
    sandbox.post("/_sandbox/faults", {"path": r"/activities\.json", "kind": answer, "count": 1})
    assert sync_changes(synced).updated == 1


def test_an_idle_day_stays_far_below_the_allowances(synced: SalesAccount, sandbox: SandboxProcess) -> None:
    """Three hours of it, with the hourly looks: under 400 calls to Marketo and 300 to Salesforce a day."""
    hours, now = 3, timezone.now()
    begin = now - timedelta(hours=hours)
    Extract.objects.update(loaded_at=begin)
    SyncRun.objects.update(created_at=begin)
    for model in (MarketoConnection, SalesforceConnection):
        model.objects.update(last_call_at=begin)
    calls(sandbox)
    made: list[Counter[str]] = []
    for minute in range(0, 60 * hours, 5):
        with time_machine.travel(begin + timedelta(minutes=minute), tick=False):
            sync_changes(synced)
            if minute % 60 == 15:
                check_by_the_clock(MarketoConnection.objects.get())
                check_by_the_clock(SalesforceConnection.objects.get())
        made.append(calls(sandbox))
    assert [one.pop("composite") for one in made] == [1] * len(made), "one each: 288 a day"
    # The first run asks what is kept for a day.
    first, rest = made[0].total(), sum(one.total() for one in made[1:])
    assert first + rest * 287 / len(made[1:]) < 400, made
    assert set(sum(made[1:], Counter())) == {"activities.json", "deletedleads.json", "usage.json"}


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
    synced: SalesAccount, change: Change, sandbox: SandboxProcess
) -> None:
    sync_changes(synced)
    sandbox.post("/_sandbox/switches", {"salesforce_sync": False})
    change("change", *ids(synced, "Lead", 1), fields={"title": "Chair"})
    run = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    assert (run.status, run.failure) == (RunStatus.FAILED, "no_salesforce_fields")
    sandbox.post("/_sandbox/switches", {"salesforce_sync": True})
    sync_changes(synced)
