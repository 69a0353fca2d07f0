"""Log in with Salesforce, against the sandbox: linking, signing in, accepting an invitation, and the login policy."""

import re
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.audit_actions import AccountAction
from accounts.models import AuditEvent, LoginPolicy, Member, SalesAccount, User
from accounts.permissions import Role
from accounts.sessions import SessionStore
from clients.http import open_session
from devtools.personas import MARKETO_ADMIN, OPS, SALESFORCE_ADMIN
from invitations.models import Invitation
from sandbox.testing import SandboxProcess
from sign_in import oauth
from sign_in.audit_actions import SignInAction
from tests.conftest import ClientOf
from tests.factories import make_user
from tests.invitations.conftest import MakeInvitation, url_of
from tests.pages import text_of
from tests.salesforce_login import CHOICE
from tests.sign_in.salesforce_browser import (
    GENERAL,
    LINK,
    LOGIN,
    AtSalesforce,
    leave,
    link,
    signed_in,
)

ACCESS_TOKEN = re.compile(r"00D\w{12}!")
NEW_USER = {"name": "Nora Ek", "password1": "Correct-Horse-7", "password2": "Correct-Horse-7"}
pytestmark = pytest.mark.django_db


def all_sessions() -> str:
    return str([SessionStore().decode(session.session_data) for session in Session.objects.all()])


class TestTheWayThere:
    def test_only_identity_is_asked_for_with_pkce_and_a_fixed_way_back(self, client: Client, sandbox: object) -> None:
        """Security statements 2 and 4: neither the address nor the form can ask for more."""
        answer = client.post(f"{LOGIN}?scope=full,api&auth_params=scope=api", CHOICE, HTTP_HOST="localhost")
        asked = parse_qs(urlsplit(str(answer["Refresh"])).query)
        assert set(asked["scope"][0].split()) == {"id", "openid"}
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["redirect_uri"] == ["http://127.0.0.1:8000/accounts/salesforce/login/callback/"]
        assert "code_verifier" not in str(answer.headers) + answer.content.decode()

    @pytest.mark.parametrize(
        ("choice", "my_domain", "origin"),
        [
            ("production", "", "https://login.salesforce.com"),
            ("sandbox", "", "https://test.salesforce.com"),
            ("my_domain", "acme--uat.sandbox", "https://acme--uat.sandbox.my.salesforce.com"),
        ],
    )
    def test_the_login_page_is_chosen(self, client: Client, choice: str, my_domain: str, origin: str) -> None:
        answer = client.post(LOGIN, {"choice": choice, "my_domain": my_domain})
        assert str(answer["Refresh"]).startswith(f"0; url={origin}/services/oauth2/authorize?")

    @pytest.mark.parametrize("my_domain", ["", "evil.example", "acme.my.salesforce.com@evil.example", "127.0.0.1"])
    def test_no_other_host_can_be_typed(self, client: Client, my_domain: str) -> None:
        answer = client.post(LOGIN, {"choice": "my_domain", "my_domain": my_domain})
        assert answer.status_code == 400
        assert "not the address of a Salesforce org" in text_of(answer)

    def test_the_sign_in_page_leads_there(self, client: Client) -> None:
        assert f'href="{LOGIN}?next=/settings/profile/"' in text_of(
            client.get("/accounts/login/?next=/settings/profile/")
        )

    def test_pages_of_allauth_that_ours_replace_are_gone(self, client_of: ClientOf, admin: User) -> None:
        for path in ("/accounts/3rdparty/", "/accounts/3rdparty/signup/", "/accounts/social/connections/"):
            assert client_of(admin).get(path).status_code == 404


class TestTheWayBack:
    def test_a_linked_user_gets_in(
        self, client: Client, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce
    ) -> None:
        link(mia, client_of, at_salesforce)
        assert signed_in(client, at_salesforce).get(GENERAL).status_code == 200
        assert AuditEvent.objects.filter(
            action=AccountAction.SIGNED_IN, actor=mia, details={"methods": ["socialaccount"]}
        ).exists()

    @pytest.mark.parametrize("right", ["is_ops_staff", "is_superuser"])
    def test_no_org_lets_anybody_in_who_sees_all_accounts(
        self, client: Client, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce, right: str
    ) -> None:
        """Its admins can log in there as any user: those of one company would see what all others have."""
        link(mia, client_of, at_salesforce)
        User.objects.update(**{right: True})
        refused = "signs in with a password, not with Salesforce"
        assert refused in text_of(client.get(at_salesforce(leave(client)), follow=True))
        assert client.get("/settings/profile/").status_code == 302
        SocialAccount.objects.all().delete()
        browser = client_of(User.objects.get(pk=mia.pk))
        assert refused in text_of(browser.get(at_salesforce(leave(browser, LINK)), follow=True))
        assert not SocialAccount.objects.exists()

    def test_no_token_is_kept_anywhere(
        self, client: Client, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce
    ) -> None:
        """Security statement 5: what the token was for is known as soon as the page comes back."""
        link(mia, client_of, at_salesforce)
        signed_in(client, at_salesforce)
        assert not SocialToken.objects.exists()
        assert SocialAccount.objects.get().extra_data == {"username": MARKETO_ADMIN, "name": "Mia Holm"}
        assert not ACCESS_TOKEN.search(all_sessions())

    def test_nobody_is_found_by_an_address(self, client: Client, mia: User, at_salesforce: AtSalesforce) -> None:
        page = text_of(client.get(at_salesforce(leave(client)), follow=True))
        assert "No user of this console is linked to this Salesforce user" in page
        assert not SocialAccount.objects.exists()
        assert client.get("/settings/profile/").status_code == 302

    @pytest.mark.parametrize("change", ["other_browser", "used", "other_state", "no_state"])
    def test_a_state_works_once_and_in_one_browser(
        self, client: Client, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce, change: str
    ) -> None:
        """Security statement 1: a callback with a wrong, missing, reused or foreign state changes nothing."""
        link(mia, client_of, at_salesforce)
        back = at_salesforce(leave(client))
        browser = Client() if change == "other_browser" else client
        if change == "used":
            browser.get(back)
            browser.post("/accounts/logout/")
        if change == "other_state":
            back = re.sub("state=[^&]+", "state=abc.aHR0cHM6Ly9ldmlsLmV4YW1wbGU=", back)
        if change == "no_state":
            back = re.sub("&?state=[^&]+", "", back)
        assert "begun in another browser" in text_of(browser.get(back, follow=True))
        assert browser.get("/settings/profile/").status_code == 302

    def test_a_code_goes_back_to_where_it_was_begun(self, client: Client, sandbox: SandboxProcess) -> None:
        """Security statement 3: the state itself names the Salesforce it belongs to."""
        state = parse_qs(urlsplit(leave(client)).query)["state"][0]
        assert oauth.origin_of(state) == sandbox.url

    def test_deny_is_explained(self, client: Client, at_salesforce: AtSalesforce) -> None:
        assert "You pressed Deny" in text_of(client.get(at_salesforce(leave(client), decision="deny"), follow=True))

    def test_a_refusal_of_salesforce_is_explained(
        self, client: Client, sandbox: SandboxProcess, at_salesforce: AtSalesforce
    ) -> None:
        back = at_salesforce(leave(client))
        sandbox.post("/_sandbox/salesforce", {"action": "block_app"})
        assert "blocks the connected app" in text_of(client.get(back, follow=True))

    def test_signing_in_gives_a_new_session(
        self, client: Client, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce
    ) -> None:
        """Security statement 38: a session somebody planted before is worth nothing after."""
        link(mia, client_of, at_salesforce)
        back = at_salesforce(leave(client))
        before = client.cookies["msi-session"].value
        client.get(back)
        assert client.cookies["msi-session"].value != before

    def test_too_many_starts_are_slowed_down(self, client: Client, sandbox: object) -> None:
        codes = [client.post(LOGIN, CHOICE).status_code for _ in range(31)]
        assert codes == [200] * 30 + [429]


class TestLinking:
    def test_is_seen_and_taken_back(self, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce) -> None:
        link(mia, client_of, at_salesforce)
        browser = client_of(mia)
        assert f"Salesforce user {MARKETO_ADMIN}" in text_of(browser.get(LINK))
        browser.post(LINK, {"unlink": "1"})
        assert not SocialAccount.objects.exists()
        actions = list(AuditEvent.objects.values_list("action", flat=True))
        assert actions == [SignInAction.LINKED, SignInAction.UNLINKED]

    def test_another_address_is_refused(self, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce) -> None:
        browser = client_of(mia)
        page = text_of(browser.get(at_salesforce(leave(browser, LINK), OPS), follow=True))
        assert f"has another email address than {MARKETO_ADMIN}" in page
        assert not SocialAccount.objects.exists()

    def test_an_address_that_salesforce_has_not_verified_is_refused(
        self, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(oauth, "open_session", unverified_session)
        browser = client_of(mia)
        page = text_of(browser.get(at_salesforce(leave(browser, LINK)), follow=True))
        assert "has not verified the address" in page
        assert not SocialAccount.objects.exists()

    def test_the_last_way_in_is_kept(self, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce) -> None:
        link(mia, client_of, at_salesforce)
        mia.set_unusable_password()
        mia.save()
        assert "You have no password" in text_of(client_of(mia).post(LINK, {"unlink": "1"}, follow=True))
        assert SocialAccount.objects.exists()

    def test_asks_for_the_password_first(self, mia: User, client_of: ClientOf, sandbox: object) -> None:
        """Security statement 37: a browser left open links nobody."""
        browser = client_of(mia)
        session = browser.session
        session["account_authentication_methods"][0]["at"] -= 15 * 60
        session.save()
        assert browser.post(LINK, CHOICE)["Location"].startswith("/accounts/reauthenticate/")


def changed_session(before: bytes, after: bytes, **options: Any) -> requests.Session:
    """Salesforce, but it answers something else."""
    session = open_session(**options)

    def change(response: requests.Response, **_options: object) -> None:
        response._content = response.content.replace(before, after)

    session.hooks["response"].append(change)
    return session


unverified_session = partial(changed_session, b'"email_verified":true', b'"email_verified":false')


class TestActivation:
    def test_with_salesforce(
        self, client: Client, invite: MakeInvitation, at_salesforce: AtSalesforce, account: SalesAccount
    ) -> None:
        invitation, token = invite(SALESFORCE_ADMIN, role=Role.SALESFORCE_ADMIN)
        url = leave(client, url_of(token))
        assert token not in all_sessions()
        page = client.get(at_salesforce(url, SALESFORCE_ADMIN), follow=True)
        assert page.redirect_chain == [("/", 302)]
        member = Member.objects.get(user__email=SALESFORCE_ADMIN)
        assert (member.account, member.role, member.user.has_usable_password()) == (
            account,
            Role.SALESFORCE_ADMIN,
            False,
        )
        assert "Welcome to the Sales account Acme Inc." in text_of(page)
        invitation.refresh_from_db()
        assert invitation.state == "accepted"
        assert AuditEvent.objects.get(action=SignInAction.LINKED).account == account
        assert Client().get(url_of(token)).status_code == 410

    def test_only_by_the_invited_address(
        self, client: Client, invite: MakeInvitation, at_salesforce: AtSalesforce
    ) -> None:
        """Security statement 25: a Salesforce user with another address gets nowhere."""
        _, token = invite(SALESFORCE_ADMIN)
        page = text_of(client.get(at_salesforce(leave(client, url_of(token)), OPS), follow=True))
        assert "has another email address" in page
        assert not User.objects.filter(email__in=[OPS, SALESFORCE_ADMIN]).exists()
        assert Invitation.objects.get().is_open

    def test_a_long_name_is_cut(
        self, client: Client, invite: MakeInvitation, at_salesforce: AtSalesforce, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(oauth, "open_session", partial(changed_session, b'"name":"', b'"name":"' + b"x" * 150))
        _, token = invite(SALESFORCE_ADMIN)
        client.get(at_salesforce(leave(client, url_of(token)), SALESFORCE_ADMIN))
        assert User.objects.get(email=SALESFORCE_ADMIN).name == "x" * 150

    def test_not_by_a_salesforce_user_that_is_linked_already(
        self, client: Client, invite: MakeInvitation, at_salesforce: AtSalesforce, client_of: ClientOf, mia: User
    ) -> None:
        """Who has changed the address in Salesforce since: the link stays where it was."""
        link(mia, client_of, at_salesforce)
        User.objects.filter(pk=mia.pk).update(email="old@acme.example")
        _, token = invite(MARKETO_ADMIN)
        page = text_of(client.get(at_salesforce(leave(client, url_of(token))), follow=True))
        assert "has an account already" in page
        assert SocialAccount.objects.get().user == mia

    def test_only_by_a_verified_address(
        self, client: Client, invite: MakeInvitation, at_salesforce: AtSalesforce, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(oauth, "open_session", unverified_session)
        _, token = invite(SALESFORCE_ADMIN)
        client.get(at_salesforce(leave(client, url_of(token)), SALESFORCE_ADMIN))
        assert not User.objects.filter(email=SALESFORCE_ADMIN).exists()

    def test_not_after_it_was_revoked_on_the_way(
        self, client: Client, invite: MakeInvitation, at_salesforce: AtSalesforce
    ) -> None:
        _, token = invite(SALESFORCE_ADMIN)
        url = leave(client, url_of(token))
        Invitation.objects.update(revoked_at="2026-01-01T00:00Z")
        page = text_of(client.get(at_salesforce(url, SALESFORCE_ADMIN), follow=True))
        assert "can no longer be used" in page
        assert not User.objects.filter(email=SALESFORCE_ADMIN).exists()

    def test_by_password_is_refused_under_salesforce_only(
        self, client: Client, invite: MakeInvitation, account: SalesAccount
    ) -> None:
        _, token = invite()
        SalesAccount.objects.update(login_policy=LoginPolicy.SALESFORCE_ONLY)
        assert 'name="password1"' not in text_of(client.get(url_of(token)))
        answer = client.post(url_of(token), NEW_USER)
        assert answer.status_code == 409
        assert "with Salesforce only" in text_of(answer)
        assert not User.objects.filter(email="new@acme.example").exists()

    def test_an_existing_user_with_a_password_is_refused_too(
        self, client_of: ClientOf, invite: MakeInvitation, account: SalesAccount
    ) -> None:
        _, token = invite()
        SalesAccount.objects.update(login_policy=LoginPolicy.SALESFORCE_ONLY)
        answer = client_of(make_user("new@acme.example")).post(url_of(token))
        assert answer.status_code == 409
        assert not Member.objects.filter(user__email="new@acme.example").exists()
