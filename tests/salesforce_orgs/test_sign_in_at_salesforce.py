"""A sign-in at Salesforce on its way there and back: what it asks for, and that it ends where it began."""

from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import time_machine
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from accounts.models import Member, User
from accounts.permissions import Role
from clients.salesforce.oauth import TokenAnswer
from connections.models import SalesforceConnection, SalesforceSignIn
from connections.orgs import CopiedOrg, OrgMove
from salesforce_orgs import storing
from sandbox.testing import SandboxProcess
from tests.conftest import ClientOf
from tests.connections.conftest import CONNECT, ChangeOrg, PersonAtSalesforce, press_ok
from tests.pages import text_of
from tests.salesforce_login import address_at_salesforce
from tests.signing_in import let_in

CALLBACK = "/connections/salesforce/callback/"


def test_the_authorisation_asks_for_what_is_needed_and_no_more(
    admin: User, client_of: ClientOf, sandbox: SandboxProcess
) -> None:
    """Security statement 4: the scopes are pinned, and nothing of the query string reaches Salesforce."""
    form = {"choice": "production", "scope": "full", "prompt": "none", "redirect_uri": "https://evil.example"}
    answer = client_of(admin).post(f"{CONNECT}?scope=full&auth_params=scope=full", form)
    asked = parse_qs(urlsplit(address_at_salesforce(answer)).query)
    assert "evil.example" not in answer["Refresh"]
    assert "prompt" not in asked
    assert asked["scope"] == ["api refresh_token id openid"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"http://127.0.0.1:8000{CALLBACK}"]
    assert len(asked["state"][0]) >= 43


def test_without_pkce_there_is_no_code(
    admin: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce, change_org: ChangeOrg
) -> None:
    """Security statement 2: S256 on every authorisation, and the verifier never leaves the server."""
    change_org("require_pkce", required=True)
    browser = client_of(admin)
    url = press_ok(browser)
    sign_in = SalesforceSignIn.objects.get()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert sign_in.code_verifier not in url
    with database.cursor() as cursor:
        cursor.execute("SELECT code_verifier FROM connections_salesforcesignin")
        assert sign_in.code_verifier not in cursor.fetchone()[0]
    assert asked["code_challenge_method"] == "S256"
    answer = browser.get(person_at_salesforce(url), follow=True)
    assert "Connected to Acme Inc as admin@acme.example." in text_of(answer)
    assert sign_in.code_verifier not in text_of(answer)


class TestStateOfTheCallback:
    """Security statement 1: a callback whose state is not the open one of this person changes nothing."""

    @pytest.fixture
    def client_of(self) -> ClientOf:
        """The same browser for the same person: a sign-in ends where it began."""
        return cache(lambda user: let_in(Client(), user))

    @pytest.fixture
    def back(self, admin: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce) -> str:
        return person_at_salesforce(press_ok(client_of(admin)))

    def _refused(self, user: User, client_of: ClientOf, url: str, sentence: str = "This sign-in was started") -> None:
        answer = client_of(user).get(url, follow=True)
        assert sentence in text_of(answer)
        assert not SalesforceConnection.objects.exists()

    def test_missing(self, admin: User, client_of: ClientOf, back: str) -> None:
        self._refused(admin, client_of, f"{CALLBACK}?code={dict(parse_qsl(urlsplit(back).query))['code']}")

    def test_wrong(self, admin: User, client_of: ClientOf, back: str) -> None:
        self._refused(admin, client_of, f"{back[:-1]}{'A' if back[-1] != 'A' else 'B'}")

    def test_reused(self, admin: User, client_of: ClientOf, back: str) -> None:
        client_of(admin).get(back)
        SalesforceConnection.objects.all().delete()
        self._refused(admin, client_of, back)

    def test_expired(self, admin: User, client_of: ClientOf, back: str) -> None:
        SalesforceSignIn.objects.update(created_at=timezone.now() - timedelta(minutes=10, seconds=1))
        self._refused(admin, client_of, back)

    def test_of_another_browser_of_the_same_user(self, admin: User, client_of: ClientOf, back: str) -> None:
        """Whoever lures somebody to the end of a sign-in that they began elsewhere."""
        assert "problem=salesforce_lost_sign_in" in let_in(Client(), admin).get(back)["Location"]
        assert "problem" not in client_of(admin).get(back)["Location"]

    def test_of_another_user(self, salesforce_admin: User, client_of: ClientOf, back: str) -> None:
        self._refused(salesforce_admin, client_of, back)
        assert SalesforceSignIn.objects.exists()

    def test_of_another_account(self, admin: User, stranger: User, client_of: ClientOf, back: str) -> None:
        Member.objects.filter(user=admin).update(account=stranger.member.account)
        self._refused(admin, client_of, back, "You may no longer connect this Sales account")

    def test_superseded_by_another_tab(self, admin: User, client_of: ClientOf, back: str) -> None:
        press_ok(client_of(admin))
        self._refused(admin, client_of, back)

    def test_after_the_role_was_taken_away(self, admin: User, client_of: ClientOf, back: str) -> None:
        Member.objects.filter(user=admin).update(role=Role.USER)
        assert client_of(admin).get(back)["Location"] == "/settings/salesforce/?problem=salesforce_not_allowed"
        assert not SalesforceConnection.objects.exists()

    @pytest.mark.parametrize("is_offered", [False, True])
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("tasks_run_at_once")
    def test_while_the_role_is_taken_away(
        self,
        admin: User,
        client_of: ClientOf,
        back: str,
        sandbox: SandboxProcess,
        monkeypatch: pytest.MonkeyPatch,
        is_offered: bool,
    ) -> None:
        """Security statement 35: Salesforce takes seconds to answer, and what it gave is given back."""
        if is_offered:
            CopiedOrg.objects.create(account=admin.member.account, org_id="00D000000000009EAA", org_name="Old")

        def answered(answer: TokenAnswer) -> Any:
            Member.objects.filter(user=admin).update(role=Role.USER)
            return first_calls(answer)

        first_calls = storing._first_calls
        monkeypatch.setattr(storing, "_first_calls", answered)
        assert "problem=salesforce_not_allowed" in client_of(admin).get(back)["Location"]
        assert not SalesforceConnection.objects.exists()
        assert not OrgMove.objects.exists()
        assert sandbox.get("/_sandbox/state")["org"]["grants"] == 0


def test_a_stale_sign_in_is_swept_away(
    admin: User, salesforce_admin: User, client_of: ClientOf, sandbox: object
) -> None:
    press_ok(client_of(salesforce_admin))
    SalesforceSignIn.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    press_ok(client_of(admin))
    assert SalesforceSignIn.objects.get().user == admin


def test_a_code_of_another_sign_in_is_refused(
    admin: User, salesforce_admin: User, client_of: ClientOf, person_at_salesforce: PersonAtSalesforce
) -> None:
    """Security statement 3: codes of two sign-ins cannot be swapped; each belongs to its verifier."""
    own, other = client_of(admin), client_of(salesforce_admin)
    backs = [person_at_salesforce(press_ok(browser)) for browser in (own, other)]
    answers = [dict(parse_qsl(urlsplit(back).query)) for back in backs]
    page = own.get(CALLBACK, {"state": answers[0]["state"], "code": answers[1]["code"]}, follow=True)
    assert "The sign-in at Salesforce took too long" in text_of(page)
    assert not SalesforceConnection.objects.exists()


@pytest.mark.django_db
def test_hurried_clicks_on_connect_are_slowed_down(admin: User, member: User, client_of: ClientOf) -> None:
    choice = {"choice": "production", "my_domain": ""}
    browser = client_of(admin)
    with time_machine.travel(timezone.now(), tick=False):
        for _ in range(10):
            press_ok(browser)
        assert "more than ten sign-ins" in text_of(browser.post(CONNECT, choice))
        Member.objects.filter(user=member).update(role=Role.ADMIN)
        press_ok(client_of(member))
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False):
        press_ok(browser)
