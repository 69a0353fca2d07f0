"""Changes arrive without reading everybody again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from accounts.models import SalesAccount, User
from pipeline.engine import incremental as follow_engine
from pipeline.runner import start_due_syncs
from sandbox.testing import SandboxProcess
from sync.models import Cursor, Extract, Person, RunKind, SyncRun
from sync.services import SyncRefused, start_sync
from sync.statuses import RunStatus
from tests.conftest import ClientOf
from tests.factories import make_people, make_run
from tests.sync.conftest import Change, Sync
from tests.sync.driving import finish
from tests.sync.incremental_runs import ids, sync_changes

pytestmark = pytest.mark.django_db(transaction=True)


def copy_of(account: SalesAccount) -> list[dict[str, Any]]:
    """The people of the copy, without the times that runs leave on them."""
    names = [field.name for field in Person._meta.concrete_fields if field.name not in {"changed_at", "removed_at"}]
    return list(Person.objects.for_account(account).live().order_by("marketo_id").values(*names))


def test_what_is_followed_equals_what_a_full_sync_reads(synced: SalesAccount, change: Change, sync: Sync) -> None:
    """Pain 20: new, changed, re-owned, converted, merged and deleted people, by their ids alone."""
    leads, contacts = ids(synced, "Lead", 8), ids(synced, "Contact", 2)
    change("create", kind="lead", count=3, fields={"firstName": "Nova"})
    change("change", leads[0], contacts[0], fields={"title": "Chair"})
    change("delete", leads[1])
    change("delete", leads[2], system="salesforce")
    change("convert", leads[3])
    change("reown", leads[4], owner="queue")
    change("delete", leads[5], system="salesforce")
    change("merge", leads[6], leads[7])
    change("merge", *contacts)
    run = sync_changes(synced)
    assert (run.added, run.removed) == (3, 6)
    assert run.updated >= 2
    assert run.seen < 100
    followed = copy_of(synced)
    full = sync()
    assert full.changed == 0
    assert copy_of(synced) == followed


def test_the_page_of_such_a_run_says_what_was_read(synced: SalesAccount, admin: User, client_of: ClientOf) -> None:
    page = client_of(admin).get(sync_changes(synced).get_absolute_url()).content.decode()
    assert "What this run reads, and when" in page
    assert "by ID" in page


def test_somebody_who_gets_an_owner_arrives(synced: SalesAccount, change: Change) -> None:
    (person,) = change("create", kind="queue_lead")
    assert sync_changes(synced).added == 0
    change("reown", person, owner="user")
    assert sync_changes(synced).added == 1
    assert Person.objects.for_account(synced).live().filter(marketo_id=person).exists()
    change("reown", person, owner="queue")
    assert sync_changes(synced).removed == 1
    change("reown", person, owner="user")
    back = sync_changes(synced)
    assert (back.added, back.updated) == (1, 0), "who comes back is added again"


def test_who_changed_in_both_systems_is_read_once(
    synced: SalesAccount, change: Change, sandbox: SandboxProcess
) -> None:
    """Pain 7: the copy names the people of a changed record; Marketo need not search for them."""
    # Of somebody whose lead was converted the lead's record changes, too, and that counts for nobody.
    contacts = Person.objects.for_account(synced).filter(salesforce_type="Contact", salesforce_lead_id=None)
    people = ids(synced, "Lead", 4) + list(contacts.values_list("marketo_id", flat=True)[:4])
    change("change", *people, fields={"title": "Chair"})
    change("reown", *people, owner="user")
    sandbox.delete("/_sandbox/calls")
    run = sync_changes(synced)
    assert (run.seen, run.updated) == (8, 8)
    assert [call["path"] for call in sandbox.get("/_sandbox/calls")].count("/rest/v1/leads.json") == 1


def test_everybody_who_counts_by_a_record_is_read_when_it_changes(synced: SalesAccount, change: Change) -> None:
    """Two people of Marketo may share one record; the second of these is nobody there, and is not shown."""
    shared = Person.objects.for_account(synced).live().filter(salesforce_type="Lead").earliest("marketo_id")
    twin = Person.objects.get(account=synced, marketo_id=shared.marketo_id)
    twin.marketo_id = 999_999
    twin.save(force_insert=True)
    change("delete", shared.marketo_id, system="salesforce")
    run = sync_changes(synced)
    assert (run.removed, run.kept) == (1, {"not_shown_by_marketo": 1})
    assert Person.objects.get(account=synced, marketo_id=shared.marketo_id).removed_reason == "deleted_in_salesforce"
    twin = Person.objects.for_account(synced).live().get(marketo_id=999_999)
    assert twin.hidden_reason == "not_shown_by_marketo"
    assert twin.hidden_since


def test_following_without_changes_writes_nothing(synced: SalesAccount) -> None:
    """Pain 7: the cost is that of the changes."""
    first, second = sync_changes(synced), sync_changes(synced)
    assert (first.changed, second.changed, second.seen) == (0, 0, 0)
    assert not Extract.objects.of_run(second).exclude(remote_id="").exists()


def test_cursors_move_with_the_copy_only(synced: SalesAccount, change: Change, sandbox: SandboxProcess) -> None:
    sync_changes(synced)
    before = list(Cursor.objects.order_by("stream").values_list("stream", "token", "since"))
    change("change", ids(synced, "Lead", 1)[0], fields={"title": "Chair"})
    sandbox.post("/_sandbox/faults", {"path": r"leads\.json", "kind": "marketo:603"})
    run = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    assert run.status == RunStatus.FAILED
    assert list(Cursor.objects.order_by("stream").values_list("stream", "token", "since")) == before
    sandbox.delete("/_sandbox/faults")
    assert sync_changes(synced).updated == 1
    assert list(Cursor.objects.order_by("stream").values_list("stream", "token", "since")) != before


def test_a_token_that_marketo_no_longer_knows_is_made_anew(synced: SalesAccount, change: Change) -> None:
    change("change", ids(synced, "Lead", 1)[0], fields={"title": "Chair"})
    Cursor.objects.filter(stream__startswith="marketo").update(token="forgotten")
    assert sync_changes(synced).updated == 1


def test_a_full_run_takes_the_place_of_one_that_follows(synced: SalesAccount, admin: User) -> None:
    following = start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL)
    full = start_sync(account=synced, started_by=admin)
    following.refresh_from_db()
    assert following.status == RunStatus.CANCELLED
    assert finish(full).status == RunStatus.SUCCEEDED


def test_too_many_changes_call_for_a_full_run(
    synced: SalesAccount, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_engine, "MOST_CHANGES", 3)
    change("change", *ids(synced, "Lead", 4), fields={"title": "Chair"})
    run = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    assert (run.status, run.failure) == (RunStatus.FAILED, "too_many_changes")
    start_due_syncs()
    assert SyncRun.objects.latest("pk").kind == RunKind.FULL


def test_nothing_is_followed_before_the_first_sync(connected: SalesAccount) -> None:
    with pytest.raises(SyncRefused, match="full sync first"):
        start_sync(account=connected, started_by=None, kind=RunKind.INCREMENTAL)


def test_accounts_are_followed_once_they_have_been_synced(synced: SalesAccount, stranger: User) -> None:
    start_due_syncs()
    start_due_syncs()
    run = SyncRun.objects.for_account(synced).unfinished().get()
    assert run.kind == RunKind.INCREMENTAL
    assert not SyncRun.objects.for_account(stranger.member.account).exists()


def test_everybody_is_read_again_every_week(synced: SalesAccount) -> None:
    SyncRun.objects.update(created_at=timezone.now() - timedelta(days=7, seconds=1))
    start_due_syncs()
    assert SyncRun.objects.latest("pk").kind == RunKind.FULL


def test_a_full_run_that_failed_is_not_begun_again_at_once(synced: SalesAccount) -> None:
    SyncRun.objects.update(created_at=timezone.now() - timedelta(days=8))
    failed = make_run(synced, RunStatus.FAILED)
    make_run(synced, RunStatus.FAILED, kind=RunKind.INCREMENTAL, failure="too_many_changes")
    start_due_syncs()
    assert not SyncRun.objects.unfinished().exists(), "to follow would only find too many changes again"
    SyncRun.objects.filter(pk=failed.pk).update(created_at=timezone.now() - timedelta(hours=7))
    start_due_syncs()
    assert SyncRun.objects.latest("pk").kind == RunKind.FULL


def test_a_cancelled_full_run_is_left_alone_while_the_last_is_fresh(synced: SalesAccount) -> None:
    cancelled = make_run(synced, RunStatus.CANCELLED)
    SyncRun.objects.filter(pk=cancelled.pk).update(created_at=timezone.now() - timedelta(hours=7))
    start_due_syncs()
    assert SyncRun.objects.latest("pk").kind == RunKind.INCREMENTAL


def test_old_runs_that_followed_changes_are_forgotten(synced: SalesAccount, change: Change) -> None:
    idle = sync_changes(synced)
    somebody = Person.objects.for_account(synced).live().earliest("marketo_id")
    change("change", somebody.marketo_id, fields={"title": "Chair"})
    changed = sync_changes(synced)
    assert changed.updated == 1
    SyncRun.objects.update(finished_at=timezone.now() - timedelta(days=4))
    start_due_syncs()
    assert not SyncRun.objects.filter(pk=idle.pk).exists()
    assert SyncRun.objects.filter(pk=changed.pk).exists(), "its changes can be seen and taken back"
    SyncRun.objects.filter(pk=changed.pk).update(finished_at=timezone.now() - timedelta(days=91))
    start_due_syncs()
    assert not SyncRun.objects.filter(pk=changed.pk).exists()
    assert SyncRun.objects.for_account(synced).full().exists()


def test_what_becomes_visible_late_is_read(synced: SalesAccount, sandbox: SandboxProcess) -> None:
    """A long transaction of Salesforce: its record carries a time up to which another run has already read."""
    assert sync_changes(synced).seen == 0
    lead = Person.objects.for_account(synced).filter(salesforce_type="Lead").earliest("marketo_id")
    late = {"object": "Lead", "id": lead.salesforce_lead_id, "seconds": 300}
    sandbox.post("/_sandbox/salesforce", {"action": "backdate_record", **late})
    assert sync_changes(synced).seen == 1


def test_whom_a_changed_record_is_about_is_seen_in_an_index(account: SalesAccount) -> None:
    """A look at each of 1,500,000 people takes half a second, for every record."""
    make_people(account, 1_000)
    with transaction.atomic(), connection.cursor() as cursor:
        # Of what other tests have left behind, statistics would say that there is nobody, and any index would do.
        cursor.execute("ANALYZE sync_person")
        cursor.execute("CREATE TEMPORARY TABLE changed (kind text, id text) ON COMMIT DROP")
        statement = sql.SQL(f"EXPLAIN {follow_engine.NAME_PEOPLE}").format(changed=sql.Identifier("changed"))
        cursor.execute(statement, [["lead"], ["00Q000000000001AAA"], account.pk])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    conditions = plan.partition("person_by_record")[2].partition("Filter")[0]
    assert "record.id" in conditions
