"""Login Management: Salesforce Only, whom it keeps out and who gets in nevertheless."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from django.db import connection, transaction
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django import Settings

from accounts.audit_actions import AccountAction
from accounts.models import AuditEvent, LoginPolicy, Member, SalesAccount, User
from accounts.permissions import Role
from accounts.services import RefusedError, lock_account
from devtools.personas import MARKETO_ADMIN, PASSWORD
from members.services import change_role
from sign_in.audit_actions import SignInAction
from sign_in.links import linked_to, unlink
from tests.accounts.authenticator import add_second_factor
from tests.conftest import ClientOf
from tests.factories import make_member, make_user
from tests.invitations.conftest import MakeInvitation, url_of
from tests.pages import text_of
from tests.sign_in.salesforce_browser import GENERAL, LINK, LOGIN, AtSalesforce, leave, link, signed_in
from tests.signing_in import let_sign_in_age, sign_in
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db
PROFILE = "/settings/profile/"


class TestLoginPolicy:
    def test_an_admin_with_a_password_cannot_choose_salesforce_only(self, client_of: ClientOf, mia: User) -> None:
        answer = client_of(mia).post(GENERAL, {"policy": "salesforce_only"})
        assert answer.status_code == 400
        assert "might lock everybody out" in text_of(answer)
        assert not SalesAccount.objects.get().is_salesforce_only

    def test_an_admin_with_salesforce_can(
        self, client: Client, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce
    ) -> None:
        link(mia, client_of, at_salesforce)
        others = [client_of(make_member(SalesAccount.objects.get()).user), client_of(make_user())]
        page = text_of(signed_in(client, at_salesforce).post(GENERAL, {"policy": "salesforce_only"}, follow=True))
        assert "How members sign in was saved." in page
        assert SalesAccount.objects.get().is_salesforce_only
        # Security statement 35: whoever came in by a password may not any more.
        assert [browser.get(PROFILE).status_code for browser in others] == [302, 200]
        event = AuditEvent.objects.get(action=AccountAction.LOGIN_POLICY_CHANGED)
        assert event.details == {"before": "all", "after": "salesforce_only"}
        refused = text_of(client.post(LINK, {"unlink": "1"}, follow=True))
        assert "with Salesforce only" in refused
        client.post(GENERAL, {"policy": "all"})
        assert not SalesAccount.objects.get().is_salesforce_only

    def test_salesforce_only_refuses_a_right_password(self, client: Client, mia: User) -> None:
        SalesAccount.objects.update(login_policy=LoginPolicy.SALESFORCE_ONLY)
        page = client.post("/accounts/login/", {"login": mia.email, "password": PASSWORD}, follow=True)
        assert "lets people in with Salesforce only" in text_of(page)
        assert client.get(GENERAL).status_code == 302
        assert AuditEvent.objects.filter(action=AccountAction.PASSWORD_REFUSED, actor=mia).exists()

    def test_whoever_has_not_linked_gets_in_with_the_password_and_salesforce(
        self, client: Client, mia: User, at_salesforce: AtSalesforce
    ) -> None:
        SalesAccount.objects.update(login_policy=LoginPolicy.SALESFORCE_ONLY)
        sign_in(client, mia.email)
        assert signed_in(client, at_salesforce).get(GENERAL).status_code == 200
        assert linked_to(mia)
        assert AuditEvent.objects.get(action=SignInAction.LINKED).actor == mia

    @pytest.mark.parametrize("missing", ["password", "policy", "minutes", "active"])
    def test_but_not_without(self, client: Client, mia: User, at_salesforce: AtSalesforce, missing: str) -> None:
        """The right password of a moment ago, and a policy that refused it."""
        SalesAccount.objects.update(login_policy=LoginPolicy.SALESFORCE_ONLY)
        password = "Wrong-Passw0rd!" if missing == "password" else PASSWORD
        sign_in(client, mia.email, password)
        if missing == "policy":
            SalesAccount.objects.update(login_policy=LoginPolicy.ALL)
        User.objects.update(is_active=missing != "active")
        back = at_salesforce(leave(client))
        with time_machine.travel(timezone.now() + timedelta(minutes=16 if missing == "minutes" else 0)):
            client.get(back)
            assert client.get(GENERAL).status_code == 302
        assert not linked_to(mia)

    def test_nor_past_the_second_factor(
        self, client: Client, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce, settings: Settings
    ) -> None:
        settings.MFA_TOTP_TOLERANCE = 1
        add_second_factor(client_of(mia))
        SalesAccount.objects.update(login_policy=LoginPolicy.SALESFORCE_ONLY)
        sign_in(client, mia.email)
        assert client.get(at_salesforce(leave(client)))["Location"] == "/accounts/2fa/authenticate/"
        assert client.get(GENERAL).status_code == 302

    def test_the_page_names_who_has_not_linked(
        self, client_of: ClientOf, mia: User, member: User, at_salesforce: AtSalesforce
    ) -> None:
        link(mia, client_of, at_salesforce)
        page = text_of(client_of(mia).get(GENERAL))
        assert "1 member has not linked a Salesforce user" in page
        assert f"same email address: {member.email}</div>" in page

    def test_an_admin_who_has_unlinked_meanwhile_cannot_choose_it(
        self, client: Client, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce
    ) -> None:
        link(mia, client_of, at_salesforce)
        browser = signed_in(client, at_salesforce)
        client_of(mia).post(LINK, {"unlink": "1"})
        assert browser.post(GENERAL, {"policy": "salesforce_only"}).status_code == 400
        assert not SalesAccount.objects.get().is_salesforce_only

    def test_ops_staff_keep_the_password(self, client: Client, mia: User) -> None:
        SalesAccount.objects.update(login_policy=LoginPolicy.SALESFORCE_ONLY)
        User.objects.update(is_ops_staff=True)
        assert sign_in(client, mia.email)["Location"] == "/"

    def test_the_last_admin_with_a_salesforce_user_stays_one(
        self, account: SalesAccount, client_of: ClientOf, mia: User, admin: User, at_salesforce: AtSalesforce
    ) -> None:
        link(mia, client_of, at_salesforce)
        SalesAccount.objects.update(login_policy=LoginPolicy.SALESFORCE_ONLY)
        with pytest.raises(RefusedError, match="last admin"):
            change_role(member=Member.objects.get(user=mia), role=Role.USER, changed_by=admin)


def test_somebody_without_a_password_logs_in_again_for_a_change(
    client: Client, client_of: ClientOf, mia: User, at_salesforce: AtSalesforce
) -> None:
    """Security statement 37: with Salesforce, which is told to ask for its password too."""
    link(mia, client_of, at_salesforce)
    browser = signed_in(client, at_salesforce)
    User.objects.filter(pk=mia.pk).update(password="!")
    mia.refresh_from_db()
    browser = let_sign_in_age(client_of(mia))
    answer = browser.post(GENERAL, {"policy": "all"}, headers={"Referer": f"http://testserver{GENERAL}"})
    assert answer["Location"] == f"{LOGIN}?next=%2Fsettings%2Fadmin%2Fgeneral%2F&again=1"
    url = leave(browser, answer["Location"])
    assert "prompt=login" in url
    assert browser.get(at_salesforce(url))["Location"] == GENERAL


def test_an_invited_member_of_another_account_is_told(
    client: Client, client_of: ClientOf, invite: MakeInvitation, stranger: User, at_salesforce: AtSalesforce
) -> None:
    user = make_member(stranger.member.account, MARKETO_ADMIN).user
    link(user, client_of, at_salesforce)
    browser = signed_in(client, at_salesforce)
    _, token = invite(MARKETO_ADMIN)
    assert "already a member of a Sales account" in text_of(browser.post(url_of(token)))


def test_an_existing_user_is_led_to_accept_under_salesforce_only(
    client: Client, client_of: ClientOf, invite: MakeInvitation, at_salesforce: AtSalesforce
) -> None:
    """By linking the Salesforce user, and signing in with it; both come back to the invitation."""
    user = make_user(MARKETO_ADMIN)
    _, token = invite(MARKETO_ADMIN)
    SalesAccount.objects.update(login_policy=LoginPolicy.SALESFORCE_ONLY)
    page, browser = url_of(token), client_of(user)
    login, linking = f"{LOGIN}?next={page}", f"{LINK}?next={page}"
    assert f'href="{login}"' in text_of(client.get(page))
    assert f'href="{linking}"' in text_of(browser.get(page))
    assert browser.get(at_salesforce(leave(browser, linking)))["Location"] == page
    assert f'href="{login}"' in text_of(browser.get(page))
    assert browser.get(at_salesforce(leave(browser, login)))["Location"] == page
    browser.post(page)
    assert Member.objects.filter(user=user).exists()


def test_a_console_without_salesforce_does_not_offer_it(client: Client, mia: User, client_of: ClientOf) -> None:
    with override_settings(SOCIALACCOUNT_PROVIDERS={}):
        for address in (LOGIN, LINK, f"{LOGIN}callback/?state=x&code=y"):
            assert (client.get(address).status_code, client_of(mia).get(address).status_code) == (404, 404)
        for address in ("/settings/profile/", GENERAL):
            assert "/accounts/salesforce/" not in text_of(client_of(mia).get(address))


@pytest.mark.django_db(transaction=True)
def test_unlinking_and_choosing_salesforce_only_at_once_lock_nobody_out(account: SalesAccount, mia: User) -> None:
    SocialAccount.objects.create(provider="salesforce", uid="org/user", user=mia)

    def take_away() -> None:
        try:
            unlink(user=mia)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            lock_account(account)
            unlinking = threads.submit(take_away)
            wait_until(lambda: unlinking.done() or somebody_waits())
            SalesAccount.objects.update(login_policy=LoginPolicy.SALESFORCE_ONLY)
        with pytest.raises(RefusedError, match="with Salesforce only"):
            unlinking.result()
    assert linked_to(mia)


def somebody_waits() -> bool:
    """True when a transaction waits for a lock that another one holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
