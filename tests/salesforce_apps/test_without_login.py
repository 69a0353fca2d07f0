"""Connecting as a Salesforce user who does not log in: client credentials, JWT bearer tokens and their keys."""

import pytest
from cryptography.x509 import load_pem_x509_certificate
from django.db import connection as database
from django.test import Client

from accounts.models import AuditEvent, SalesAccount, User
from clients.hosts import assertion_audience
from clients.http import ReconnectNeeded
from connections.asking import asking
from connections.audit_actions import ConnectionAction
from connections.models import ConnectionStatus, ConnectMethod, SalesforceApp, SalesforceAppKey, SalesforceConnection
from connections.services.client_factory import salesforce_client
from connections.services.token_refresh import renew_access
from problems.messages import PROBLEMS
from salesforce_apps.audit_actions import AppAction
from sandbox.records import INTEGRATION as PROFILE
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import CONNECT, ChangeOrg, PersonAtSalesforce
from tests.factories import make_salesforce_app
from tests.pages import text_of
from tests.salesforce_login import address_at_salesforce

OWN = {"consumer_key": "own-key", "consumer_secret": "own-secret"}
# It cannot log in: its profile is for the API only.
INTEGRATION = "integration@acme.example"
CREDENTIALS = {"method": "client_credentials"}
JWT = {"method": "jwt_bearer", "username": INTEGRATION}


@pytest.fixture
def app(account: SalesAccount) -> SalesforceApp:
    return make_salesforce_app(account, org_origin="https://acme.my.salesforce.com")


@pytest.fixture
def crm(salesforce_admin: User, client_of: ClientOf) -> Client:
    return client_of(salesforce_admin)


def page_of(app: SalesforceApp, action: str = "") -> str:
    return f"/settings/admin/salesforce/apps/{app.pk}/{action}"


def connect(crm: Client, app: SalesforceApp, form: dict[str, str]) -> str:
    return text_of(crm.post(page_of(app, "connect/"), form, follow=True))


def upload(change_org: ChangeOrg, key: SalesforceAppKey) -> None:
    """Put the certificate of a key into the app in Salesforce, in place of the one before."""
    change_org("add_app", **OWN, pem=key.certificate)


@pytest.fixture
def by_key(app: SalesforceApp, crm: Client, change_org: ChangeOrg) -> SalesforceConnection:
    """The account's connection by JWT bearer tokens."""
    crm.post(page_of(app, "make-key/"))
    upload(change_org, app.keys.get())
    change_org("approve_app", username=INTEGRATION, approved=True, consumer_key="own-key")
    connect(crm, app, JWT)
    return SalesforceConnection.objects.get()


def test_client_credentials_connect_as_whom_the_app_runs_as(
    app: SalesforceApp, crm: Client, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    """R3: nobody logs in, and an ended session is followed by a new token asked for in the same way."""
    change_org("add_app", **OWN, run_as=INTEGRATION)
    page = connect(crm, app, CREDENTIALS)
    assert f"Connected to Acme Inc as {INTEGRATION}." in page
    assert "Client credentials" in page
    assert "of Salesforce's 30" not in page
    connection = SalesforceConnection.objects.get()
    assert (connection.method, connection.username) == (ConnectMethod.CLIENT_CREDENTIALS, INTEGRATION)
    change_org("end_sessions")
    assert salesforce_client(connection).organization().name == "Acme Inc"
    assert SalesforceConnection.objects.get().access_token != connection.access_token
    crm.post("/settings/admin/salesforce/disconnect/")
    assert not SalesforceConnection.objects.exists()


@pytest.mark.usefixtures("sandbox")
def test_an_account_s_apps_wait_for_salesforce_in_few_threads(app: SalesforceApp, crm: Client) -> None:
    """Security statement 15: two of an account at a time, whatever is asked of the org."""
    asked: list[tuple[str, dict[str, str]]] = [
        ("", {"client_id": "own-key", "client_secret": "new"}),
        ("check/", {}),
        ("connect/", CREDENTIALS | {"my_domain": app.org_origin}),
    ]
    apps = "salesforce-app", app.account_id
    with asking(*apps), asking(*apps, places=2):
        pages = [text_of(crm.post(page_of(app, action), form)) for action, form in asked]
    assert ["This is being done already." in page for page in pages] == [True] * len(asked)
    assert not SalesforceConnection.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("tasks_run_at_once")
def test_a_login_is_replaced_without_a_gap(
    salesforce_connection: SalesforceConnection,
    app: SalesforceApp,
    crm: Client,
    change_org: ChangeOrg,
    sandbox: SandboxProcess,
) -> None:
    change_org("add_app", **OWN, run_as=INTEGRATION)
    connect(crm, app, CREDENTIALS)
    replaced = SalesforceConnection.objects.get()
    assert replaced.pk == salesforce_connection.pk
    assert (replaced.app, replaced.refresh_token, replaced.username) == (app, "", INTEGRATION)
    assert sandbox.get("/_sandbox/state")["org"]["grants"] == 1  # the old refresh token was given back
    renew_access(replaced)


def test_a_user_who_was_exchanged_in_salesforce_is_not_taken_unnoticed(
    app: SalesforceApp, crm: Client, change_org: ChangeOrg
) -> None:
    change_org("add_app", **OWN, run_as=INTEGRATION)
    connect(crm, app, CREDENTIALS)
    change_org("add_app", **OWN, run_as="ops@demo.example")
    change_org("end_sessions")
    with pytest.raises(ReconnectNeeded):
        salesforce_client(SalesforceConnection.objects.get()).organization()
    assert SalesforceConnection.objects.get().status == ConnectionStatus.NEEDS_RECONNECTING
    assert str(PROBLEMS["salesforce_other_user"].what) in text_of(crm.get("/settings/admin/salesforce/"))
    connect(crm, app, CREDENTIALS)
    assert SalesforceConnection.objects.get().username == "ops@demo.example"


@pytest.mark.parametrize(
    ("in_org", "form", "code"),
    [
        ({}, CREDENTIALS, "salesforce_no_run_as"),
        ({"consumer_secret": "another", "run_as": INTEGRATION}, CREDENTIALS, "salesforce_wrong_secret"),
        ({"of_this_org": False}, CREDENTIALS, "salesforce_external_app_of_other_org"),
        ({}, JWT, "salesforce_bad_assertion"),
    ],
)
def test_what_is_in_the_way_has_its_words(
    app: SalesforceApp,
    crm: Client,
    change_org: ChangeOrg,
    in_org: dict[str, object],
    form: dict[str, str],
    code: str,
) -> None:
    crm.post(page_of(app, "make-key/"))
    change_org("add_app", **{**OWN, **in_org})
    page = connect(crm, app, form)
    assert str(PROBLEMS[code].what) in page
    assert str(PROBLEMS[code].todo) in page
    assert not SalesforceConnection.objects.exists()


def test_a_user_who_is_not_approved_is_told_where_to_approve(
    app: SalesforceApp, crm: Client, change_org: ChangeOrg
) -> None:
    crm.post(page_of(app, "make-key/"))
    upload(change_org, app.keys.get())
    assert str(PROBLEMS["salesforce_external_app_not_approved"].todo) in connect(crm, app, JWT)


def test_a_key_is_made_here_and_its_certificate_connects(
    app: SalesforceApp, crm: Client, change_org: ChangeOrg
) -> None:
    assert "There is no key for this app yet." in connect(crm, app, JWT)
    page = text_of(crm.post(page_of(app, "make-key/"), follow=True))
    key = app.keys.get()
    download = f"/settings/admin/salesforce/apps/certificates/{key.pk}/"
    assert download in page
    file = crm.get(download)
    assert file["Content-Disposition"].endswith('.crt"')
    certificate = load_pem_x509_certificate(file.content)
    assert len(file.content) < 4096  # the most that Salesforce takes
    assert certificate.not_valid_after_utc == key.expires_at.replace(microsecond=0)
    change_org("add_app", **OWN, pem=file.content.decode())
    change_org("approve_app", username=INTEGRATION, approved=True, consumer_key="own-key")
    assert f"Connected to Acme Inc as {INTEGRATION}." in connect(crm, app, JWT)
    connection = SalesforceConnection.objects.get()
    change_org("end_sessions")
    assert salesforce_client(connection).organization().name == "Acme Inc"


def test_an_org_whose_only_allowed_user_cannot_log_in_connects_all_the_same(
    app: SalesforceApp, crm: Client, change_org: ChangeOrg, person_at_salesforce: PersonAtSalesforce
) -> None:
    crm.post(page_of(app, "make-key/"))
    upload(change_org, app.keys.get())
    policies = {"permitted_users": "approved", "profiles": [PROFILE]}
    change_org("set_app_policies", consumer_key="own-key", **policies)
    way_in = {"choice": "my_domain", "my_domain": "acme"}
    back = person_at_salesforce(address_at_salesforce(crm.post(CONNECT, way_in)))
    refused = PROBLEMS["salesforce_external_app_not_approved"]
    assert str(refused.todo) in text_of(crm.get(back, follow=True)), "an administrator is nobody here"
    assert f"Connected to Acme Inc as {INTEGRATION}." in connect(crm, app, JWT)


def test_a_private_key_is_encrypted_and_on_no_page(app: SalesforceApp, crm: Client, sandbox: object) -> None:
    pages = [text_of(crm.post(page_of(app, "make-key/"), follow=True)), text_of(crm.get(page_of(app)))]
    with database.cursor() as cursor:
        cursor.execute("SELECT private_key FROM connections_salesforceappkey")
        [[stored]] = cursor.fetchall()
    assert app.keys.get().private_key.startswith("-----BEGIN PRIVATE KEY-----")
    assert not any("PRIVATE KEY" in text for text in [*pages, stored])
    assert AuditEvent.objects.filter(action=AppAction.KEY_MADE, target="Our console").exists()


def test_the_next_key_takes_over_when_salesforce_has_its_certificate(
    by_key: SalesforceConnection, app: SalesforceApp, crm: Client, change_org: ChangeOrg
) -> None:
    """No call fails in between: the old key is used until the new certificate is there."""
    old = app.keys.get()
    crm.post(page_of(app, "make-key/"))
    new = app.keys.get(is_next=True)
    renew_access(by_key)
    assert app.keys.count() == 2
    upload(change_org, new)
    renew_access(SalesforceConnection.objects.get())
    left = app.keys.get()
    assert (left.pk, left.is_next) == (new.pk, False)
    assert left.pk != old.pk
    assert AuditEvent.objects.filter(action=ConnectionAction.SALESFORCE_KEY_REPLACED, actor=None).exists()


def test_a_prepared_key_that_was_not_used_is_replaced_by_another(app: SalesforceApp, crm: Client) -> None:
    for _ in range(3):
        crm.post(page_of(app, "make-key/"))
    assert list(app.keys.values_list("is_next", flat=True)) == [False, True]


def test_a_certificate_that_was_taken_away_ends_the_connection(
    by_key: SalesforceConnection, crm: Client, change_org: ChangeOrg
) -> None:
    change_org("add_app", **OWN)
    change_org("end_sessions")
    with pytest.raises(ReconnectNeeded):
        salesforce_client(by_key).organization()
    assert str(PROBLEMS["salesforce_bad_assertion"].what) in text_of(crm.get("/settings/admin/salesforce/"))


def test_a_new_secret_is_proved_also_where_tokens_need_none(
    by_key: SalesforceConnection, app: SalesforceApp, crm: Client
) -> None:
    page = text_of(crm.post(page_of(app), {"client_id": "own-key", "client_secret": "mistyped"}))
    assert str(PROBLEMS["salesforce_wrong_secret"].what) in page
    app.refresh_from_db()
    assert app.client_secret == "own-secret"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"method": "jwt_bearer", "my_domain": "acme"}, "username"),
        ({"method": "client_credentials"}, "my_domain"),
        ({"method": "client_credentials", "my_domain": "evil.example"}, "my_domain"),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    account: SalesAccount, crm: Client, form: dict[str, str], field: str
) -> None:
    """An app of all production orgs does not know which of them to ask."""
    app = make_salesforce_app(account)
    answer = crm.post(page_of(app, "connect/"), form)
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in text_of(answer)


def test_what_was_understood_is_shown_before_anything_is_sent(
    account: SalesAccount, crm: Client, change_org: ChangeOrg, sandbox: SandboxProcess
) -> None:
    app = make_salesforce_app(account)
    change_org("add_app", **OWN, run_as=INTEGRATION)
    sandbox.delete("/_sandbox/calls")
    typed = {
        "method": "jwt_bearer",
        "username": INTEGRATION,
        "my_domain": "acme.lightning.force.com/lightning/page/home",
    }
    page = text_of(crm.post(page_of(app, "connect/"), typed))
    assert "Nothing was sent yet" in page.partition('id="id_my_domain_error"')[2]
    assert 'value="https://acme.my.salesforce.com"' in page
    assert f'value="{INTEGRATION}"' in page
    assert 'value="jwt_bearer" checked' in page
    assert sandbox.get("/_sandbox/calls") == []
    assert "Connected to Acme Inc" in connect(crm, app, CREDENTIALS | {"my_domain": "https://acme.my.salesforce.com"})


@pytest.mark.parametrize(
    ("origin", "audience"),
    [
        ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("https://acme.scratch.my.salesforce.com", "https://test.salesforce.com"),
        ("https://acme.my.salesforce.mil", "https://acme.my.salesforce.mil"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
    ],
)
def test_a_token_is_for_the_login_page_of_its_kind_of_org(origin: str, audience: str) -> None:
    assert assertion_audience(origin) == audience


def test_a_certificate_of_another_account_is_not_there(
    account: SalesAccount, stranger: User, client_of: ClientOf, crm: Client, app: SalesforceApp
) -> None:
    crm.post(page_of(app, "make-key/"))
    url = f"/settings/admin/salesforce/apps/certificates/{app.keys.get().pk}/"
    assert client_of(stranger).get(url).status_code == 404
