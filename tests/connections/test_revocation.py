"""Tokens that nobody uses any more die at Salesforce, too."""

from datetime import timedelta

import pytest
from celery.exceptions import Retry
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from connections.models import OrphanedToken, SalesforceConnection, SalesforceSignIn
from connections.services.client_factory import salesforce_client
from connections.services.revocation import abandon, revoke_orphans
from connections.tasks import OWN_TRIES, revoke_token
from connections.turns import turn_of_revoking
from salesforce_orgs import storing as salesforce_storing
from salesforce_orgs import tasks
from salesforce_orgs.services import disconnect_salesforce, forget_member
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import CONNECT_OWN, PersonAtSalesforce, connect_own, press_ok
from tests.pages import text_of
from tests.salesforce_login import CHOICE

DISCONNECT = "/settings/admin/salesforce/disconnect/"


def grants(sandbox: SandboxProcess) -> int:
    return int(sandbox.get("/_sandbox/state")["org"]["grants"])


def let_orphans_age() -> None:
    OrphanedToken.objects.update(created_at=timezone.now() - timedelta(minutes=11))


@pytest.fixture
def _salesforce_does_not_revoke(sandbox: SandboxProcess) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/services/oauth2/revoke", "kind": "status:503", "count": 1})


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("tasks_run_at_once")
def test_connecting_again_revokes_the_token_of_before(
    salesforce_connection: SalesforceConnection,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
    sandbox: SandboxProcess,
) -> None:
    """Salesforce keeps five grants per user and app: what is left behind would push a living one out."""
    browser = client_of(salesforce_connection.connected_by)
    for _time in range(6):
        browser.get(person_at_salesforce(press_ok(browser)))
    assert grants(sandbox) == 1
    assert salesforce_client(SalesforceConnection.objects.get()).organization().name == "Acme Inc"
    assert not OrphanedToken.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_salesforce_does_not_revoke", "tasks_run_at_once")
def test_what_salesforce_did_not_take_in_is_revoked_by_the_hourly_look(
    salesforce_connection: SalesforceConnection, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    """Security statement 11: a disconnect during an outage revokes as well, only later."""
    client_of(salesforce_connection.connected_by).post(DISCONNECT)
    assert not SalesforceConnection.objects.exists()
    assert (grants(sandbox), OrphanedToken.objects.count()) == (1, 1)
    tasks.revoke_orphaned_tokens()
    assert OrphanedToken.objects.exists(), "it may be one that is just being stored"
    let_orphans_age()
    tasks.revoke_orphaned_tokens()
    assert (grants(sandbox), OrphanedToken.objects.count()) == (0, 0)


def test_a_token_that_has_died_by_itself_is_not_kept_for_ever(
    salesforce_connection: SalesforceConnection, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/services/oauth2/revoke", "kind": "status:503"})
    client_of(salesforce_connection.connected_by).post(DISCONNECT)
    OrphanedToken.objects.update(created_at=timezone.now() - timedelta(days=29))
    revoke_orphans()
    assert OrphanedToken.objects.exists()
    OrphanedToken.objects.update(created_at=timezone.now() - timedelta(days=31))
    revoke_orphans()
    assert not OrphanedToken.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_salesforce_that_does_not_answer_a_revocation(
    salesforce_connection: SalesforceConnection, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    """A worker tells it, in a while: whoever disconnects has their page before Salesforce has been asked."""
    asked = sandbox.get("/_sandbox/state")["calls"]
    page = text_of(client_of(salesforce_connection.connected_by).post(DISCONNECT, follow=True))
    assert "Disconnected from Acme Inc." in page
    assert sandbox.get("/_sandbox/state")["calls"] == asked
    orphan = OrphanedToken.objects.get()
    for _time in range(2):  # a message may come twice
        revoke_token(orphan.pk)
    assert (grants(sandbox), OrphanedToken.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_an_org_that_hangs_takes_one_place_of_the_workers(salesforce_connection: SalesforceConnection) -> None:
    """Twenty members who left at once took both for minutes: others' syncs did not begin."""
    orphan = abandon(salesforce_connection)
    with turn_of_revoking(orphan.login_origin):
        with pytest.raises(Retry):
            revoke_token(orphan.pk)
        assert revoke_token.apply((orphan.pk,), retries=OWN_TRIES).successful()
    assert OrphanedToken.objects.exists(), "the hourly look finds it"
    with turn_of_revoking("https://other.my.salesforce.com"):
        revoke_token(orphan.pk)
    assert not OrphanedToken.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_keeps_nobody_connected(
    salesforce_connection: SalesforceConnection, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(revoke_token, "delay", away)
    disconnect_salesforce(account=salesforce_connection.account, by=salesforce_connection.connected_by)
    assert not SalesforceConnection.objects.exists()
    let_orphans_age()
    revoke_orphans()
    assert grants(sandbox) == 0


class Killed(BaseException):
    """Nothing of ours catches it."""


def test_a_grant_whose_process_died_before_it_was_stored_is_revoked(
    salesforce_connection: SalesforceConnection,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Security statement 10: Salesforce has given a token, nobody here knows of it."""

    def die(*_: object) -> None:
        raise Killed

    browser = client_of(salesforce_connection.connected_by)
    back = person_at_salesforce(press_ok(browser))
    with monkeypatch.context() as patched:
        patched.setattr(salesforce_storing, "_first_calls", die)
        with pytest.raises(Killed):
            browser.get(back)
    assert grants(sandbox) == 2
    let_orphans_age()
    revoke_orphans()
    assert grants(sandbox) == 1
    assert salesforce_client(SalesforceConnection.objects.get()).organization().name == "Acme Inc"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("tasks_run_at_once")
def test_whoever_leaves_the_account_leaves_no_token_behind(
    salesforce_connection: SalesforceConnection,
    member: User,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
    sandbox: SandboxProcess,
) -> None:
    """Security statement 11: a removed member's own connection is revoked; the account's goes on."""
    browser = client_of(member)
    connect_own(browser, person_at_salesforce)
    browser.post(CONNECT_OWN, CHOICE)
    assert (grants(sandbox), SalesforceSignIn.objects.count()) == (2, 1)
    with transaction.atomic():
        forget_member(account=salesforce_connection.account, user=member)
        member.member.delete()
        assert grants(sandbox) == 2
    assert (grants(sandbox), SalesforceSignIn.objects.count()) == (1, 0)
    assert SalesforceConnection.objects.get() == salesforce_connection


@pytest.mark.django_db(transaction=True)
def test_a_removal_that_is_undone_keeps_the_connection(
    member: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce, sandbox: SandboxProcess
) -> None:
    connect_own(client_of(member), person_at_salesforce)
    with transaction.atomic():
        forget_member(account=member.member.account, user=member)
        transaction.set_rollback(True)
    assert (grants(sandbox), SalesforceConnection.objects.count()) == (1, 1)


def test_a_token_that_no_key_can_read_does_not_hold_up_the_others(
    salesforce_connection: SalesforceConnection, sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture
) -> None:
    OrphanedToken.objects.create(login_origin=sandbox.url, token="x")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE connections_orphanedtoken SET token = 'gAAAA-of-another-key'")
    OrphanedToken.objects.create(login_origin=sandbox.url, token=salesforce_connection.refresh_token)
    let_orphans_age()
    for _hour in range(2):
        revoke_orphans()
    assert caplog.text.count("orphaned_token_unreadable") == 1
    assert (OrphanedToken.objects.count(), grants(sandbox)) == (0, 0)
