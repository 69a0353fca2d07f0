"""A full sync from both sides of the sandbox into the copy."""

import re
from itertools import pairwise

import pytest
from django.db import connection

from accounts.models import SalesAccount, User
from connections.services.client_factory import marketo_client
from sandbox.testing import SandboxProcess
from sync.audit_actions import SyncAction
from sync.engine.fields import SYNCED_FIELDS
from sync.models import Extract, Person, Source, SyncRun
from sync.services import SyncRefused, cancel_run, start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.sync.conftest import Sync
from tests.sync.driving import finish, work_until

pytestmark = pytest.mark.django_db(transaction=True)


def stage_tables(run: SyncRun) -> list[str]:
    names = connection.introspection.table_names()
    return [name for name in names if name.startswith(f"sync_stage_{run.pk}_")]


def test_counts_are_those_the_sandbox_expects(sync: Sync, sandbox: SandboxProcess, connected: SalesAccount) -> None:
    run = sync()
    state = sandbox.get("/_sandbox/state")
    assert run.status == RunStatus.SUCCEEDED, (run.failure, run.failure_params)
    assert {"synced": run.synced, **run.skipped} == state["expected"]
    assert run.seen == state["people"]
    assert Person.objects.for_account(connected).live().count() == run.synced == run.added
    assert run.receipt["source"] == run.receipt["copy"]
    assert run.receipt["copy"][0] == run.synced


@pytest.mark.usefixtures("young_company")
def test_values_are_kept_as_marketo_has_them(sync: Sync, connected: SalesAccount) -> None:
    """Pain 17 and 18: "NA", "Null", quotes, line breaks and U+2028 arrive unchanged."""
    sync()
    people = {person.marketo_id: person for person in Person.objects.for_account(connected)}
    fields = {field.column: field.marketo_name for field in SYNCED_FIELDS if field.marketo_name}
    client = marketo_client(connected.marketo_connection)
    for lead in client.leads_by_filter("id", list(people), fields.values()):
        # A bulk file cannot tell the text null from no value.
        wanted = {column: None if lead[name] == "null" else lead[name] for column, name in fields.items()}
        assert {column: getattr(people[lead["id"]], column) for column in fields} == wanted
    titles = {person.title for person in people.values() if person.title}
    assert any("\n" in title or "\u2028" in title for title in titles)
    assert any('"' in title for title in titles)


def test_salesforce_decides_owner_and_opportunity(sync: Sync, connected: SalesAccount) -> None:
    sync()
    people = Person.objects.for_account(connected).live()
    assert all(re.fullmatch("005.{15}", person.owner_id) and person.owner_name for person in people)
    with_opportunity = people.exclude(salesforce_opportunity_id=None)
    assert with_opportunity.exists()
    assert {person.salesforce_type for person in with_opportunity} == {"Contact"}


def test_a_second_sync_changes_nothing(sync: Sync, connected: SalesAccount) -> None:
    sync()
    before = list(Person.objects.for_account(connected).order_by("marketo_id").values())
    run = sync()
    assert (run.status, run.changed) == (RunStatus.SUCCEEDED, 0)
    assert list(Person.objects.for_account(connected).order_by("marketo_id").values()) == before


def test_changes_deletions_and_new_owners_arrive(sync: Sync, connected: SalesAccount, sandbox: SandboxProcess) -> None:
    sync()
    changed, deleted, reowned = Person.objects.for_account(connected).filter(salesforce_type="Lead")[:3]
    sandbox.post("/_sandbox/people", {"action": "change", "id": changed.marketo_id, "fields": {"title": "Chair"}})
    sandbox.post("/_sandbox/people", {"action": "delete", "id": deleted.marketo_id})
    sandbox.post("/_sandbox/people", {"action": "reown", "id": reowned.marketo_id, "owner": "queue"})
    run = sync()
    assert (run.added, run.updated, run.removed) == (0, 1, 2)
    for person in (changed, deleted, reowned):
        person.refresh_from_db()
    assert changed.title == "Chair"
    assert deleted.removed_reason == "deleted_in_marketo"
    assert reowned.removed_reason == "queue_owner"
    assert Person.objects.for_account(connected).live().count() == run.synced


def test_the_windows_leave_no_second_out(sync: Sync) -> None:
    windows = list(Extract.objects.of_run(sync()).filter(source=Source.MARKETO_PEOPLE).order_by("window_from"))
    assert len(windows) > 1
    for earlier, later in pairwise(windows):
        assert earlier.window_from
        assert earlier.window_to
        assert later.window_from
        assert (later.window_from - earlier.window_to).total_seconds() == 1
        assert (earlier.window_to - earlier.window_from).days <= 30


def test_a_run_leaves_no_stage_tables(sync: Sync) -> None:
    assert stage_tables(sync()) == []


def test_pressing_start_twice_finds_the_first_run(connected: SalesAccount, admin: User) -> None:
    first = start_sync(account=connected, started_by=admin)
    with pytest.raises(SyncRefused) as refusal:
        start_sync(account=connected, started_by=admin)
    assert refusal.value.run == first


def test_starting_and_cancelling_are_audited(connected: SalesAccount, admin: User) -> None:
    run = start_sync(account=connected, started_by=admin)
    cancel_run(run=run, cancelled_by=admin)
    actions = connected.audit_events.filter(target=str(run)).values_list("action", "actor_email")
    assert set(actions) == {(SyncAction.STARTED, admin.email), (SyncAction.CANCELLED, admin.email)}


def test_cancelling_in_the_middle_changes_nothing_and_cleans_up(connected: SalesAccount, admin: User) -> None:
    run = start_sync(account=connected, started_by=admin)
    work_until(lambda: Extract.objects.of_run(run).filter(status=ExtractStatus.LOADED).exists())
    assert stage_tables(run) != []
    assert cancel_run(run=run, cancelled_by=admin)
    assert finish(run).status == RunStatus.CANCELLED
    assert not cancel_run(run=run, cancelled_by=admin)
    assert stage_tables(run) == []
    assert not Person.objects.for_account(connected).exists()
    assert not Extract.objects.due().exists()


def test_without_a_connection_nothing_starts(account: SalesAccount, admin: User) -> None:
    with pytest.raises(SyncRefused, match="not connected to Salesforce"):
        start_sync(account=account, started_by=admin)
    assert not SyncRun.objects.exists()


def test_an_instance_without_salesforce_sync_fails_with_a_sentence(sync: Sync, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/switches", {"salesforce_sync": False})
    run = sync()
    assert (run.status, run.failure) == (RunStatus.FAILED, "no_salesforce_fields")
