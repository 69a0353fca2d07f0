"""Owner gaps: Salesforce users who own people of the copy and have no user here."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import SalesAccount
from accounts.permissions import Role
from connections.models import SalesforceConnection
from connections.services.client_factory import salesforce_client
from invitations.models import Invitation
from tests.factories import make_member, make_people
from tests.pages import text_of
from tests.sync.altered_answers import AlteredAnswers

PAGE = "/settings/admin/users/owner-gaps/"


@pytest.fixture
def owners(account: SalesAccount, salesforce_connection: SalesforceConnection) -> list[dict[str, str]]:
    """Three users of the org; the first owns three people of the copy, the second two, the third one."""
    query = "SELECT Id, Name, Email FROM User WHERE IsActive = true AND Email != 'admin@acme.example' LIMIT 3"
    users = salesforce_client(salesforce_connection).query(query)
    for first_id, count, user in [(1, 3, users[0]), (4, 2, users[1]), (6, 1, users[2])]:
        make_people(account, count, first_id, owner_id=user["Id"])
    return users


def test_owners_without_a_user_are_listed_with_their_people(
    browser: Client, account: SalesAccount, owners: list[dict[str, str]]
) -> None:
    make_member(account, owners[1]["Email"].lower(), Role.USER)
    make_people(account, first_id=90, owner_id="00G000000000001")
    make_people(account, first_id=91, owner_id="005' OR Name != '")
    make_people(account, first_id=92, owner_id=owners[1]["Id"], removed_at=timezone.now())
    page = text_of(browser.get(PAGE))
    assert "own 4 synced people but have no login here" in page
    first, second = page.index(owners[0]["Email"]), page.index(owners[2]["Email"])
    assert first < second
    assert '<td class="num" data-label="People">3</td>' in page
    assert owners[1]["Email"] not in page


def test_one_click_invites_one(browser: Client, owners: list[dict[str, str]]) -> None:
    page = text_of(browser.post(PAGE, {"owner": owners[1]["Id"], "email": "else@evil.example"}, follow=True))
    assert "1 person was invited." in page
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.name) == (owners[1]["Email"].lower(), owners[1]["Name"])
    assert invitation.role == Role.USER
    assert "Invited</span>" in page


def test_all_are_invited_at_once_and_only_once(browser: Client, owners: list[dict[str, str]]) -> None:
    ids = [owner["Id"] for owner in owners]
    page = text_of(browser.get(PAGE))
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
    assert "No gaps" in text_of(browser.get(PAGE))


def test_the_ending_that_a_sandbox_gives_to_addresses_is_no_gap(
    browser: Client, account: SalesAccount, owners: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Salesforce ends the addresses of a sandbox's users with .invalid; all who are users here were gaps there."""

    def as_in_a_sandbox(answer: Any, _request: Any) -> Any:
        return answer | {"records": [user | {"Email": f"{user['Email']}.invalid"} for user in answer["records"]]}

    make_member(account, owners[0]["Email"].lower(), Role.USER)
    AlteredAnswers(monkeypatch).alter("FROM\\+User", as_in_a_sandbox)
    page = text_of(browser.get(PAGE))
    assert owners[0]["Email"] not in page
    assert "own 3 synced people" in page
    browser.post(PAGE, {"owner": owners[1]["Id"]})
    assert Invitation.objects.get().email == owners[1]["Email"].lower()


def test_without_salesforce_the_page_says_what_to_do(browser: Client, account: SalesAccount) -> None:
    make_people(account, owner_id="005000000000001AAA")
    page = text_of(browser.get(PAGE))
    assert 'role="alert"' in page
    assert "not connected to Salesforce" in page
