"""The page behind an invitation's link: who gets in, and who is told what."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEvent, Member, SalesAccount, User
from accounts.permissions import Role
from accounts.services import RefusedError
from invitations import accepting, services, tasks
from invitations.audit_actions import InvitationAction
from invitations.models import Invitation
from invitations.tokens import hash_token
from tests.conftest import ClientOf
from tests.factories import make_account, make_invitation, make_member, make_team, make_user
from tests.invitations.conftest import MakeInvitation, token_in_last_mail, url_of
from tests.pages import text_of
from tests.threads import at_once

PASSWORD = "Correct-Horse-7"
NEW_USER = {"name": "Nora Ek", "password1": PASSWORD, "password2": PASSWORD}


def test_a_new_user_gets_in_with_role_and_teams(account: SalesAccount, invite: MakeInvitation, client: Client) -> None:
    team = make_team(account)
    invitation, token = invite(role=Role.SALESFORCE_ADMIN, teams=(team,))
    answer = client.post(url_of(token), NEW_USER)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    member = Member.objects.get(user__email=invitation.email)
    assert (member.account, member.role, member.user.name) == (account, Role.SALESFORCE_ADMIN, "Nora Ek")
    assert set(member.teams.values_list("name", flat=True)) == {"Everyone", "North"}
    page = client.get("/settings/profile/").content.decode()
    assert "Welcome to the Sales account Acme Inc." in page
    assert invitation.email in page
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200  # without asking for the password again
    assert client.login(email=invitation.email, password=PASSWORD)


def test_role_and_address_of_the_browser_are_ignored(invite: MakeInvitation, client: Client) -> None:
    """Security statement 25: role and teams come from the invitation."""
    _, token = invite()
    client.post(url_of(token), {**NEW_USER, "role": "admin", "email": "evil@x.example", "is_ops_staff": "on"})
    member = Member.objects.get(user__email="new@acme.example")
    assert member.role == Role.USER
    assert not member.user.is_ops_staff


def test_reading_the_link_does_not_use_it_up(invite: MakeInvitation) -> None:
    """Pain 28 and Security statement 23: mail scanners, link previews and reloads."""
    _, token = invite()
    before = list(Invitation.objects.order_by("pk").values())
    for _attempt in range(10):
        assert Client().get(url_of(token)).status_code == 200
        assert Client().head(url_of(token)).status_code == 200
    assert Client().options(url_of(token)).status_code == 405
    assert list(Invitation.objects.order_by("pk").values()) == before
    assert Client().post(url_of(token), NEW_USER).status_code == 302


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("Ab1!efgh", "at least 9 characters"),
        ("lowercase-7", "Use upper and lower case letters"),
        ("New@Acme.example1", "too similar"),
    ],
)
def test_a_weak_password_is_explained(invite: MakeInvitation, client: Client, password: str, sentence: str) -> None:
    _, token = invite()
    form = {"name": "Nora Ek", "password1": password, "password2": password}
    answer = client.post(url_of(token), form)
    assert answer.status_code == 400
    assert any(sentence in error for error in answer.context["form"].errors["password1"])
    assert not User.objects.filter(email="new@acme.example").exists()


def test_the_password_rule_is_shown_before(invite: MakeInvitation, client: Client) -> None:
    _, token = invite()
    page = client.get(url_of(token)).content.decode()
    assert "at least 9 characters" in page
    assert "Use upper and lower case letters" in page


def control(page: str, name: str) -> str:
    found: list[str] = re.findall(rf'<input [^>]*name="{name}"[^>]*>', page)
    return found[0]


class TestExistingUser:
    def test_signs_in_first(self, invite: MakeInvitation, client: Client) -> None:
        make_user("new@acme.example")
        _, token = invite()
        page = text_of(client.get(url_of(token)))
        assert 'value="new@acme.example"' in control(page, "login")
        assert "autofocus" in control(page, "password")
        assert f'name="next" value="{url_of(token)}"' in page
        assert client.post(url_of(token), NEW_USER).status_code == 200
        assert not Member.objects.filter(user__email="new@acme.example").exists()

    def test_the_plain_page_begins_with_the_address(self, client: Client, db: None) -> None:
        page = text_of(client.get("/accounts/login/"))
        assert ["autofocus" in control(page, name) for name in ("login", "password")] == [True, False]
        again = text_of(client.post("/accounts/login/", {"login": "new@acme.example", "password": "wrong"}))
        assert ["autofocus" in control(again, name) for name in ("login", "password")] == [False, True]

    def test_accepts(self, invite: MakeInvitation, client_of: ClientOf) -> None:
        user = make_user("new@acme.example")
        _, token = invite(role=Role.ADMIN)
        browser = client_of(user)
        assert "Accept" in browser.get(url_of(token)).content.decode()
        assert browser.post(url_of(token)).status_code == 302
        assert user.member.role == Role.ADMIN

    def test_somebody_else_is_told_so(self, invite: MakeInvitation, client_of: ClientOf, member: User) -> None:
        _, token = invite()
        for answer in (client_of(member).get(url_of(token)), client_of(member).post(url_of(token))):
            page = answer.content.decode()
            assert "new@acme.example" in page
            assert "Sign out" in page
        with pytest.raises(RefusedError):
            accepting.accept_as_user(token=token, user=member)
        assert Invitation.objects.get().is_open

    def test_a_member_of_another_account_cannot(self, invite: MakeInvitation, client_of: ClientOf) -> None:
        user = make_member(make_account("Other"), "new@acme.example").user
        _, token = invite()
        answer = client_of(user).post(url_of(token))
        assert answer.status_code == 409
        assert "already a member of a Sales account" in answer.content.decode()


def expire(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def use(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(accepted_at=timezone.now())


def take_back(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(revoked_at=timezone.now())


@pytest.mark.parametrize(
    ("close", "sentence"),
    [(expire, "has expired"), (use, "An invitation works once"), (take_back, "taken the invitation back")],
)
def test_a_closed_link_says_what_to_do(
    invite: MakeInvitation, client: Client, close: Callable[[Invitation], None], sentence: str
) -> None:
    """Pain 28 and Security statement 22: a link works once; who opens one that has ended learns whom to ask."""
    invitation, token = invite()
    close(invitation)
    for answer in (client.get(url_of(token)), client.post(url_of(token), NEW_USER)):
        assert answer.status_code == 410
        assert sentence in answer.content.decode()
        assert "admin@acme.example" in answer.content.decode()
    assert not User.objects.filter(email=invitation.email).exists()


def test_it_expires_after_seven_days(invite: MakeInvitation, client: Client) -> None:
    """Security statement 22: by the clock."""
    _, token = invite()
    now = timezone.now()
    with time_machine.travel(now + timedelta(days=6, hours=23)):
        assert client.get(url_of(token)).status_code == 200
    with time_machine.travel(now + timedelta(days=7, seconds=1)):
        assert client.post(url_of(token), NEW_USER).status_code == 410


def test_an_unknown_link_says_what_to_do(client: Client, db: None) -> None:
    answer = client.get(url_of("no-such-token"))
    assert answer.status_code == 404
    assert "Use the link in the newest mail" in answer.content.decode()


def test_the_address_is_kept_from_caches_and_other_sites(invite: MakeInvitation, client: Client) -> None:
    _, token = invite()
    for address in (url_of(token), url_of("unknown")):
        answer = client.get(address)
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "same-origin"


POISON = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}


@pytest.mark.parametrize("allowed_hosts", [["testserver"], ["*"]])
def test_no_mail_takes_its_host_from_the_request(
    account: SalesAccount, admin: User, client_of: ClientOf, settings: Settings, allowed_hosts: list[str]
) -> None:
    """Security statement 28: a poisoned host is refused, and would change no mail if a server let it through."""
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://console.acme.example", allowed_hosts
    form = {"emails": "new@acme.example\nBcc: all@acme.example", "role": "user", "language": "en"}
    for headers in ({name: value} for name, value in POISON.items()):
        browser = client_of(admin)
        browser.post(
            "/settings/admin/users/invite/",
            {"emails": "new@acme.example", "role": "user", "language": "en"},
            headers=headers,
        )
        assert browser.post("/settings/admin/users/invite/", form, headers=headers).status_code == 400
        for email in (admin.email, "unknown@acme.example"):
            Client().post("/accounts/password/reset/", {"email": email}, headers=headers)
    tasks.send_invitation(Invitation.objects.get().pk)
    # Whoever has no user gets no mail.
    assert len(mail.outbox) == 1 + (2 if allowed_hosts == ["testserver"] else 3)
    for message in mail.outbox:
        assert "evil" not in str(message.message())
        assert "gopher" not in str(message.message())
        assert "https://console.acme.example/" in str(message.body)


@pytest.mark.django_db(transaction=True)
def test_of_fifty_simultaneous_acceptances_one_wins(account: SalesAccount, admin: User) -> None:
    """Security statement 24: through the page; the others are told that the invitation was used."""
    new = services.NewInvitation("new@acme.example")
    services.invite(account=account, invited_by=admin, addresses=[new])
    token = token_in_last_mail()
    codes = at_once(50, lambda _: Client().post(url_of(token), NEW_USER).status_code)
    assert codes.count(302) == 1
    # Whoever comes a little later is asked to sign in as the user that exists by then.
    assert set(codes) <= {302, 410, 200}
    assert User.objects.filter(email="new@acme.example").count() == 1
    assert Member.objects.filter(user__email="new@acme.example").count() == 1
    assert AuditEvent.objects.filter(action=InvitationAction.ACCEPTED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_the_invitations_of_two_accounts_one_is_accepted(
    account: SalesAccount, stranger: User, client_of: ClientOf
) -> None:
    """Security statement 24: both at once, by somebody who has a user; an error of ours answered one of them."""
    user = make_user("both@acme.example")
    for name, its in (("one", account), ("two", stranger.member.account)):
        make_invitation(its, user.email, token_hash=hash_token(name))
    browsers = [client_of(user), client_of(user)]
    codes = at_once(2, lambda number: browsers[number].post(url_of(("one", "two")[number])).status_code)
    assert sorted(codes) == [302, 409]
    assert Member.objects.filter(user=user).count() == 1


def test_a_used_link_asks_nobody_to_sign_in_who_is(
    invite: MakeInvitation, member: User, client_of: ClientOf, client: Client
) -> None:
    invitation, token = invite()
    use(invitation)
    page = client_of(member).get(url_of(token)).content.decode()
    assert "Sign in" not in page
    assert "Open the Setup guide" in page
    assert "Sign in" in client.get(url_of(token)).content.decode()
