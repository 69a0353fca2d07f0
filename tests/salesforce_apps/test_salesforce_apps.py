"""Salesforce apps of a Sales account: entering, checking, connecting with them, replacing and removing."""

from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.fernet import Fernet
from django.db import connection as database
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEvent, SalesAccount, User
from accounts.permissions import Role
from connections.models import SalesforceApp, SalesforceConnection
from connections.services.client_factory import salesforce_client
from connections.services.token_refresh import renew_access
from members.services import change_role
from problems.messages import PROBLEMS
from salesforce_apps import services
from salesforce_apps.audit_actions import AppAction
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import CONNECT, CONNECT_OWN, ChangeOrg, PersonAtSalesforce, connect_own, press_ok
from tests.factories import make_salesforce_app
from tests.pages import text_of
from tests.salesforce_login import address_at_salesforce, leave_for_salesforce

APPS = "/settings/admin/salesforce/apps/"
OWN = {"consumer_key": "own-key", "consumer_secret": "own-secret"}
TYPED = {
    "choice": "production",
    "my_domain": "",
    "kind": "external_client_app",
    "name": "Our console",
    "client_id": "own-key",
    "client_secret": "own-secret",
}


@pytest.fixture(autouse=True)
def _no_app_of_the_operator(settings: Settings) -> None:
    settings.SALESFORCE_CLIENT_ID = settings.SALESFORCE_CLIENT_SECRET = ""


@pytest.fixture
def crm(salesforce_admin: User, client_of: ClientOf) -> Client:
    """The browser of a Salesforce admin of the account."""
    return client_of(salesforce_admin)


@pytest.fixture
def connected(
    account: SalesAccount, crm: Client, change_org: ChangeOrg, person_at_salesforce: PersonAtSalesforce
) -> SalesforceConnection:
    """The account's connection, made with an app of its own."""
    change_org("add_app", **OWN)
    make_salesforce_app(account)
    crm.get(person_at_salesforce(press_ok(crm)))
    return SalesforceConnection.objects.get()


def change_of(app: SalesforceApp) -> str:
    return f"{APPS}{app.pk}/"


def test_an_app_is_entered_checked_and_connected_with(
    crm: Client, salesforce_admin: User, change_org: ChangeOrg, person_at_salesforce: PersonAtSalesforce
) -> None:
    change_org("add_app", **OWN)
    assert "First create an app in Salesforce" in text_of(crm.get("/settings/admin/salesforce/"))
    recipe = text_of(crm.get(APPS))
    assert "http://127.0.0.1:8000/connections/salesforce/callback/" in recipe
    page = text_of(crm.post(APPS, TYPED, follow=True))
    assert "Salesforce knows this app" in page
    entered = AuditEvent.objects.get(action=AppAction.ENTERED)
    assert (entered.actor, entered.target) == (salesforce_admin, "Our console")
    page = text_of(crm.get(person_at_salesforce(press_ok(crm)), follow=True))
    assert "Connected to Acme Inc" in page
    assert "Our console" in page
    connection = SalesforceConnection.objects.get()
    assert connection.app == SalesforceApp.objects.get()
    renew_access(connection)
    assert salesforce_client(connection).organization().name == "Acme Inc"


def test_a_secret_is_encrypted_and_never_shown_again(account: SalesAccount, crm: Client, sandbox: object) -> None:
    page = text_of(crm.post(APPS, TYPED | {"client_secret": "a-secret-word"}))
    with database.cursor() as cursor:
        cursor.execute("SELECT client_secret FROM connections_salesforceapp")
        [[stored]] = cursor.fetchall()
    app = SalesforceApp.objects.get()
    assert app.client_secret == "a-secret-word"
    pages = [page, stored, text_of(crm.get(APPS)), text_of(crm.get(change_of(app)))]
    pages.append(text_of(crm.post(change_of(app), {"client_id": "", "client_secret": "a-secret-word"})))
    assert not any("a-secret-word" in text for text in pages)
    assert "a-secret-word" not in str(list(AuditEvent.objects.values()))


@pytest.mark.parametrize(
    ("in_org", "code"),
    [
        ({}, "salesforce_unknown_key"),
        ({**OWN, "consumer_secret": "another"}, "salesforce_wrong_secret"),
        ({**OWN, "of_this_org": False}, "salesforce_external_app_of_other_org"),
    ],
)
def test_a_check_says_what_is_wrong_with_an_app(
    crm: Client, change_org: ChangeOrg, sandbox: object, in_org: dict[str, object], code: str
) -> None:
    if in_org:
        change_org("add_app", **in_org)
    problem = PROBLEMS[code]
    for page in (crm.post(APPS, TYPED), crm.post(f"{change_of(SalesforceApp.objects.get())}check/")):
        assert str(problem.what) in text_of(page)
        assert str(problem.todo) in text_of(page)
    assert SalesforceApp.objects.get().proved_at is None


def test_an_org_that_was_understood_is_shown_before_key_and_secret_are_sent(
    crm: Client, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    change_org("add_app", **OWN)
    sandbox.delete("/_sandbox/calls")
    pasted = {"choice": "my_domain", "my_domain": "https://acme.lightning.force.com/lightning/page/home"}
    page = text_of(crm.post(APPS, TYPED | pasted, follow=True))
    assert "The app was entered for acme.my.salesforce.com; nothing was sent there yet." in page
    assert sandbox.get("/_sandbox/calls") == []
    checking = crm.post(f"{change_of(SalesforceApp.objects.get())}check/", follow=True)
    assert "Salesforce knows this app" in text_of(checking)


def test_an_app_whose_users_cannot_be_checked_is_known_all_the_same(
    account: SalesAccount, crm: Client, change_org: ChangeOrg
) -> None:
    """With somebody to run as, client credentials give a token: that is proof, too."""
    change_org("add_app", **OWN, run_as="admin@acme.example")
    app = make_salesforce_app(account, org_origin="https://acme.my.salesforce.com")
    assert "Salesforce knows this app" in text_of(crm.post(f"{change_of(app)}check/", follow=True))


def test_an_org_has_one_app(account: SalesAccount, crm: Client, sandbox: object) -> None:
    make_salesforce_app(account)
    assert "An app is entered for this org already." in text_of(crm.post(APPS, TYPED))
    assert SalesforceApp.objects.count() == 1


@pytest.mark.parametrize("my_domain", ["", "evil.example", "https://acme.my.salesforce.com@evil.example"])
def test_an_app_of_no_org_is_refused_at_its_field(crm: Client, sandbox: object, my_domain: str) -> None:
    page = text_of(crm.post(APPS, TYPED | {"choice": "my_domain", "my_domain": my_domain}))
    assert "This is not the address of a Salesforce org." in page.partition('id="id_my_domain_error"')[2]
    assert not SalesforceApp.objects.exists()


@pytest.mark.parametrize(
    ("choice", "my_domain", "key"),
    [
        ("production", "", "of-production"),
        ("sandbox", "", "of-sandboxes"),
        ("my_domain", "acme", "of-production"),
        ("my_domain", "acme--uat.sandbox", "of-uat"),
        ("my_domain", "https://acme--uat.sandbox.lightning.force.com/lightning/page/home", "of-uat"),
        ("my_domain", "acme--dev", "of-sandboxes"),
    ],
)
def test_each_org_is_asked_with_its_own_app(
    account: SalesAccount, stranger: User, crm: Client, sandbox: object, choice: str, my_domain: str, key: str
) -> None:
    for origin, name in (
        ("https://login.salesforce.com", "of-production"),
        ("https://test.salesforce.com", "of-sandboxes"),
        ("https://acme--uat.sandbox.my.salesforce.com", "of-uat"),
    ):
        make_salesforce_app(account, org_origin=origin, client_id=name)
        make_salesforce_app(stranger.member.account, org_origin=origin, client_id=f"another company's {name}")
    address = address_at_salesforce(crm.post(CONNECT, {"choice": choice, "my_domain": my_domain}))
    assert parse_qs(urlsplit(address).query)["client_id"] == [key]


def test_where_an_account_has_no_app_the_operator_s_is_asked_with(
    account: SalesAccount, crm: Client, member: User, client_of: ClientOf, sandbox: object, settings: Settings
) -> None:
    make_salesforce_app(account, org_origin="https://test.salesforce.com")
    assert "No Salesforce app is entered for this org" in text_of(crm.post(CONNECT, {"choice": "production"}))
    assert "No Salesforce app is entered for this org" not in text_of(crm.get("/settings/admin/salesforce/"))
    settings.SALESFORCE_CLIENT_ID = "sandbox-consumer-key"
    for browser, page in ((crm, CONNECT), (client_of(member), CONNECT_OWN)):
        assert "client_id=sandbox-consumer-key" in leave_for_salesforce(browser, page)


def test_a_member_s_own_connection_uses_the_account_s_app(
    account: SalesAccount,
    member: User,
    client_of: ClientOf,
    change_org: ChangeOrg,
    person_at_salesforce: PersonAtSalesforce,
) -> None:
    change_org("add_app", **OWN)
    make_salesforce_app(account)
    assert "Connected to Acme Inc" in connect_own(client_of(member), person_at_salesforce)
    renew_access(SalesforceConnection.objects.get())


# What an administrator does, and the problems that follow: of an external client app, of a connected app.
REFUSALS: dict[str, tuple[dict[str, object], dict[bool, str]]] = {
    "block_app": ({}, {True: "salesforce_external_app_blocked", False: "salesforce_app_blocked"}),
    "require_install": ({}, {True: "salesforce_external_app_not_installed", False: "salesforce_app_not_installed"}),
    "require_approval": ({}, {True: "salesforce_external_app_not_approved", False: "salesforce_not_approved"}),
    "add_app": (
        {**OWN, "of_this_org": False},
        {True: "salesforce_external_app_of_other_org", False: "salesforce_app_of_other_org"},
    ),
}


@pytest.mark.parametrize("is_external", [True, False])
@pytest.mark.parametrize("action", list(REFUSALS))
def test_each_refusal_of_an_app_has_its_words_by_kind(
    account: SalesAccount,
    crm: Client,
    change_org: ChangeOrg,
    person_at_salesforce: PersonAtSalesforce,
    action: str,
    is_external: bool,
) -> None:
    """R1, R12: an external client app has its policies elsewhere in Setup than a connected app."""
    values, codes = REFUSALS[action]
    change_org("add_app", **OWN, external=is_external)
    change_org(action, **values)
    make_salesforce_app(account, kind="external_client_app" if is_external else "connected_app")
    page = text_of(crm.get(person_at_salesforce(press_ok(crm)), follow=True))
    problem = PROBLEMS[codes[is_external]]
    for sentence in (problem.what, problem.todo, problem.who):
        assert str(sentence) in page
    assert not SalesforceConnection.objects.exists()


def test_no_two_refusals_share_their_words_and_none_gives_the_app_a_name() -> None:
    codes = [code for _values, by_kind in REFUSALS.values() for code in by_kind.values()]
    assert len({str(PROBLEMS[code].what) for code in codes}) == len({str(PROBLEMS[code].todo) for code in codes}) == 8
    assert "Sales Insight Actions" not in str([(str(it.what), str(it.todo), it.values) for it in PROBLEMS.values()])


def test_a_new_secret_takes_the_place_of_the_old_one_when_it_was_proved(
    connected: SalesforceConnection, crm: Client, change_org: ChangeOrg
) -> None:
    app = connected.app
    assert app
    change_org("add_app", **OWN | {"consumer_secret": "new-secret"})
    page = text_of(crm.post(change_of(app), {"client_id": "own-key", "client_secret": "mistyped"}))
    assert "does not accept the consumer secret" in page
    app.refresh_from_db()
    assert app.client_secret == "own-secret"
    page = text_of(crm.post(change_of(app), {"client_id": "own-key", "client_secret": "new-secret"}, follow=True))
    assert "Key and secret were replaced." in page
    app.refresh_from_db()
    assert app.client_secret == "new-secret"
    assert AuditEvent.objects.filter(action=AppAction.REPLACED, target="Our console").exists()
    renewed = SalesforceConnection.objects.get()
    assert renewed.access_token != connected.access_token
    renew_access(renewed)


def test_whoever_loses_the_right_while_salesforce_answers_replaces_nothing(
    account: SalesAccount, admin: User, salesforce_admin: User, crm: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_salesforce_app(account)

    def answered(*_args: object) -> None:
        change_role(member=salesforce_admin.member, role=Role.USER, changed_by=admin)

    monkeypatch.setattr(services, "_prove", answered)
    page = crm.post(change_of(app), {"client_id": "another-key", "client_secret": "another-secret"})
    assert "your role was changed meanwhile" in text_of(page)
    assert SalesforceApp.objects.get().client_secret == app.client_secret


def test_key_and_secret_of_another_app_prove_nothing(
    connected: SalesforceConnection, crm: Client, change_org: ChangeOrg
) -> None:
    """They are right, but the connection's token is not theirs."""
    change_org("add_app", consumer_key="other-key", consumer_secret="other-secret")
    app = connected.app
    assert app
    page = text_of(crm.post(change_of(app), {"client_id": "other-key", "client_secret": "other-secret"}))
    assert "not together with the connection" in page
    renew_access(SalesforceConnection.objects.get())


def test_a_connection_that_has_ended_proves_nothing(
    connected: SalesforceConnection, crm: Client, change_org: ChangeOrg
) -> None:
    SalesforceConnection.objects.update(status="needs_reconnecting", refresh_token="dead")
    change_org("add_app", **OWN | {"consumer_secret": "new-secret"})
    app = connected.app
    assert app
    crm.post(change_of(app), {"client_id": "own-key", "client_secret": "new-secret"})
    app.refresh_from_db()
    assert app.client_secret == "new-secret"


def test_without_a_connection_the_org_itself_is_asked(
    account: SalesAccount, crm: Client, change_org: ChangeOrg
) -> None:
    app = make_salesforce_app(account, client_secret="old")
    change_org("add_app", **OWN)
    crm.post(change_of(app), {"client_id": "own-key", "client_secret": "own-secret"})
    app.refresh_from_db()
    assert app.client_secret == "own-secret"


def test_an_app_in_use_is_not_removed(connected: SalesforceConnection, crm: Client) -> None:
    app = connected.app
    assert app
    assert "A connection uses this app." in text_of(crm.post(f"{change_of(app)}remove/"))
    crm.post("/settings/admin/salesforce/disconnect/")
    assert "was removed here" in text_of(crm.post(f"{change_of(app)}remove/", follow=True))
    assert AuditEvent.objects.filter(action=AppAction.REMOVED).exists()
    assert not SalesforceApp.objects.exists()


def test_changing_an_app_asks_for_the_password_again(account: SalesAccount, browser_of_this_morning: Client) -> None:
    app = make_salesforce_app(account)
    removing = browser_of_this_morning.post(f"{change_of(app)}remove/")
    assert removing["Location"].startswith("/accounts/reauthenticate/")
    for url in (APPS, change_of(app)):
        assert browser_of_this_morning.post(url, TYPED)["Location"] == url
        assert browser_of_this_morning.get(url)["Location"].startswith("/accounts/reauthenticate/")
    assert TYPED["client_secret"] not in str(dict(browser_of_this_morning.session))
    assert SalesforceApp.objects.get().client_secret == "own-secret"


def test_failed_calls_of_an_app_whose_secret_ended_are_told(
    connected: SalesforceConnection, change_org: ChangeOrg, sandbox: SandboxProcess, crm: Client
) -> None:
    change_org("add_app", **OWN | {"consumer_secret": "new-secret"})
    change_org("end_sessions")
    crm.post("/settings/integrations/diagnostics/check/")
    page = text_of(crm.get("/settings/integrations/diagnostics/"))
    assert "does not accept the consumer secret" in page


def test_a_secret_that_cannot_be_read_any_more_is_entered_again(
    connected: SalesforceConnection, salesforce_admin: User, client_of: ClientOf, settings: Settings
) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    crm = client_of(salesforce_admin)  # nobody's session can be read any more
    app = connected.app
    assert app
    words = str(PROBLEMS["salesforce_app_unreadable"].what)
    assert words in text_of(crm.post(CONNECT, {"choice": "production"}))
    assert words in text_of(crm.post(f"{change_of(app)}check/"))
    crm.post(change_of(app), {"client_id": "own-key", "client_secret": "own-secret"})
    assert "Salesforce knows this app" in text_of(crm.post(f"{change_of(app)}check/", follow=True))
