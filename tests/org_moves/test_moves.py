"""Moving an account to another Salesforce org: two sandboxes, and one that was copied anew."""

import random
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import AuditEvent, Occurrence, SalesAccount, User
from accounts.permissions import Role
from accounts.services import RefusedError
from clients.marketo.types import StaticList
from connections.models import OrphanedToken, SalesforceConnection
from connections.orgs import OrgMove
from connections.services.revocation import BEING_STORED, revoke_orphans
from history.models import Change
from notifications.audiences import receivers_of
from org_moves.events import OWN_ENDED
from org_moves.services import move_to_org, what_hangs_on_it
from people.person import standing_of
from people.trace import trace_of
from people.verdict import explain
from people.why import ask
from salesforce_orgs.moves import move_under_way, settle_move
from sandbox.testing import SandboxProcess
from sync.decisions import approve_run, can_be_undone
from sync.eligibility import Reason
from sync.models import Person, RunKind, SyncRun
from sync.moves import end_move, people_not_found
from sync.policies import Schedule
from sync.schedule import Past, due_kind
from sync.services import SyncRefused, start_sync
from sync.statuses import RunStatus
from tests.factories import make_member, make_people, make_run, make_salesforce_connection
from tests.mortal import mortal_processes
from tests.org_moves.moving import _registered_app, ids_of, log_in_to, move, offer, other_org, running_other_org
from tests.sync.conftest import Change as ChangePeople
from tests.sync.driving import finish, work_until
from tests.sync.processes import console_environment
from tests.sync.test_nobody_leaves import share

__all__ = ["_registered_app", "offer", "other_org", "running_other_org"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_nobody_leaves_for_not_being_in_the_new_org_until_the_move_is_settled(
    offer: OrgMove, admin: User, synced: SalesAccount, sandbox: SandboxProcess
) -> None:
    before = Person.objects.for_account(synced).live().count()
    run = finish(move(offer, admin))
    assert (run.status, run.started_by, run.removed) == (RunStatus.SUCCEEDED, admin, 0), run.held
    OrphanedToken.objects.update(created_at=F("created_at") - BEING_STORED)
    revoke_orphans()
    assert sandbox.get("/_sandbox/state")["org"]["grants"] == 0, "the old token was given back"
    connection = SalesforceConnection.objects.get()
    assert (connection.org_id, connection.org_name) == (offer.org_id, "Acme 2027")
    people = Person.objects.for_account(synced).live()
    assert people.count() == before
    assert not people.exclude(owner_id="").exists()
    assert not people.filter(salesforce_lead_id__gt="").exists()
    assert not people.filter(salesforce_contact_id__gt="").exists()
    told = Change.objects.for_account(synced).of_run(run.pk)
    assert told.count() == before, "the history says what was taken away"
    assert told[0].before["owner_id"].startswith("005")
    assert not can_be_undone(run), "old ids do not come back"
    # Marketo still names records of the old org. That is no reason while the account moves ...
    again = finish(start_sync(account=synced, started_by=admin))
    assert (again.status, again.removed) == (RunStatus.SUCCEEDED, 0)
    assert again.kept == {Reason.NOT_IN_NEW_ORG: before}
    one = people.earliest("marketo_id")
    found = ask(synced, one.marketo_id)
    assert (found.reason, one.hidden_reason) == (Reason.NOT_IN_NEW_ORG, Reason.NOT_IN_NEW_ORG)
    assert "Stays for now" in str(explain(found, again)[0])
    assert "not found in the new Salesforce org" in standing_of(one, is_erased=False).sentence
    assert "does not have" in trace_of(found)[2].fact
    # ... and one like any other afterwards: they are many, so somebody decides.
    underway = move_under_way(synced)
    assert underway
    end_move(underway, by=admin)
    assert ask(synced, one.marketo_id).reason == Reason.NOT_IN_SALESFORCE
    last = finish(start_sync(account=synced, started_by=admin))
    assert last.status == RunStatus.HELD
    assert set(last.held["removed"]) == {Reason.NOT_IN_SALESFORCE}
    actions = AuditEvent.objects.filter(action__contains="move").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["connections.move_offered", "connections.moved", "connections.move_settled"]


def test_a_sandbox_that_was_copied_anew_has_everybody_and_settles_the_move_by_itself(
    synced: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    before = Person.objects.for_account(synced).live().count()
    sandbox.post("/_sandbox/salesforce", {"action": "refresh_sandbox"})
    run = finish(move(log_in_to(sandbox, synced, admin), admin))
    assert (run.status, run.people) == (RunStatus.SUCCEEDED, before)
    assert move_under_way(synced) is None
    assert OrgMove.objects.get().settled_at


def test_what_a_later_full_run_is_not_shown_was_of_the_new_org_and_stays(
    synced: SalesAccount, admin: User, sandbox: SandboxProcess
) -> None:
    """Only the first full run takes ids away, and the guards are off for it alone."""
    sandbox.post("/_sandbox/salesforce", {"action": "refresh_sandbox"})
    offered = log_in_to(sandbox, synced, admin)
    share(sandbox, "part", percent=60)
    assert finish(move(offered, admin)).status == RunStatus.SUCCEEDED
    people = Person.objects.for_account(synced).live()
    found = ids_of(people)
    assert 0 < len(found) < people.count(), "partly found"
    assert people_not_found(synced) == people.count() - len(found)
    share(sandbox, "part", percent=30)
    again = finish(start_sync(account=synced, started_by=admin))
    assert (again.status, again.removed) == (RunStatus.SUCCEEDED, 0)
    assert found.items() <= ids_of(people).items()
    assert move_under_way(synced)
    share(sandbox, "all")
    leads = people.filter(marketo_id__in=found, salesforce_account_id=None)
    leads.update(salesforce_account_id="001000000000001AAA")
    held = finish(start_sync(account=synced, started_by=admin))
    assert (held.status, set(held.held["blanked"])) == (RunStatus.HELD, {"salesforce_account_id"})


@pytest.mark.parametrize("is_row_odd", [True, False])
def test_who_could_not_be_read_loses_the_old_ids_and_keeps_the_move_going(
    synced: SalesAccount, admin: User, sandbox: SandboxProcess, is_row_odd: bool
) -> None:
    sandbox.post("/_sandbox/salesforce", {"action": "refresh_sandbox"})
    offered = log_in_to(sandbox, synced, admin)
    sandbox.post("/_sandbox/switches", {"hostile_rows": is_row_odd})
    if not is_row_odd:
        # Marketo does not show them, nor says that they are gone.
        make_people(synced, count=2, first_id=9_000_001, salesforce_lead_id="00Q000000000001AAA")
    run = finish(move(offered, admin))
    assert (run.status, run.removed) == (RunStatus.SUCCEEDED, 0)
    not_found = Person.objects.for_account(synced).live().filter(owner_id="")
    assert 0 < not_found.count() == people_not_found(synced) < run.people
    assert not not_found.filter(salesforce_lead_id__gt="").exists()
    assert not not_found.filter(salesforce_contact_id__gt="").exists()
    assert move_under_way(synced)
    sandbox.post("/_sandbox/switches", {"hostile_rows": False})
    assert finish(start_sync(account=synced, started_by=admin)).status == RunStatus.SUCCEEDED
    assert (move_under_way(synced) is None) == is_row_odd == (not not_found.exists())


def test_the_move_ends_after_the_run_so_that_nobody_waits_for_each_other(
    synced: SalesAccount, admin: User, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who cancels a run takes its row first, and then the turn of the audit trail."""
    sandbox.post("/_sandbox/salesforce", {"action": "refresh_sandbox"})
    run, seen = move(log_in_to(sandbox, synced, admin), admin), []

    def settle(this: OrgMove) -> None:
        seen.append(SyncRun.objects.get(pk=run.pk).status)
        settle_move(this)

    monkeypatch.setattr("sync.engine.merge.settle_move", settle)
    finish(run)
    assert seen == [RunStatus.SUCCEEDED]


def test_a_run_on_its_way_is_stopped_and_a_stopped_one_is_decided_no_more(
    offer: OrgMove, admin: User, synced: SalesAccount, change: ChangePeople
) -> None:
    people = Person.objects.for_account(synced).live().order_by("marketo_id")
    deleted = change("delete", *people.values_list("marketo_id", flat=True)[:30])
    held = finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL))
    assert held.status == RunStatus.HELD
    running = start_sync(account=synced, started_by=admin)
    work_until(lambda: SyncRun.objects.filter(pk=running.pk, status=RunStatus.MERGING).exists())
    assert what_hangs_on_it(offer).copy.running == running
    following = move(offer, admin)
    running.refresh_from_db()
    assert running.status == RunStatus.CANCELLED
    with pytest.raises(SyncRefused, match="old Salesforce org"):
        approve_run(run=held, approved_by=admin)
    run = finish(following)
    # What the held run had seen of departures is not forgotten: that they were deleted has nothing to do with the org.
    assert (run.status, run.held["removed"]) == (RunStatus.HELD, {Reason.DELETED_IN_MARKETO: len(deleted)})
    assert run.held["moved_from"] == "Acme Inc"
    held.refresh_from_db()
    assert held.status == RunStatus.DISCARDED


def test_a_move_between_the_look_and_the_decision_is_seen(
    synced: SalesAccount, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = make_run(synced, status=RunStatus.HELD)
    moved = {"from_org_id": "1", "org_id": "2", "is_sandbox": False, "moved_at": timezone.now()}
    monkeypatch.setattr("sync.decisions.make_way", lambda account: OrgMove.objects.create(account=account, **moved))
    with pytest.raises(SyncRefused, match="old Salesforce org"):
        approve_run(run=held, approved_by=admin)
    held.refresh_from_db()
    assert held.status == RunStatus.HELD


def test_the_page_of_a_move_waits_for_no_revocation(offer: OrgMove, admin: User, sandbox: SandboxProcess) -> None:
    move(offer, admin)
    assert sandbox.get("/_sandbox/state")["org"]["grants"] == 1
    assert OrphanedToken.objects.count() == 1


def test_without_a_copy_only_a_load_that_was_stopped_is_followed_by_another(
    connected: SalesAccount, admin: User, other_org: SandboxProcess
) -> None:
    offered = log_in_to(other_org, connected, admin)
    assert not what_hangs_on_it(offered).is_followed_by_run
    assert start_sync(account=connected, started_by=admin, is_dry_run=True)
    assert not what_hangs_on_it(offered).is_followed_by_run
    SyncRun.objects.all().delete()
    first = start_sync(account=connected, started_by=admin, only=StaticList(1001, "Nordics"))
    found = what_hangs_on_it(offered)
    assert (found.is_followed_by_run, found.is_connected) == (True, True)
    SalesforceConnection.objects.all().delete()
    assert not what_hangs_on_it(offered).is_connected
    following = move(offered, admin)
    first.refresh_from_db()
    assert first.status == RunStatus.CANCELLED
    assert (following.kind, following.list_id, following.list_name) == (RunKind.FULL, 1001, "Nordics")


def test_without_a_copy_and_a_load_nothing_begins(
    connected: SalesAccount, admin: User, other_org: SandboxProcess
) -> None:
    offered = log_in_to(other_org, connected, admin)
    assert move_to_org(account=connected, move_id=offered.pk, by=admin)
    assert not SyncRun.objects.exists()


def test_until_everybody_was_read_from_the_new_org_no_changes_are_followed(
    offer: OrgMove, admin: User, synced: SalesAccount
) -> None:
    now = move(offer, admin).created_at
    SyncRun.objects.unfinished().update(status=RunStatus.FAILED, failure="crashed", finished_at=now)
    underway = move_under_way(synced)
    assert underway
    with pytest.raises(RefusedError, match="Nobody has been read"):
        end_move(underway, by=admin)
    assert move_under_way(synced)
    with pytest.raises(SyncRefused, match="Start a full sync"):
        start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL)
    past = Past.of(synced)
    assert due_kind(Schedule.of(synced), past, now) is None
    assert due_kind(Schedule.of(synced), past, now + timedelta(hours=7)) == RunKind.FULL, "before its week is over"


def test_own_connections_end_and_their_owners_alone_are_told(offer: OrgMove, admin: User, synced: SalesAccount) -> None:
    seller = make_member(synced, "seller@acme.example", Role.USER)
    other_admin = make_member(synced, "other@acme.example", Role.ADMIN)
    own = make_salesforce_connection(synced, member=seller, connected_by=seller.user, username="seller@old.example")
    moved = make_salesforce_connection(
        synced, member=other_admin, connected_by=other_admin.user, org_id=offer.org_id, username="other@new.example"
    )
    assert list(what_hangs_on_it(offer).own_connections) == [own]
    move(offer, admin)
    assert list(SalesforceConnection.objects.filter(member__isnull=False)) == [moved]
    occurrence = Occurrence.objects.get(event=OWN_ENDED.key)
    assert [receiver.user for receiver in receivers_of(occurrence, OWN_ENDED)] == [seller.user]


def do_move(offer_id: int, user_id: int) -> None:
    """Somebody presses Move, in a process of its own."""
    offered = OrgMove.objects.get(pk=offer_id)
    move_to_org(account=offered.account, move_id=offer_id, by=User.objects.get(pk=user_id))


def test_a_move_that_is_killed_anywhere_has_happened_or_not(
    offer: OrgMove, admin: User, synced: SalesAccount, sandbox: SandboxProcess, other_org: SandboxProcess
) -> None:
    """And pressed again it is done once."""
    seller = make_member(synced, "seller@acme.example", Role.USER)
    make_salesforce_connection(synced, member=seller, connected_by=seller.user, login_origin=sandbox.url)
    dice, kills, statements = random.Random(3), 0, 0
    with mortal_processes(console_environment(sandbox)) as processes:
        while not offer.moved_at:
            statements += dice.randint(1, 9)
            kills += processes.live(do_move, offer.pk, admin.pk, statements=statements)
            offer.refresh_from_db()
            if offer.moved_at:
                break
            assert SalesforceConnection.objects.for_account(synced).get().org_id == offer.from_org_id
            assert not SyncRun.objects.for_account(synced).unfinished().exists()
            assert not Occurrence.objects.filter(event=OWN_ENDED.key).exists()
        assert kills >= 8
        assert not processes.live(do_move, offer.pk, admin.pk, statements=1_000)
    assert SalesforceConnection.objects.get().org_id == offer.org_id
    assert SyncRun.objects.for_account(synced).unfinished().count() == 1
    assert Occurrence.objects.filter(event=OWN_ENDED.key).count() == 1
    assert AuditEvent.objects.filter(action="connections.moved").count() == 1
