"""Connecting to Salesforce and back, through the pages and the real dance."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import connection as database
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent, Occurrence, SalesAccount, User
from accounts.occurrences import begin
from clients.http import ReconnectNeeded
from clients.salesforce.client import SalesforceClient
from connections.audit_actions import ConnectionAction
from connections.events import SALESFORCE_BROKEN
from connections.models import SalesforceConnection, SalesforceSignIn
from connections.orgs import CopiedOrg, OrgMove
from connections.services.client_factory import salesforce_client
from devtools.personas import PASSWORD, SALESFORCE_ADMIN
from problems.codes import ProblemCode
from salesforce_orgs.audit_actions import OrgAction
from salesforce_orgs.offers import OFFERED_FOR
from salesforce_orgs.tasks import revoke_orphaned_tokens
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import CONNECT, ChangeOrg, PersonAtSalesforce, connect_own, press_ok
from tests.factories import make_salesforce_connection
from tests.pages import text_of
from tests.salesforce_login import log_in_at_salesforce

PAGE = "/settings/admin/salesforce/"
CALLBACK = "/connections/salesforce/callback/"


def test_the_address_of_the_confirmation_alone_leads_to_the_choice(admin: User, client_of: ClientOf) -> None:
    """As after a sign-in on the way: a form without a choice, and with its error, is no beginning."""
    assert client_of(admin).get(CONNECT)["Location"] == PAGE


def test_the_confirmation_names_the_exact_host(admin: User, client_of: ClientOf, sandbox: SandboxProcess) -> None:
    page = client_of(admin).get(CONNECT, {"choice": "production"})
    assert sandbox.url in text_of(page)
    assert not SalesforceSignIn.objects.exists()


@pytest.mark.parametrize(
    ("choice", "my_domain", "host"),
    [
        ("production", "", "https://login.salesforce.com"),
        ("sandbox", "", "https://test.salesforce.com"),
        ("my_domain", " acme--test.sandbox ", "https://acme--test.sandbox.my.salesforce.com"),
        ("my_domain", "https://acme.lightning.force.com/lightning/page/home", "https://acme.my.salesforce.com"),
        ("my_domain", "https://acme.my.salesforce-setup.com/lightning/setup/x", "https://acme.my.salesforce.com"),
    ],
)
@pytest.mark.django_db
def test_each_choice_leads_to_its_host(
    admin: User, client_of: ClientOf, settings: Settings, choice: str, my_domain: str, host: str
) -> None:
    """Pain 15: production, sandbox or My Domain, and the exact address that will be used."""
    settings.SANDBOX_ORIGIN = ""
    page = client_of(admin).get(CONNECT, {"choice": choice, "my_domain": my_domain})
    assert f"<code>{host}</code>" in text_of(page)


def test_an_org_may_be_called_anything(
    admin: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce, monkeypatch: pytest.MonkeyPatch
) -> None:
    organization = SalesforceClient.organization
    name = f"\0\ud800{'A' * 300}"
    monkeypatch.setattr(SalesforceClient, "organization", lambda client: replace(organization(client), name=name))
    browser = client_of(admin)
    browser.get(person_at_salesforce(press_ok(browser)))
    assert SalesforceConnection.objects.get().org_name == f"?{'A' * 254}"


def test_what_was_understood_is_shown_where_a_sandbox_stands_in(
    admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    typed = {"choice": "my_domain", "my_domain": "https://acme--uat.sandbox.lightning.force.com/lightning/o/Lead/list"}
    page = text_of(client_of(admin).get(CONNECT, typed))
    assert f"<code>{sandbox.url}</code>" in page
    assert "It stands in for https://acme--uat.sandbox.my.salesforce.com here." in page


@pytest.mark.parametrize("is_with_sandbox", [False, True])
@pytest.mark.parametrize("my_domain", ["", "evil.example", "https://acme.my.salesforce.com.evil.example", "127.0.0.1"])
@pytest.mark.django_db
def test_a_foreign_domain_is_refused_at_its_field(
    admin: User, client_of: ClientOf, settings: Settings, my_domain: str, is_with_sandbox: bool
) -> None:
    settings.SANDBOX_ORIGIN = "http://127.0.0.1:9001" if is_with_sandbox else ""
    for ask in (client_of(admin).get, client_of(admin).post):
        page = text_of(ask(CONNECT, {"choice": "my_domain", "my_domain": my_domain}))
        error = page.partition('id="id_my_domain_error"')[2].partition("</div>")[0]
        assert "This is not the address of a Salesforce org." in error
    assert not SalesforceSignIn.objects.exists()


def test_whoever_removes_the_person_who_connected_is_told(
    admin: User, salesforce_admin: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce
) -> None:
    page = f"/settings/admin/users/{salesforce_admin.member.pk}/remove/"
    crm = client_of(salesforce_admin)
    connect_own(crm, person_at_salesforce)
    assert "connected the Sales account" not in text_of(client_of(admin).get(page))
    crm.get(person_at_salesforce(press_ok(crm)))
    assert "connected the Sales account to Salesforce, as admin@acme.example" in text_of(client_of(admin).get(page))


def test_a_salesforce_admin_connects_and_everybody_sees_to_what(
    salesforce_admin: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce
) -> None:
    browser = client_of(salesforce_admin)
    answer = browser.get(person_at_salesforce(press_ok(browser)), follow=True)
    page = text_of(answer)
    assert "Connected to Acme Inc (production) as admin@acme.example." in page
    assert "Disconnect" in page
    connection = SalesforceConnection.objects.get()
    assert (connection.connected_by, connection.is_sandbox, len(connection.org_id)) == (salesforce_admin, False, 18)
    event = AuditEvent.objects.get(action=OrgAction.SALESFORCE_CONNECTED)
    assert (event.actor, event.target) == (salesforce_admin, "Acme Inc")


def test_tokens_are_encrypted_and_in_no_page_and_no_log(
    salesforce_connection: SalesforceConnection, admin: User, client_of: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT access_token, refresh_token FROM connections_salesforceconnection")
        stored = cursor.fetchone()
    tokens = (salesforce_connection.access_token, salesforce_connection.refresh_token)
    assert not set(stored) & set(tokens)
    browser = client_of(admin)
    for url in (PAGE, "/settings/admin/salesforce-package/", "/settings/admin/salesforce/disconnect/"):
        page = text_of(browser.get(url))
        assert not any(token in page for token in tokens)
    salesforce_client(salesforce_connection).organization()
    browser.post("/settings/admin/salesforce/disconnect/")
    assert not any(token in caplog.text for token in tokens)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("tasks_run_at_once")
def test_another_org_than_the_connected_one_replaces_nothing(
    salesforce_connection: SalesforceConnection,
    admin: User,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
    sandbox: SandboxProcess,
) -> None:
    for org in (SalesforceConnection, CopiedOrg):
        org.objects.update(org_id="00DOTHER00000000AA")
    browser = client_of(admin)
    for _ in range(2):  # a second try takes the place of the first
        page = text_of(browser.get(person_at_salesforce(press_ok(browser)), follow=True))
        assert "This is another org than the one the Sales account was connected to." in page
        assert SalesforceConnection.objects.get().org_id == "00DOTHER00000000AA"
        assert sandbox.get("/_sandbox/state")["org"]["grants"] == 2
    with time_machine.travel(timezone.now() + OFFERED_FOR):
        revoke_orphaned_tokens()
    assert not OrgMove.objects.exists()
    assert sandbox.get("/_sandbox/state")["org"]["grants"] == 1, "nobody has decided: the new grant was given back"


def test_who_may_connect_need_not_be_who_may_move(
    salesforce_connection: SalesforceConnection,
    salesforce_admin: User,
    admin: User,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
) -> None:
    CopiedOrg.objects.update(org_id="00DOTHER00000000AA")
    browser, decider = client_of(salesforce_admin), client_of(admin)
    page = text_of(browser.get(person_at_salesforce(press_ok(browser)), follow=True))
    assert "An Admin of the Sales account decides" in page
    shown = {"move": OrgMove.objects.get().pk}
    assert browser.post("/settings/admin/salesforce/move/do/", shown).status_code == 403
    assert "the move waits for a decision" in text_of(decider.get(PAGE))
    assert "Moved to Acme Inc." in text_of(decider.post("/settings/admin/salesforce/move/do/", shown, follow=True))
    assert SalesforceConnection.objects.get().connected_by == salesforce_admin
    again = text_of(decider.post("/settings/admin/salesforce/move/do/", shown, follow=True))
    assert "Somebody has decided about this move already." in again


def test_connecting_the_same_org_again_renews_the_connection(
    salesforce_connection: SalesforceConnection,
    admin: User,
    client_of: ClientOf,
    person_at_salesforce: PersonAtSalesforce,
) -> None:
    SalesforceConnection.objects.update(status="needs_reconnecting", problem=ProblemCode.SALESFORCE_EXPIRED_TOKEN)
    browser = client_of(admin)
    page = text_of(browser.get(person_at_salesforce(press_ok(browser)), follow=True))
    assert "Needs reconnecting" not in page
    renewed = SalesforceConnection.objects.get()
    assert renewed.pk == salesforce_connection.pk
    assert renewed.refresh_token != salesforce_connection.refresh_token


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("tasks_run_at_once")
def test_another_user_of_the_org_takes_the_place_of_the_connected_one(
    salesforce_connection: SalesforceConnection, admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    """Without a gap: the row stays, and its tokens are others from one moment to the next."""
    browser = client_of(admin)
    assert "Log in as another user of the same org" in text_of(browser.get("/settings/admin/salesforce/"))
    url = press_ok(browser)
    assert "prompt=login" in url
    back = log_in_at_salesforce(sandbox, url, (SALESFORCE_ADMIN, PASSWORD))
    page = text_of(browser.get(back, follow=True))
    assert f"as {SALESFORCE_ADMIN}" in page
    replaced = SalesforceConnection.objects.get()
    assert (replaced.pk, replaced.org_id) == (salesforce_connection.pk, salesforce_connection.org_id)
    assert sandbox.get("/_sandbox/state")["org"]["grants"] == 1, "the old token was given back"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("tasks_run_at_once")
def test_disconnect_says_what_stops_then_revokes_and_erases(
    salesforce_connection: SalesforceConnection, admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    """Security statement 11: the grant is gone at Salesforce, and the tokens here."""
    browser = client_of(admin)
    begin(SALESFORCE_BROKEN, account=salesforce_connection.account)
    assert "Data sync stops" in text_of(browser.get("/settings/admin/salesforce/disconnect/"))
    assert SalesforceConnection.objects.exists()
    page = text_of(browser.post("/settings/admin/salesforce/disconnect/", follow=True))
    assert "Disconnected from Acme Inc." in page
    assert not SalesforceConnection.objects.exists()
    assert sandbox.get("/_sandbox/state")["org"]["grants"] == 0
    assert AuditEvent.objects.filter(action=ConnectionAction.SALESFORCE_DISCONNECTED, actor=admin).exists()
    assert AuditEvent.objects.filter(action=ConnectionAction.SALESFORCE_DISCONNECTED, actor=admin).exists()
    assert SALESFORCE_BROKEN.ending(Occurrence.objects.get().details) == "Salesforce was disconnected."


def test_an_org_that_was_not_shown_is_not_disconnected(account: SalesAccount, browser: Client) -> None:
    """The account may have moved since the page was opened."""
    old = make_salesforce_connection(account)
    assert f'name="connection" value="{old.pk}"' in text_of(browser.get("/settings/admin/salesforce/disconnect/"))
    old.delete()
    make_salesforce_connection(account, org_id="00D000000000002AAA", org_name="Acme 2027")
    answer = browser.post("/settings/admin/salesforce/disconnect/", {"connection": str(old.pk)}, follow=True)
    assert "somebody has connected to another org in the meantime" in text_of(answer)
    assert SalesforceConnection.objects.get().org_name == "Acme 2027"


def test_disconnect_erases_even_when_salesforce_is_down(
    salesforce_connection: SalesforceConnection, admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    sandbox.post("/_sandbox/faults", {"path": "/services/oauth2/revoke", "kind": "status:503"})
    client_of(admin).post("/settings/admin/salesforce/disconnect/")
    assert not SalesforceConnection.objects.exists()


def test_a_client_of_a_disconnected_account_asks_to_reconnect(
    salesforce_connection: SalesforceConnection, change_org: ChangeOrg
) -> None:
    client = salesforce_client(salesforce_connection)
    change_org("end_sessions")
    SalesforceConnection.objects.all().delete()
    with pytest.raises(ReconnectNeeded):
        client.organization()


@pytest.mark.django_db(transaction=True)
def test_calls_keep_the_day_s_numbers_fresh(salesforce_connection: SalesforceConnection) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=True):
        client = salesforce_client(salesforce_connection)
        client.organization()
        first = SalesforceConnection.objects.get()
        client.organization()
    assert first.calls_per_day == 100_000
    assert first.last_call_at is not None
    assert salesforce_connection.last_call_at is not None
    assert first.last_call_at > salesforce_connection.last_call_at
    assert SalesforceConnection.objects.get().calls_used_today == first.calls_used_today  # one write in ten seconds


@pytest.mark.parametrize(
    "url",
    [
        CONNECT,
        "/settings/admin/salesforce/disconnect/",
        "/settings/admin/marketo/connect/",
        "/settings/admin/marketo/disconnect/",
    ],
)
def test_changing_a_connection_asks_for_the_password_again(
    salesforce_connection: SalesforceConnection, browser_of_this_morning: Client, url: str
) -> None:
    answer = browser_of_this_morning.post(url, {"choice": "production"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert SalesforceConnection.objects.exists()
    assert not SalesforceSignIn.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_call_inside_a_transaction_leaves_the_row_free_for_others(
    salesforce_connection: SalesforceConnection,
) -> None:
    SalesforceConnection.objects.update(last_call_at=None)
    with transaction.atomic():
        salesforce_client(salesforce_connection).organization()
        assert SalesforceConnection.objects.get().last_call_at is None
    assert SalesforceConnection.objects.get().last_call_at is not None


def test_a_stranger_sees_and_disconnects_only_their_own(
    account: SalesAccount, stranger: User, client_of: ClientOf
) -> None:
    make_salesforce_connection(account, org_name="Acme Secret Org")
    browser = client_of(stranger)
    for url in (PAGE, "/settings/admin/salesforce-package/"):
        assert "Acme Secret Org" not in text_of(browser.get(url))
    browser.post("/settings/admin/salesforce/disconnect/")
    assert SalesforceConnection.objects.filter(account=account).exists()


def test_ok_is_a_dialog_where_scripts_run(browser: Client, sandbox: SandboxProcess) -> None:
    """The same address is a page of its own for everybody else; what is wrong with the form is always a page."""
    asked = {"choice": "production"}
    fragment = text_of(browser.get(CONNECT, asked, headers={"HX-Request": "true"}))
    assert "<dialog" in fragment
    assert "<html" not in fragment
    assert 'name="choice" value="production"' in fragment
    assert "<dialog" not in text_of(browser.get(CONNECT, asked))
    refused = browser.get(CONNECT, {"choice": "my_domain"}, headers={"HX-Request": "true"})
    assert refused.headers["HX-Redirect"].startswith(CONNECT)
