"""What is offered before an account moves to another org: nothing is replaced until somebody decides."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent, Member, Occurrence, SalesAccount, User
from accounts.permissions import Role
from clients.http import open_session
from clients.salesforce import oauth
from connections.models import OrphanedToken, SalesforceConnection
from connections.orgs import CopiedOrg, OrgMove, unsealed
from connections.services.client_factory import salesforce_client
from members.services import change_role, remove_member
from notifications.audiences import receivers_of
from org_moves import services
from org_moves.services import move_to_org, what_hangs_on_it
from org_moves.urls import ORG_MOVE
from problems.messages import ConnectionProblem
from salesforce_orgs import offers
from salesforce_orgs.events import MOVE_WAITS
from salesforce_orgs.moves import move_under_way
from salesforce_orgs.offers import OFFERED_FOR, offered_move, withdraw_move, withdraw_old_moves
from salesforce_orgs.services import disconnect_salesforce
from salesforce_orgs.storing import Made, keep_connection
from sandbox.testing import SandboxProcess
from sync.models import Person, RunKind, SyncRun
from sync.services import start_sync
from sync.statuses import RunStatus
from tests.factories import make_member, make_run
from tests.org_moves.moving import _registered_app, log_in_to, offer, other_org, running_other_org
from tests.pages import text_of
from tests.salesforce_sign_in import signed_in
from tests.sync.driving import finish

__all__ = ["_registered_app", "offer", "other_org", "running_other_org"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("tasks_run_at_once")
def test_nothing_is_replaced_before_somebody_decides_and_cancelling_leaves_all_as_it_was(
    offer: OrgMove, admin: User, other_org: SandboxProcess, sandbox: SandboxProcess, synced: SalesAccount
) -> None:
    before = SalesforceConnection.objects.values().get()
    people = list(Person.objects.for_account(synced).order_by("marketo_id").values())
    for org_id in (offer.from_org_id, offer.org_id):
        SocialAccount.objects.create(user=admin, provider="salesforce", uid=f"{org_id}/005000000000001AAA")
    found = what_hangs_on_it(offer)
    assert (found.copy.people, found.copy.running, found.has_marketo) == (len(people), None, True)
    assert found.sign_ins == 1
    assert (offer.from_org_name, offer.org_name) == ("Acme Inc", "Acme 2027")
    assert other_org.get("/_sandbox/state")["org"]["grants"] == 1
    assert withdraw_move(synced, by=admin, move_id=offer.pk)
    assert SalesforceConnection.objects.values().get() == before
    assert list(Person.objects.for_account(synced).order_by("marketo_id").values()) == people
    assert not OrgMove.objects.exists()
    assert not OrphanedToken.objects.exists()
    assert other_org.get("/_sandbox/state")["org"]["grants"] == 0, "the new token was given back"
    assert sandbox.get("/_sandbox/state")["org"]["grants"] == 1
    assert move_to_org(account=synced, move_id=offer.pk, by=admin) is None
    assert finish(start_sync(account=synced, started_by=None, kind=RunKind.INCREMENTAL)).status == RunStatus.SUCCEEDED


def test_who_decides_is_told_and_the_trail_says_how_each_offer_ended(
    offer: OrgMove, admin: User, other_org: SandboxProcess, synced: SalesAccount
) -> None:
    waits = Occurrence.objects.get(event=MOVE_WAITS.key)
    assert [receiver.user for receiver in receivers_of(waits, MOVE_WAITS)] == [admin]
    second = log_in_to(other_org, synced, admin)
    assert not withdraw_move(synced, by=admin, move_id=offer.pk), "it was replaced by another, which nobody has seen"
    withdraw_old_moves()
    assert offered_move(synced) == second
    assert Occurrence.objects.filter(event=MOVE_WAITS.key, ended_at=None).count() == 1
    OrgMove.objects.update(offered_at=F("offered_at") - OFFERED_FOR)
    withdraw_old_moves()
    assert not OrgMove.objects.exists()
    assert not Occurrence.objects.filter(event=MOVE_WAITS.key, ended_at=None).exists()
    trail = AuditEvent.objects.filter(action__contains="move").order_by("pk").values_list("action", "actor")
    offered, cancelled = "connections.move_offered", "connections.move_cancelled"
    assert list(trail) == [
        (offered, admin.pk),
        (cancelled, admin.pk),
        (offered, admin.pk),
        (cancelled, None),
    ]


def test_an_offer_that_was_made_since_is_not_taken_for_the_old_one(
    offer: OrgMove, admin: User, other_org: SandboxProcess, synced: SalesAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    OrgMove.objects.update(offered_at=F("offered_at") - OFFERED_FOR)
    withdraw, fresh = offers.withdraw_move, []

    def made_meanwhile(account: SalesAccount, **how: Any) -> bool:
        fresh.append(log_in_to(other_org, synced, admin))
        return withdraw(account, **how)

    monkeypatch.setattr(offers, "withdraw_move", made_meanwhile)
    withdraw_old_moves()
    assert offered_move(synced) == fresh[0]


def test_a_working_connection_is_not_given_up_for_one_that_was_taken_back_meanwhile(
    offer: OrgMove, admin: User, other_org: SandboxProcess, synced: SalesAccount
) -> None:
    before = SalesforceConnection.objects.values().get()
    session = open_session(allowed_hosts=[other_org.url])
    oauth.revoke(session=session, origin=other_org.url, token=unsealed(offer)["refresh_token"])
    with pytest.raises(ConnectionProblem) as refused:
        move_to_org(account=synced, move_id=offer.pk, by=admin)
    assert "Connect" in str(refused.value.problem.todo)
    assert SalesforceConnection.objects.values().get() == before
    assert offered_move(synced) == offer
    assert not SyncRun.objects.unfinished().exists()


def test_whoever_loses_the_right_while_the_new_org_answers_moves_nothing(
    offer: OrgMove, admin: User, synced: SalesAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, other = SalesforceConnection.objects.values().get(), make_member(synced, "also@acme.example", Role.ADMIN)

    def answered(*_args: object) -> None:
        change_role(member=other, role=Role.SALESFORCE_ADMIN, changed_by=admin)

    monkeypatch.setattr(services, "try_offer", answered)
    with pytest.raises(ConnectionProblem) as refused:
        move_to_org(account=synced, move_id=offer.pk, by=other.user)
    assert "your role was changed meanwhile" in str(refused.value.problem.what)
    assert SalesforceConnection.objects.values().get() == before
    assert offered_move(synced) == offer


def test_tokens_that_are_renewed_while_they_are_tried_are_those_that_are_stored(
    offer: OrgMove, admin: User, other_org: SandboxProcess, synced: SalesAccount, settings: Settings
) -> None:
    """Where refresh tokens are used once, the offered one is worth nothing afterwards."""
    settings.SANDBOX_ORIGIN = other_org.url
    for act in ({"action": "rotate_refresh_tokens", "rotate": True}, {"action": "end_sessions"}):
        other_org.post("/_sandbox/salesforce", act)
    assert move_to_org(account=synced, move_id=offer.pk, by=admin)
    stored = SalesforceConnection.objects.get()
    assert stored.refresh_token != unsealed(offer)["refresh_token"]
    other_org.post("/_sandbox/salesforce", {"action": "end_sessions"})
    assert salesforce_client(stored).organization().name == "Acme 2027"


@pytest.mark.parametrize("is_removed", [True, False])
@pytest.mark.usefixtures("tasks_run_at_once")
def test_an_offer_ends_with_the_right_of_whoever_made_it(
    synced: SalesAccount, admin: User, other_org: SandboxProcess, is_removed: bool
) -> None:
    maker = make_member(synced, "connects@acme.example", Role.SALESFORCE_ADMIN)
    log_in_to(other_org, synced, maker.user)
    if is_removed:
        remove_member(member=maker, removed_by=admin, receiver=admin.member)
    else:
        change_role(member=maker, role=Role.USER, changed_by=admin)
    assert not OrgMove.objects.exists()
    assert other_org.get("/_sandbox/state")["org"]["grants"] == 0


def test_whose_offer_is_taken_may_still_connect_and_whoever_moves_is_named(
    synced: SalesAccount, admin: User, other_org: SandboxProcess
) -> None:
    maker = make_member(synced, "connects@acme.example", Role.SALESFORCE_ADMIN)
    offered = log_in_to(other_org, synced, maker.user)
    Member.objects.filter(pk=maker.pk).update(role=Role.USER)
    assert move_to_org(account=synced, move_id=offered.pk, by=admin) is None
    Member.objects.filter(pk=maker.pk).update(role=Role.SALESFORCE_ADMIN)
    assert move_to_org(account=synced, move_id=offered.pk, by=admin)
    assert SalesforceConnection.objects.get().connected_by == maker.user
    connected = AuditEvent.objects.filter(action="connections.salesforce_connected").latest("pk")
    assert connected.actor == admin, "whoever logged in did not put the connection to use"


def test_the_org_of_a_connection_that_ended_long_ago_is_told_by_the_audit_trail(
    synced: SalesAccount, admin: User, sandbox: SandboxProcess, other_org: SandboxProcess
) -> None:
    made = Made(account=synced, user=admin, is_own=False, app=None, login_origin=sandbox.url)
    org_id = keep_connection(made, signed_in(sandbox)).org_id
    disconnect_salesforce(account=synced, by=admin)
    CopiedOrg.objects.all().delete()
    migration = import_module("connections.migrations.0009_orgs_of_ended_connections")
    with connection.cursor() as cursor:
        for _again in range(2):
            cursor.execute(migration.TELL)
    assert CopiedOrg.objects.values_list("org_id", "org_name").get() == (org_id, "Acme Inc")
    assert log_in_to(other_org, synced, admin).from_org_name == "Acme Inc"


def test_a_move_that_was_not_shown_is_not_ended(account: SalesAccount, browser: Client) -> None:
    """A page that stayed open is about the move before: of this one nobody has seen who is missing."""
    org = {"org_id": "00D000000000002AAA", "org_name": "Acme 2027", "is_sandbox": False, "username": "a@acme.example"}
    known = {"from_org_id": "00D000000000001AAA", "from_org_name": "Acme Inc", "connection": ""}
    under_way = OrgMove.objects.create(account=account, **org, **known, moved_at=timezone.now() - timedelta(hours=1))
    make_run(account)
    settle = f"/{ORG_MOVE}settle/"
    assert "decided about this move" in text_of(browser.post(settle, {"move": str(under_way.pk - 1)}, follow=True))
    assert move_under_way(account) == under_way
    assert f'name="move" value="{under_way.pk}"' in text_of(browser.get(f"/{ORG_MOVE}"))
    browser.post(settle, {"move": str(under_way.pk)})
    assert move_under_way(account) is None
