"""Tokens: made and revoked on their pages, stored as a hash, and never good for more than their owner is."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Member, Occurrence, SalesAccount, User
from accounts.permissions import Role
from accounts.services import RefusedError, set_ops_staff
from api.audit_actions import ApiAction
from api.events import TOKEN_EXPIRES
from api.models import ApiToken
from api.scopes import Scope
from api.tasks import watch_api_tokens
from api.tokens import MOST_TOKENS, PREFIX, forget_expired, revoke_token
from members.services import change_role
from tests.api.conftest import call, secret_of
from tests.common.test_logs import written
from tests.conftest import ClientOf
from tests.factories import make_member, make_user
from tests.pages import text_of
from tests.threads import at_once

PAGE = "/settings/integrations/api-tokens/"
OPS_PAGE = "/settings/api-tokens/"
FORM = {"name": "Grafana", "scopes": [Scope.RUNS, Scope.FAILED_CALLS], "days": 30}


def secret_on(page: str) -> str:
    return PREFIX + page.partition(f"<code>{PREFIX}")[2].partition("</code>")[0]


@pytest.mark.django_db
@pytest.mark.parametrize(("person", "address"), [("admin", PAGE), ("ops", OPS_PAGE)])
def test_a_secret_is_shown_once_and_stored_nowhere(
    request: pytest.FixtureRequest, client_of: ClientOf, person: str, address: str
) -> None:
    browser = client_of(request.getfixturevalue(person))
    made = browser.post(address, FORM)
    secret = secret_on(made.content.decode())
    assert len(secret) == len(PREFIX) + 64
    assert made["Cache-Control"] == "no-store"
    assert call("accounts", secret).status_code == 200
    later = browser.get(address).content.decode()
    assert "Grafana" in later
    assert secret not in later
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM api_apitoken t")
        [stored] = cursor.fetchone()
        cursor.execute("SELECT string_agg(t::text, ' ') FROM accounts_auditevent t")
        [audited] = cursor.fetchone()
    assert secret not in stored + audited
    assert secret[len(PREFIX) + 8 :] not in stored + audited


def test_loading_the_page_with_the_secret_again_makes_no_second_token(browser: Client) -> None:
    once = re.search('name="once" value="([^"]+)"', browser.get(PAGE).content.decode())
    assert once
    form = {**FORM, "once": once[1]}
    made = browser.post(PAGE, form).content.decode()
    again = browser.post(PAGE, form, follow=True).content.decode()
    assert "This form was sent before" in again
    assert f"<code>{PREFIX}" in made
    assert secret_on(made) not in again
    assert ApiToken.objects.count() == 1
    assert once[1] not in made
    browser.post(PAGE, {**FORM, "once": "of the next form"})
    assert ApiToken.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("person", ["admin", "ops"])
def test_two_at_once_make_no_more_than_there_can_be(request: pytest.FixtureRequest, person: str) -> None:
    owner = request.getfixturevalue(person)
    for _ in range(MOST_TOKENS - 1):
        secret_of(owner)

    def make(_number: int) -> bool:
        try:
            return bool(secret_of(User.objects.get(pk=owner.pk)))
        except RefusedError:
            return False

    assert sum(at_once(4, make)) == 1
    assert ApiToken.objects.count() == MOST_TOKENS


def test_making_and_revoking_are_in_the_audit_trail(browser: Client, account: SalesAccount, admin: User) -> None:
    secret = secret_on(browser.post(PAGE, FORM).content.decode())
    token = ApiToken.objects.get()
    assert token.expires_at - timezone.now() > timedelta(days=29)
    assert "Revoked" in text_of(browser.post(f"{PAGE}{token.pk}/revoke/", follow=True))
    assert call("accounts", secret).status_code == 401
    events = AuditEvent.objects.for_account(account).filter(action__startswith="api.").order_by("pk")
    assert [(one.action, one.actor, one.target) for one in events] == [
        (ApiAction.TOKEN_MADE, admin, "Grafana"),
        (ApiAction.TOKEN_REVOKED, admin, "Grafana"),
    ]
    assert events[0].details == {
        "scopes": ["diagnostics.read", "sync.read"],
        "until": token.expires_at.date().isoformat(),
    }
    assert "Revoked the API token Grafana" in text_of(browser.get("/settings/admin/audit/"))


def test_the_page_refuses_what_is_incomplete_or_too_much(browser: Client, admin: User) -> None:
    for bad in ({**FORM, "scopes": []}, {**FORM, "name": " "}, {**FORM, "days": 3650}, {**FORM, "scopes": ["all"]}):
        assert browser.post(PAGE, bad).status_code == 400
    assert not ApiToken.objects.exists()
    for _ in range(MOST_TOKENS):
        secret_of(admin)
    assert "There can be 20 tokens" in text_of(browser.post(PAGE, FORM, follow=True))
    assert ApiToken.objects.count() == MOST_TOKENS


def test_a_token_expires_and_is_forgotten_later(browser: Client, admin: User) -> None:
    secret = secret_of(admin, days=30)
    with time_machine.travel(timezone.now() + timedelta(days=29, hours=23), tick=False):
        assert call("accounts", secret).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=30), tick=False):
        assert call("accounts", secret).status_code == 401
        forget_expired()
        assert ApiToken.objects.exists()
    ApiToken.objects.update(expires_at=timezone.now())
    assert "Expired" in text_of(browser.get(PAGE))
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(days=31))
    forget_expired()
    assert not ApiToken.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["admin", "ops"])
def test_whoever_must_make_a_new_one_is_told_before_it_expires(
    request: pytest.FixtureRequest, client_of: ClientOf, person: str
) -> None:
    """Of a token that a program uses; once, until it is revoked or has expired."""
    owner = request.getfixturevalue(person)
    secret_of(owner, days=30)
    used = secret_of(owner, days=30)
    token = ApiToken.objects.get(begins_with=used[: len(PREFIX) + 4])
    call("accounts", used)

    def told() -> list[str]:
        watch_api_tokens()
        found = Occurrence.objects.going_on().filter(event=TOKEN_EXPIRES.key, account=token.account)
        return [occurrence.subject for occurrence in found]

    assert told() == []
    with time_machine.travel(token.expires_at - timedelta(days=7), tick=False):
        assert told() == told() == [str(token.pk)]
        [occurrence] = Occurrence.objects.all()
        what = TOKEN_EXPIRES.describe(occurrence.details).what
        assert what.startswith(f"The API token Grafana {token.begins_with}… expires in 7 days")
        assert client_of(owner).get(occurrence.link).status_code == 200
    with time_machine.travel(token.expires_at - timedelta(hours=3), tick=False):
        assert told() == [str(token.pk)]
        occurrence.refresh_from_db()
        assert "expires in 1 day. " in TOKEN_EXPIRES.describe(occurrence.details).what
    with time_machine.travel(token.expires_at, tick=False):
        assert told() == []


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["admin", "ops"])
def test_nobody_is_told_any_more_of_a_token_that_opens_nothing(request: pytest.FixtureRequest, person: str) -> None:
    """Revoked: at once. Of somebody who may no longer read: as soon as somebody looks."""
    owner = request.getfixturevalue(person)

    def expiring() -> ApiToken:
        call("accounts", secret_of(owner, days=30))
        token = ApiToken.objects.latest("pk")
        ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() + timedelta(days=3))
        watch_api_tokens()
        assert Occurrence.objects.going_on().filter(event=TOKEN_EXPIRES.key).exists()
        return token

    revoke_token(token=expiring(), revoked_by=owner)
    assert not Occurrence.objects.going_on().exists()
    expiring()
    deactivated(owner)
    watch_api_tokens()
    assert not Occurrence.objects.going_on().exists()


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["second admin", "ops"])
def test_a_token_does_not_come_back_with_the_right(
    account: SalesAccount, admin: User, ops: User, client_of: ClientOf, person: str
) -> None:
    """Whoever has got hold of one would only have to wait."""
    owner = ops if person == "ops" else make_member(account, "second@acme.example", Role.ADMIN).user
    secret, others = secret_of(owner), secret_of(admin)
    token = ApiToken.objects.get(begins_with=secret[: len(PREFIX) + 4])

    def let(*, may: bool) -> None:
        if person == "ops":
            set_ops_staff(email=owner.email, is_ops_staff=may, by=admin)
        else:
            member = Member.objects.get(user=owner)
            change_role(member=member, role=Role.ADMIN if may else Role.USER, changed_by=admin)

    let(may=False)
    assert call("accounts", secret).status_code == 401
    if person != "ops":
        assert "second@acme.example may no longer read this" in text_of(client_of(admin).get(PAGE))
    let(may=True)
    assert call("accounts", secret).status_code == 401
    assert "Expired" in text_of(client_of(User.objects.get(pk=owner.pk)).get(OPS_PAGE if person == "ops" else PAGE))
    assert call("accounts", others).status_code == 200
    [event] = AuditEvent.objects.filter(action=ApiAction.TOKEN_REVOKED)
    assert (event.account, event.actor, event.target) == (token.account, admin, token.name)


def removed(user: User) -> None:
    user.member.delete()


def invited_again(user: User) -> None:
    account = user.member.account
    user.member.delete()
    Member.objects.create(account=account, user=user, role=Role.ADMIN)


def deactivated(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def no_longer_ops(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_ops_staff=False)


def made(role: Role) -> Callable[[User], None]:
    def change(user: User) -> None:
        Member.objects.filter(user=user).update(role=role)

    return change


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("person", "what_happens"),
    [
        ("admin", removed),
        ("admin", invited_again),
        ("admin", deactivated),
        ("admin", made(Role.USER)),
        ("admin", made(Role.SALESFORCE_ADMIN)),
        ("ops", no_longer_ops),
        ("ops", deactivated),
    ],
)
def test_a_token_ends_with_what_its_owner_may(
    request: pytest.FixtureRequest, person: str, what_happens: Callable[[User], None]
) -> None:
    """At once, on the next call."""
    owner = request.getfixturevalue(person)
    secret = secret_of(owner, Scope.FAILED_CALLS)
    assert call("failed-calls", secret).status_code == 200
    what_happens(owner)
    assert call("failed-calls", secret).status_code == 401


def test_a_page_says_that_a_token_opens_nothing_any_more(browser: Client, account: SalesAccount) -> None:
    other = make_member(account, "second@acme.example", Role.ADMIN)
    secret_of(other.user)
    assert "It no longer works" not in text_of(browser.get(PAGE))
    Member.objects.filter(pk=other.pk).update(role=Role.USER)
    assert "It no longer works, because second@acme.example may no longer read this" in text_of(browser.get(PAGE))


def test_the_last_use_is_noted_to_the_hour(browser: Client, admin: User) -> None:
    secret = secret_of(admin)
    assert "Not used yet" in text_of(browser.get(PAGE))
    with time_machine.travel(timezone.now(), tick=False) as clock:
        call("accounts", secret)
        first = ApiToken.objects.get().last_used_at
        assert first == timezone.now()
        clock.shift(timedelta(minutes=59))
        call("accounts", secret)
        assert ApiToken.objects.get().last_used_at == first
        clock.shift(timedelta(minutes=2))
        call("accounts", secret)
        assert ApiToken.objects.get().last_used_at == timezone.now()


def test_nobody_else_sees_or_revokes_a_token(client_of: ClientOf, admin: User, stranger: User, ops: User) -> None:
    secret_of(admin)
    secret_of(ops)
    of_account, of_ops = ApiToken.objects.get(user=None), ApiToken.objects.get(user=ops)
    assert client_of(stranger).post(f"{PAGE}{of_account.pk}/revoke/").status_code == 404
    assert client_of(admin).post(f"{PAGE}{of_ops.pk}/revoke/").status_code == 404
    assert client_of(admin).post(f"{OPS_PAGE}{of_ops.pk}/revoke/").status_code == 404
    assert client_of(ops).post(f"{OPS_PAGE}{of_account.pk}/revoke/").status_code == 404
    assert ApiToken.objects.count() == 2


def test_no_token_stands_in_the_log(admin: User) -> None:
    """Security statement 8: not of calls that succeed, that are refused, or that put it where it does not belong."""
    secret = secret_of(admin)
    with written() as stream:
        call("accounts", secret)
        call(f"accounts/{secret}", secret)
        call(f"accounts?cursor={secret}", secret)
        call("accounts", secret[:-1])
        call("accounts", f"{secret} {secret}")
        call(f"nowhere/{secret}?token={secret}", secret, Referer=f"https://a.example/{secret}")
        call("accounts", **{"Authorization": f"Token {secret}", "X-Api-Key": secret})
    lines = stream.getvalue()
    assert "/api/v1/accounts" in lines
    assert '"api_caller"' in lines
    assert secret[: len(PREFIX) + 8] not in lines


def test_an_export_of_the_account_has_no_hash(account: SalesAccount, admin: User, tmp_path: Path) -> None:
    secret_of(admin)
    path = tmp_path / "export.zip"
    call_command("export_account", account=account.slug, to=path, stdout=StringIO())
    with ZipFile(path) as archive:
        line = archive.read("api.ApiToken.jsonl").decode()
    assert "Grafana" in line
    assert ApiToken.objects.get().token_hash not in line


class TestTokensOfAllOpsStaff:
    """They read every account: each is seen by all ops staff, and ended by a superuser."""

    OPERATORS = "/ops/operators/"

    def test_a_superuser_ends_another_s(self, client_of: ClientOf, ops: User) -> None:
        secret = secret_of(ops)
        token = ApiToken.objects.get()
        root = User.objects.create_superuser("root@console.example")
        page = text_of(client_of(root).get(self.OPERATORS))
        assert f"{token.begins_with}…" in page
        assert f"{ops.email} · Failed calls" in page
        done = client_of(root).post(f"{self.OPERATORS}api-tokens/{token.pk}/revoke/", follow=True)
        assert "Revoked." in text_of(done)
        assert "Nobody has one." in text_of(done)
        assert call("accounts", secret).status_code == 401
        event = AuditEvent.objects.get(action=ApiAction.TOKEN_REVOKED)
        assert (event.actor, event.account, event.target) == (root, None, "Grafana")

    def test_others_of_the_ops_staff_see_whose_it_is(self, client_of: ClientOf, ops: User) -> None:
        secret_of(ops)
        token = ApiToken.objects.get()
        other = make_user("second@console.example")
        User.objects.filter(pk=other.pk).update(is_ops_staff=True)
        browser = client_of(User.objects.get(pk=other.pk))
        page = browser.get(self.OPERATORS).content.decode()
        assert token.begins_with in page
        assert "api-tokens/" not in page
        assert browser.post(f"{self.OPERATORS}api-tokens/{token.pk}/revoke/").status_code == 404

    def test_not_those_of_an_account(self, client_of: ClientOf, admin: User) -> None:
        secret_of(admin)
        token, root = ApiToken.objects.get(), User.objects.create_superuser("root@console.example")
        assert token.begins_with not in client_of(root).get(self.OPERATORS).content.decode()
        assert client_of(root).post(f"{self.OPERATORS}api-tokens/{token.pk}/revoke/").status_code == 404
