"""What goes wrong outside must neither lose nor double anybody: what the table of all faults does not say."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import SalesAccount, User
from clients import http
from clients.http import ReconnectNeeded
from clients.marketo.errors import next_quota_reset
from connections.models import ApiFailure, SalesforceConnection
from connections.services.call_recorder import record_problem
from pipeline import runner
from pipeline.engine import extract as extract_engine
from sandbox.testing import SandboxProcess
from sync.engine.problems import MAX_TRIES
from sync.leases import LeaseLost
from sync.messages import failure_of
from sync.models import Extract, Person, RejectedRow, SyncRun
from sync.services import start_sync
from sync.statuses import ExtractStatus, RunStatus
from tests.conftest import ClientOf
from tests.pages import text_of
from tests.sync.conftest import Sync
from tests.sync.driving import cut_waits_short, finish, work_until
from tests.sync.incremental_runs import sync_changes
from tests.sync.outcomes import assert_complete

pytestmark = pytest.mark.django_db(transaction=True)

STATUS, ENQUEUE = r"export/.*/status\.json", r"export/.*/enqueue\.json"


def test_a_page_of_html_is_no_message_for_people(
    sync: Sync, sandbox: SandboxProcess, admin: User, client_of: ClientOf
) -> None:
    """Of an answer that is none of Marketo's own, a person is told the status alone."""
    sandbox.post("/_sandbox/faults", {"path": STATUS, "kind": "status:404"})
    run = sync()
    assert (run.failure, run.failure_params["detail"]) == ("extract_failed", "Marketo 404")
    assert run.extracts.get(status=ExtractStatus.FAILED).last_problem == "Marketo 404"
    run.extracts.filter(status=ExtractStatus.PLANNED).update(last_problem="Not the last answer")
    assert "Not the last answer" not in client_of(admin).get(run.get_absolute_url()).content.decode()


def test_a_used_up_quota_waits_for_midnight_in_chicago(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    """Pain 8: the run parks itself with a time to wake up instead of failing."""
    sandbox.post("/_sandbox/switches", {"export_megabytes": 0})
    run = start_sync(account=connected, started_by=admin)
    parked = Extract.objects.of_run(run).filter(waiting_reason="marketo_quota")
    work_until(parked.exists)
    due_at = parked.first().due_at  # type: ignore[union-attr]
    assert due_at is not None
    assert timedelta(0) < due_at - next_quota_reset() < timedelta(minutes=5)
    sandbox.post("/_sandbox/switches", {"export_megabytes": 500})
    parked.update(due_at=Now())
    work_until(lambda: bool(parked.update(due_at=Now())) or run_is_over(run))
    assert_complete(finish(run), sandbox)


def run_is_over(run: SyncRun) -> bool:
    run.refresh_from_db()
    return run.is_finished


@pytest.mark.usefixtures("young_company")
def test_a_bad_row_is_kept_and_the_others_get_in(sync: Sync, sandbox: SandboxProcess, connected: SalesAccount) -> None:
    """Pain 18: the row that breaks the rules is named with its line; nobody is removed because of it."""
    sandbox.post("/_sandbox/faults", {"path": ENQUEUE, "kind": "export:bad_row", "nth": 1})
    run = sync()
    assert run.status == RunStatus.SUCCEEDED
    assert run.rejected == 1
    assert run.seen == run.synced + sum(run.skipped.values()) + run.rejected == 301
    row = RejectedRow.objects.of_run(run).get()
    assert row.reason == "wrong_columns"
    assert row.line > 1


@pytest.mark.usefixtures("young_company")
def test_characters_no_database_can_hold_are_rejected(sync: Sync, sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/switches", {"hostile_rows": True})
    run = sync()
    assert run.status == RunStatus.SUCCEEDED
    reasons = set(RejectedRow.objects.of_run(run).values_list("reason", flat=True))
    assert reasons == {"nul_character", "unreadable_row"}
    assert run.rejected == RejectedRow.objects.of_run(run).count() == 300 // 7
    unreadable = RejectedRow.objects.of_run(run).filter(reason="unreadable_row")
    assert all("\rAssistant," in row.text for row in unreadable), "the row itself is shown, not the words of a parser"
    assert run.seen == 300


@pytest.mark.parametrize("nth", [1, 2])
def test_fields_that_marketo_lists_and_refuses_to_export_stay_empty(
    sync: Sync, connected: SalesAccount, admin: User, client_of: ClientOf, sandbox: SandboxProcess, nth: int
) -> None:
    """Pain 11: the run goes on without them and names them, also when other exports were made with them before."""
    message = "Invalid fields [phone, linkedInURL__c]"
    sandbox.post("/_sandbox/faults", {"path": r"create\.json", "kind": "marketo:1003", "message": message, "nth": nth})
    run = sync()
    assert_complete(run, sandbox)
    people = Person.objects.for_account(connected).live()
    assert set(people.values_list("phone", "linkedin_url")) == {(None, None)}
    assert people.exclude(title=None).exists()
    page = text_of(client_of(admin).get(run.get_absolute_url()))
    assert "(<code>phone</code>), LinkedIn URL (<code>linkedInProfileURL</code>)" in page
    sandbox.post("/_sandbox/people", {"action": "change", "id": people[0].marketo_id, "fields": {"phone": "0123"}})
    sync_changes(connected)
    assert people[0].phone is None, "changes bring only what everybody has"


def test_a_field_that_changes_are_read_without_stays_as_it_is(synced: SalesAccount, sandbox: SandboxProcess) -> None:
    """Absence proves nothing: once Marketo shows the field again, nothing would bring back what few had lost."""
    person = Person.objects.for_account(synced).live().exclude(phone=None)[0]
    sandbox.post("/_sandbox/people", {"action": "change", "id": person.marketo_id, "fields": {"title": "Chair"}})
    refusal = {"kind": "marketo:1006", "message": "Field 'phone' not found"}
    sandbox.post("/_sandbox/faults", {"path": r"v1/leads\.json", "count": 1, **refusal})
    run, phone = sync_changes(synced), person.phone
    assert "phone" not in SyncRun.objects.get(pk=run.pk).fields
    person.refresh_from_db()
    assert (person.title, person.phone) == ("Chair", phone)


def test_and_is_read_again_for_everybody_at_once(synced: SalesAccount, sync: Sync, sandbox: SandboxProcess) -> None:
    person, other = Person.objects.for_account(synced).live().exclude(phone=None)[:2]

    def change(one: Person) -> None:
        fields = {"phone": "0123", "title": "Chair"}
        sandbox.post("/_sandbox/people", {"action": "change", "id": one.marketo_id, "fields": fields})

    refusal = {"kind": "marketo:1006", "message": "Field 'phone' not found"}
    sandbox.post("/_sandbox/faults", {"path": r"v1/leads\.json", "count": 1, **refusal})
    before = [person.phone, other.phone]
    for one in person, other:
        change(one)
        assert sync_changes(synced).status == RunStatus.SUCCEEDED
    phones = Person.objects.filter(pk__in=[person.pk, other.pk]).order_by("marketo_id").values_list("phone", flat=True)
    assert set(phones) == set(before), "Marketo shows it by now, and whoever changed meanwhile would keep the old one"
    assert sync().status == RunStatus.SUCCEEDED
    assert set(phones.all()) == {"0123"}


def test_without_the_fields_that_lead_to_salesforce_nobody_is_read(sync: Sync, sandbox: SandboxProcess) -> None:
    message = "Invalid fields [sfdcLeadId]"
    sandbox.post("/_sandbox/faults", {"path": r"create\.json", "kind": "marketo:1003", "message": message})
    run = sync()
    assert (run.failure, run.failure_params) == ("no_salesforce_fields", {"fields": "sfdcLeadId"})


def test_a_job_that_is_given_up_leaves_marketos_queue(
    sync: Sync, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract_engine, "JOB_DEADLINE", timedelta(seconds=1))
    sandbox.post("/_sandbox/faults", {"path": ENQUEUE, "kind": "export:stuck", "nth": 1})
    assert_complete(sync(), sandbox)
    cancelled = [call for call in sandbox.get("/_sandbox/calls") if call["path"].endswith("/cancel.json")]
    assert [call["status"] for call in cancelled] == [200]


def test_people_whose_row_cannot_be_read_stay(sync: Sync, sandbox: SandboxProcess, connected: SalesAccount) -> None:
    before = sync()
    sandbox.post("/_sandbox/switches", {"hostile_rows": True})
    run = sync()
    assert run.rejected > 0
    assert run.removed == 0
    assert Person.objects.for_account(connected).live().count() == before.synced


def test_refused_credentials_fail_the_run_and_mark_the_connection(sync: Sync, connected: SalesAccount) -> None:
    connection = connected.marketo_connection
    connection.client_secret = "wrong"
    connection.save()
    run = sync()
    assert (run.status, run.failure) == (RunStatus.FAILED, "marketo_credentials")
    connection.refresh_from_db()
    assert connection.status == "needs_reconnecting"


def test_disconnecting_in_the_middle_fails_the_run(connected: SalesAccount, admin: User) -> None:
    run = start_sync(account=connected, started_by=admin)
    work_until(Extract.objects.of_run(run).filter(status=ExtractStatus.RUNNING).exists)
    connected.marketo_connection.delete()
    run = finish(run)
    assert (run.status, run.failure) == (RunStatus.FAILED, "disconnected")


@pytest.mark.parametrize("loss", ["disconnected", "refused"])
def test_a_run_that_waits_for_tomorrow_ends_when_its_connection_is_lost(
    connected: SalesAccount,
    salesforce_connection: SalesforceConnection,
    admin: User,
    sandbox: SandboxProcess,
    loss: str,
) -> None:
    """Security statement 11: disconnecting ends the jobs, also those that are parked."""
    sandbox.post("/_sandbox/switches", {"export_megabytes": 0})
    run = start_sync(account=connected, started_by=admin)
    work_until(Extract.objects.of_run(run).filter(waiting_reason="marketo_quota").exists)
    runner.end_disconnected_runs()
    assert not run_is_over(run)
    if loss == "disconnected":
        salesforce_connection.delete()
    else:
        record_problem(salesforce_connection, ReconnectNeeded("salesforce", "invalid_grant"))
    runner.end_disconnected_runs()
    assert finish(run).status == RunStatus.FAILED
    assert "Salesforce" in str(failure_of(run).what)


def test_a_step_that_kills_every_worker_fails_the_run_in_the_end(connected: SalesAccount, admin: User) -> None:
    run = start_sync(account=connected, started_by=admin)
    SyncRun.objects.update(tries=MAX_TRIES)
    run = finish(run)
    assert (run.status, run.failure) == (RunStatus.FAILED, "crashed")


def test_a_worker_that_lost_its_lease_writes_nothing(connected: SalesAccount, admin: User) -> None:
    """Pain 24 and 25: two workers on one step, the first of them late."""
    run = start_sync(account=connected, started_by=admin)
    runner.advance_run(run.pk)
    late = Extract.objects.claim(Extract.objects.of_run(run).earliest("pk").pk)
    Extract.objects.filter(pk=late.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    runner.advance_extract(late.pk)
    status = Extract.objects.get(pk=late.pk).status
    with pytest.raises(LeaseLost):
        late.end_step(due_at=None, status=ExtractStatus.FAILED)
    assert Extract.objects.get(pk=late.pk).status == status


def test_nobody_takes_a_step_twice(connected: SalesAccount, admin: User) -> None:
    """The same message delivered again has no effect while a worker lives."""
    run = start_sync(account=connected, started_by=admin)
    assert SyncRun.objects.claim(run.pk)
    assert SyncRun.objects.claim(run.pk) is None
    runner.advance_run(run.pk)
    assert not Extract.objects.of_run(run).exists()


def test_a_call_that_fails_in_the_middle_of_a_load_is_in_diagnostics(
    connected: SalesAccount, admin: User, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was loaded is rolled back, and the trace of the call must not go with it."""
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", (5.0, 1.0))
    broken = {"path": r"export/.*/file\.json", "nth": 1}
    sandbox.post("/_sandbox/faults", broken | {"kind": "stall", "after_bytes": 900})
    # The rest is asked for, and that is refused.
    sandbox.post("/_sandbox/faults", broken | {"kind": "status:502"})
    run = start_sync(account=connected, started_by=admin)
    work_until(ApiFailure.objects.exists)
    assert ApiFailure.objects.get().operation.endswith("/file.json")
    cut_waits_short()
    assert_complete(finish(run), sandbox)
