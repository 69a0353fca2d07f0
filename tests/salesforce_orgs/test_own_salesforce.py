"""My Account > Salesforce: a member's own connection, beside the one of the account."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client

from accounts.models import AuditEvent, SalesAccount, User
from connections.models import SalesforceConnection
from connections.services.client_factory import salesforce_client
from connections.services.health import salesforce_health
from problems.messages import ConnectionProblem
from salesforce_orgs.audit_actions import OrgAction
from salesforce_orgs.services import finish_sign_in, take_sign_in
from salesforce_orgs.views import BROWSER
from salesforce_package.state import package_state
from salesforce_package.tasks import check_packages
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import CONNECT_OWN, ChangeOrg, PersonAtSalesforce, connect_own
from tests.pages import text_of
from tests.salesforce_login import CHOICE, leave_for_salesforce

PAGE = "/settings/salesforce/"
DISCONNECT = "/settings/salesforce/disconnect/"


@pytest.fixture
def seller(member: User, client_of: ClientOf) -> Client:
    """The browser of a member with the role User."""
    return client_of(member)


def test_every_member_connects_themselves(
    seller: Client, member: User, account: SalesAccount, person_at_salesforce: PersonAtSalesforce
) -> None:
    page = text_of(seller.get(PAGE))
    assert "This console writes nothing with it, except for a test activity that you log" in page
    assert "in Salesforce as yours" not in page
    assert "Settings" in page
    assert "You will be sent to this address" in text_of(seller.get(CONNECT_OWN, CHOICE))
    page = connect_own(seller, person_at_salesforce)
    assert "Connected to Acme Inc as admin@acme.example." in page
    assert f'href="{DISCONNECT}"' in page
    own = SalesforceConnection.objects.get()
    assert (own.member, own.account, own.connected_by) == (member.member, account, member)
    assert AuditEvent.objects.filter(action=OrgAction.SALESFORCE_OWN_CONNECTED, actor=member).exists()


def test_salesforce_asks_who_it_is_even_in_a_browser_that_is_logged_in(seller: Client, sandbox: SandboxProcess) -> None:
    login = {"username": "admin@acme.example", "password": "sandbox-password"}
    with requests.Session() as browser:
        browser.post(f"{sandbox.url}/login", data=login)
        page = browser.get(leave_for_salesforce(seller, CONNECT_OWN))
    assert urlsplit(page.url).path == "/login"


@pytest.mark.parametrize("known", ["Sam@acme.example", "sam@acme.example.invalid"])
def test_a_connection_of_somebody_else_is_noticed(
    seller: Client, member: User, person_at_salesforce: PersonAtSalesforce, known: str
) -> None:
    """Salesforce knows the user by another address than the console, unless a sandbox only marked it as invalid."""
    assert "this user has the address admin@acme.example, which is not yours" in connect_own(
        seller, person_at_salesforce
    )
    SalesforceConnection.objects.update(email=known)
    User.objects.filter(pk=member.pk).update(email="sam@acme.example")
    assert "which is not yours" not in text_of(seller.get(PAGE))


def test_the_account_s_connection_is_nobody_s_own(
    salesforce_connection: SalesforceConnection, client_of: ClientOf
) -> None:
    SalesforceConnection.objects.update(email="integration@acme.example")
    page = text_of(client_of(salesforce_connection.connected_by).get("/settings/admin/salesforce/"))
    assert "which is not yours" not in page


def test_sync_and_package_do_not_use_a_member_s_connection(
    seller: Client, account: SalesAccount, person_at_salesforce: PersonAtSalesforce
) -> None:
    connect_own(seller, person_at_salesforce)
    assert not SalesforceConnection.objects.for_account(account).exists()
    assert not salesforce_health(account).is_connected
    assert package_state(account).connection is None
    check_packages()


def test_both_connections_live_side_by_side(
    salesforce_connection: SalesforceConnection, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce
) -> None:
    owner = salesforce_connection.connected_by
    browser = client_of(owner)
    connect_own(browser, person_at_salesforce)
    own = SalesforceConnection.objects.of_member(owner.member).get()
    assert own.refresh_token != salesforce_connection.refresh_token
    assert "Disconnect yourself from Acme Inc" in text_of(browser.get(DISCONNECT))
    assert "Disconnected from Acme Inc." in text_of(browser.post(DISCONNECT, follow=True))
    assert AuditEvent.objects.filter(action=OrgAction.SALESFORCE_OWN_DISCONNECTED, actor=owner).exists()
    left = SalesforceConnection.objects.get()
    assert left == salesforce_connection
    assert salesforce_client(left).organization().name == "Acme Inc"


def test_another_org_than_the_account_s_is_refused(
    salesforce_connection: SalesforceConnection, seller: Client, person_at_salesforce: PersonAtSalesforce
) -> None:
    SalesforceConnection.objects.update(org_id="00DOTHER00000000AA")
    page = connect_own(seller, person_at_salesforce)
    assert "another Salesforce org than the one the Sales account is connected to" in page
    assert SalesforceConnection.objects.count() == 1


def test_a_sign_in_for_oneself_connects_nobody_else(
    seller: Client, salesforce_admin: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce
) -> None:
    other = client_of(salesforce_admin)
    back = person_at_salesforce(leave_for_salesforce(seller, CONNECT_OWN))
    assert "problem=salesforce_lost_sign_in" in other.get(back)["Location"]
    assert "This sign-in was started in another tab" in text_of(seller.get(f"{PAGE}?problem=salesforce_lost_sign_in"))
    assert not SalesforceConnection.objects.exists()


def test_somebody_removed_meanwhile_connects_nothing(
    seller: Client, member: User, person_at_salesforce: PersonAtSalesforce
) -> None:
    back = person_at_salesforce(leave_for_salesforce(seller, CONNECT_OWN))
    answer = parse_qs(urlsplit(back).query)
    sign_in = take_sign_in(state=answer["state"][0], user=member, browser=seller.session[BROWSER])
    member.member.delete()
    with pytest.raises(ConnectionProblem, match="salesforce_not_allowed"):
        finish_sign_in(sign_in, code=answer["code"][0])
    assert not SalesforceConnection.objects.exists()


def test_what_goes_wrong_is_said_on_one_s_own_page(
    seller: Client, person_at_salesforce: PersonAtSalesforce, change_org: ChangeOrg
) -> None:
    change_org("set_user", username="admin@acme.example", api_enabled=False)
    assert "The Salesforce user may not use the API." in connect_own(seller, person_at_salesforce)
    assert not SalesforceConnection.objects.exists()


def test_removing_a_member_erases_their_tokens(
    seller: Client, member: User, person_at_salesforce: PersonAtSalesforce
) -> None:
    connect_own(seller, person_at_salesforce)
    member.member.delete()
    assert not SalesforceConnection.objects.exists()
