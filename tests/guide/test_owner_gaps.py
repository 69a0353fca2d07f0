"""Owner gaps: Salesforce users who own people of the copy and have no user here."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Member, SalesAccount, User
from accounts.permissions import Role
from connections.models import SalesforceConnection
from connections.services.clients import salesforce_client
from invitations.models import Invitation
from sync.models import Person
from tests.conftest import ClientOf, make_member
from tests.guide.test_actions_config import text
from tests.sync import conftest as sync_setting

PAGE = "/settings/admin/users/owner-gaps/"
salesforce_connection = sync_setting.salesforce_connection


@pytest.fixture
def browser(admin: User, client_of: ClientOf) -> Client:
    return client_of(admin)


@pytest.fixture
def owners(account: SalesAccount, salesforce_connection: SalesforceConnection) -> list[dict[str, str]]:
    """Three users of the org; the first owns three people of the copy, the second two, the third one."""
    query = "SELECT Id, Name, Email FROM User WHERE IsActive = true AND Email != 'admin@acme.example' LIMIT 3"
    users = salesforce_client(salesforce_connection).query(query)
    for number, user in enumerate([users[0], users[0], users[0], users[1], users[1], users[2]]):
        own(account, number, user["Id"])
    return users


def own(account: SalesAccount, number: int, owner_id: str, **fields: object) -> None:
    fields = {"salesforce_type": "Lead", "owner_id": owner_id, "changed_at": timezone.now(), **fields}
    Person.objects.create(account=account, marketo_id=number, **fields)


def test_owners_without_a_user_are_listed_with_their_people(
    browser: Client, account: SalesAccount, owners: list[dict[str, str]]
) -> None:
    make_member(account, owners[1]["Email"].lower(), Role.USER)
    own(account, 90, "00G000000000001")
    own(account, 91, "005' OR Name != '")
    own(account, 92, owners[1]["Id"], removed_at=timezone.now())
    page = text(browser.get(PAGE))
    assert "4 people are behind them" in page
    first, second = page.index(owners[0]["Email"]), page.index(owners[2]["Email"])
    assert first < second
    assert '<td class="num">3</td>' in page
    assert owners[1]["Email"] not in page


def test_one_click_invites_one(browser: Client, owners: list[dict[str, str]]) -> None:
    page = text(browser.post(PAGE, {"owner": owners[1]["Id"], "email": "else@evil.example"}, follow=True))
    assert "1 person was invited." in page
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.name) == (owners[1]["Email"].lower(), owners[1]["Name"])
    assert invitation.role == Role.USER
    assert ">Invited<" in page


def test_all_are_invited_at_once_and_only_once(browser: Client, owners: list[dict[str, str]]) -> None:
    ids = [owner["Id"] for owner in owners]
    page = text(browser.get(PAGE))
    assert page.index("Invite all 3") < page.index("Each of them gets a mail and takes a seat. Free seats: 99.")
    assert "finds no seat" not in page
    browser.post(PAGE, {"owner": ids})
    browser.post(PAGE, {"owner": ids})
    assert Invitation.objects.count() == 3


def test_somebody_who_owns_nobody_is_not_invited(browser: Client, owners: list[dict[str, str]]) -> None:
    browser.post(PAGE, {"owner": "005000000000000AAA"})
    assert not Invitation.objects.exists()


def test_everybody_has_a_user(browser: Client, account: SalesAccount, owners: list[dict[str, str]]) -> None:
    for owner in owners:
        make_member(account, owner["Email"].lower(), Role.USER)
    assert "No gaps" in text(browser.get(PAGE))


def test_without_salesforce_the_page_says_what_to_do(browser: Client, account: SalesAccount) -> None:
    own(account, 1, "005000000000001AAA")
    page = text(browser.get(PAGE))
    assert 'role="alert"' in page
    assert "not connected to Salesforce" in page


def test_only_admins_see_it(
    member: User, salesforce_admin: User, ops: User, client: Client, client_of: ClientOf
) -> None:
    assert client.get(PAGE)["Location"].startswith("/accounts/login/")
    assert client_of(ops).get(PAGE).status_code == 404
    assert {client_of(person).get(PAGE).status_code for person in (member, salesforce_admin)} == {403}
    assert Member.objects.count() == 2
