"""What whoever must act is told of runs and copies: when it begins, and when it is over."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.models import Occurrence, SalesAccount, User
from common.events import Event, find_event
from connections.marketo_share import MarketoShare
from pipeline.engine.budget import MarketoBudget
from pipeline.events import ALLOWANCE_LOW
from pipeline.tasks import watch_allowances
from sandbox.testing import SandboxProcess
from sync.decisions import approve_run, discard_run
from sync.engine.cursors import OVERLAP
from sync.engine.fields import SYNCED_FIELDS
from sync.engine.hold import expire, supersede
from sync.engine.problems import RunFailed
from sync.engine.telling import tell_of_failure, tell_of_hold, tell_of_success
from sync.events import COPY_OLD, FIELDS_GONE, FULL_SYNC_DONE, RUN_FAILED, RUN_HELD, RUN_WAITS
from sync.messages import FAILURES
from sync.models import Cursor, Extract, Person, RunKind, SyncRun
from sync.policies import HoldLimit
from sync.services import start_sync
from sync.statuses import RunStatus
from sync.tasks import watch_runs
from tests.factories import (
    make_account,
    make_cursor,
    make_extract,
    make_marketo_connection,
    make_run,
    make_salesforce_connection,
)
from tests.sync.conftest import Change
from tests.sync.driving import finish


def going_on() -> set[str]:
    return set(Occurrence.objects.going_on().values_list("event", flat=True))


def told(event: Event) -> str:
    """The sentence of the last time that it happened."""
    occurrence = Occurrence.objects.filter(event=event.key).latest("pk")
    found = find_event(occurrence.event)
    assert found
    return found.describe(occurrence.details).what


def over(event: Event) -> str:
    """The sentence that says how it was over the last time."""
    return event.ending(Occurrence.objects.filter(event=event.key).latest("pk").details)


@pytest.mark.django_db(transaction=True)
class TestRuns:
    def test_a_failure_is_told_until_a_run_succeeds(
        self, synced: SalesAccount, admin: User, sandbox: SandboxProcess
    ) -> None:
        Occurrence.objects.all().delete()
        sandbox.post("/_sandbox/faults", {"path": r"export/.*/status\.json", "kind": "status:404"})
        for _ in range(2):
            failed = finish(start_sync(account=synced, started_by=admin))
        assert failed.status == RunStatus.FAILED
        occurrence = Occurrence.objects.get()
        assert (occurrence.event, occurrence.concerned) == (RUN_FAILED.key, admin)
        # What the provider answered may name people.
        assert "404" not in str(occurrence.details)
        assert told(RUN_FAILED).startswith(f"Full sync: run {failed.pk} ")
        sandbox.delete("/_sandbox/faults")
        finish(start_sync(account=synced, started_by=admin))
        assert not going_on()
        assert told(FULL_SYNC_DONE).endswith("people are in the copy, and all match the source.")

    def test_a_held_run_is_told_until_it_was_decided(self, synced: SalesAccount, admin: User, change: Change) -> None:
        HoldLimit.objects.create(account=synced, people=1, percent=0)
        ids = Person.objects.for_account(synced).live().values_list("marketo_id", flat=True)[:3]
        change("delete", *ids)
        held = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
        watch_runs()
        assert going_on() == {RUN_HELD.key}
        assert told(RUN_HELD) == (
            f"Run {held.pk} would change 3 people at once. It is held, and nothing has changed. Deleted in Marketo: 3"
        )
        discard_run(run=held, discarded_by=admin)
        watch_runs()
        assert not going_on()
        assert over(RUN_HELD) == f"Run {held.pk} was discarded. Nothing has changed."


@pytest.mark.parametrize("failure", [*FAILURES, "marketo_credentials", "salesforce_quota"])
@pytest.mark.parametrize("language", ["en", "sv"])
def test_every_failure_can_be_told(account: SalesAccount, failure: str, language: str) -> None:
    params = dict.fromkeys(
        ("fields", "service", "detail", "most", "list", "source_rows", "copy_rows", "tries", "days"), "x"
    ) | {"reason": "marketo_quota"}
    tell_of_failure(make_run(account, RunStatus.FAILED), RunFailed(failure, **params))
    with translation.override(language):
        assert "{" not in told(RUN_FAILED)


def test_it_is_told_how_a_held_run_ended(account: SalesAccount, admin: User) -> None:
    approved = make_run(account, RunStatus.HELD, kind=RunKind.UNDO)
    tell_of_hold(approved, {"removed": {}})
    approve_run(run=approved, approved_by=admin)
    assert over(RUN_HELD) == f"Run {approved.pk} was approved and goes on."
    overtaken = make_run(account, RunStatus.HELD)
    tell_of_hold(overtaken, {"removed": {}})
    supersede(make_run(account))
    assert over(RUN_HELD) == f"A full sync has read everybody since: run {overtaken.pk} waits for no decision any more."
    expired = make_run(account, RunStatus.HELD, held={"removed": {}})
    tell_of_hold(expired, {"removed": {}})
    expire(expired)
    assert over(RUN_HELD) == f"Nobody decided about run {expired.pk} in time: it was discarded. Nothing has changed."


def test_a_full_sync_says_whom_it_removed(account: SalesAccount) -> None:
    tell_of_success(make_run(account), people=1817)
    assert told(FULL_SYNC_DONE).endswith("all match the source.")
    tell_of_success(make_run(account), people=1817, removed=553)
    assert told(FULL_SYNC_DONE).endswith("all match the source. 553 people were removed.")


def test_incremental_success_says_nothing_of_a_full_sync_that_failed(account: SalesAccount) -> None:
    for kind in RunKind.FULL, RunKind.INCREMENTAL:
        tell_of_failure(make_run(account, RunStatus.FAILED, kind=kind), RunFailed("crashed", tries=60))
    tell_of_success(make_run(account, kind=RunKind.INCREMENTAL), people=1)
    assert Occurrence.objects.going_on().get().subject == RunKind.FULL
    tell_of_success(make_run(account), people=1)
    assert not going_on()


def test_fields_that_are_gone_are_told_until_they_are_read_again(account: SalesAccount) -> None:
    names = [
        "id", "firstName", "lastName", "sfdcContactId", "sfdcLeadId", "sfdcAccountId",
        "company", "title", "email", "phone", "linkedInProfileURL", "leadSource",
    ]  # fmt: skip
    fewer = [name for name in names if name not in {"title", "phone"}]
    for fields, expected in ((names, False), (fewer, True), (fewer, True), (names, False)):
        tell_of_success(make_run(account, fields=fields), people=1)
        assert (FIELDS_GONE.key in going_on()) == expected
    assert told(FIELDS_GONE) == (
        "Marketo no longer shows these fields: Phone number, Title. Incremental syncs leave them as they were, a full "
        "sync leaves them empty."
    )


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("linkedInURL__c", "The fields are read again."),
        ("aLinkedIn", "another field is copied in its place until it is shown again."),
    ],
)
def test_another_field_for_linkedin_is_not_the_one_that_was_gone(
    account: SalesAccount, field: str, sentence: str
) -> None:
    for fields in ["id", "linkedInURL__c"], ["id"], ["id", field]:
        tell_of_success(make_run(account, fields=fields), people=1)
    assert FIELDS_GONE.key not in going_on()
    assert over(FIELDS_GONE).endswith(sentence)


def test_each_field_that_goes_is_told_and_as_long_as_it_is_gone(account: SalesAccount) -> None:
    def fields_told(*gone: str) -> list[list[str]]:
        fields = [field.marketo_name for field in SYNCED_FIELDS if field.marketo_name and field.column not in gone]
        tell_of_success(make_run(account, fields=fields), people=1)
        told = Occurrence.objects.going_on().filter(event=FIELDS_GONE.key).order_by("pk")
        return [occurrence.details["fields"] for occurrence in told]

    assert fields_told() == []
    assert fields_told("phone", "title") == [["phone", "title"]]
    assert fields_told("phone", "title", "company") == [["phone", "title"], ["company"]]
    assert fields_told("phone") == [["phone"]]
    assert fields_told() == []


def test_a_run_that_waits_for_long_is_told_until_it_goes_on(account: SalesAccount) -> None:
    run, now = make_run(account, RunStatus.EXTRACTING), timezone.now()
    extract = make_extract(run, waiting_reason="marketo_quota", waiting_since=now, due_at=now + timedelta(hours=6))
    watch_runs()
    assert not going_on()
    Extract.objects.update(waiting_since=now - timedelta(minutes=31))
    watch_runs()
    assert told(RUN_WAITS).startswith(f"Run {run.pk} has waited for more than 30 minutes. Marketo's daily limit")
    extract.refresh_from_db()
    Extract.objects.update(waiting_reason="", waiting_since=None)
    watch_runs()
    assert not going_on()


@pytest.mark.django_db
def test_many_runs_that_wait_are_looked_at_together() -> None:
    """When Marketo is away, it is away for all."""
    looks = []
    for number in range(3):
        run = make_run(make_account(f"Company {number}"), RunStatus.EXTRACTING)
        make_extract(run, waiting_reason="marketo_quota", waiting_since=timezone.now())
        with CaptureQueriesContext(connection) as look:
            watch_runs()
        looks.append(len(look))
    assert looks == looks[:1] * 3


def test_an_old_copy_is_told_until_it_is_up_to_date(account: SalesAccount) -> None:
    make_cursor(account)
    make_marketo_connection(account)
    make_salesforce_connection(account)
    watch_runs()
    assert not going_on()
    Cursor.objects.update(since=timezone.now() - timedelta(minutes=90) - OVERLAP)
    watch_runs()
    assert told(COPY_OLD) == "The copy is at least 1 h 30 min behind."
    Cursor.objects.update(since=timezone.now() - timedelta(minutes=120) - OVERLAP)
    watch_runs()
    assert told(COPY_OLD) == "The copy is at least 2 h behind."
    assert Occurrence.objects.count() == 1
    Cursor.objects.update(since=timezone.now())
    watch_runs()
    assert not going_on()


def test_an_allowance_is_told_from_four_fifths_on_until_it_begins_anew(account: SalesAccount) -> None:
    make_cursor(account)
    connection = make_marketo_connection(account)
    for calls, expected in ((0.79, set()), (0.8, {ALLOWANCE_LOW.key}), (0.01, set())):
        MarketoBudget(connection.endpoint).learn_calls(int(MarketoShare().calls * calls))
        watch_allowances()
        assert going_on() == expected
    assert told(ALLOWANCE_LOW) == "Marketo calls today: 80% of the day's allowance is used."


def test_a_broken_connection_is_not_told_twice(account: SalesAccount) -> None:
    Occurrence.objects.create(account=account, event="connections.marketo_broken")
    tell_of_failure(make_run(account, RunStatus.FAILED), RunFailed("marketo_credentials"))
    assert going_on() == {"connections.marketo_broken"}


def test_another_account_is_not_looked_at(account: SalesAccount, stranger: User) -> None:
    tell_of_failure(make_run(stranger.member.account, RunStatus.FAILED), RunFailed("crashed", tries=60))
    tell_of_success(make_run(account), people=1)
    assert RUN_FAILED.key in going_on()
    assert not SyncRun.objects.for_account(account).exclude(status=RunStatus.SUCCEEDED).exists()
