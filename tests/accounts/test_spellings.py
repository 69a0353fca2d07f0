"""One person, one address, whatever spelling a browser, a mail or Salesforce has for it."""

import re
from importlib import import_module

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, SalesAccount, User
from accounts.permissions import Role
from tests.factories import PASSWORD, make_member, make_user, with_password
from tests.pages import text_of
from tests.signing_in import sign_in

# The stored form, Punycode as browsers send it, decomposed as a Mac copies it, and in capitals.
SPELLINGS = ["per@åkeri.example", "per@xn--keri-poa.example", "per@a\u030akeri.example", "PER@ÅKERI.EXAMPLE"]
RESET = "/accounts/password/reset/"
MIGRATION = "accounts.migrations.0002_one_spelling_of_an_address"


@pytest.mark.django_db
@pytest.mark.parametrize("invited_as", SPELLINGS)
@pytest.mark.parametrize("typed", SPELLINGS)
def test_whoever_came_by_one_spelling_signs_in_by_each(client: Client, invited_as: str, typed: str) -> None:
    user = make_user(invited_as, password=PASSWORD)
    assert user.email == SPELLINGS[0]
    assert sign_in(client, typed)["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize("typed", [*SPELLINGS, "\u200bper@åkeri.example\u00a0"])
def test_a_new_password_is_set_by_each(client: Client, typed: str) -> None:
    user = make_user(SPELLINGS[0], password=PASSWORD)
    assert client.post(RESET, {"email": typed}).status_code == 302
    [message] = mail.outbox
    assert message.to == ["per@xn--keri-poa.example"]
    link = re.search(r"http://127\.0\.0\.1:8000(/accounts/password/reset/key/\S+)", str(message.body))
    assert link
    form = client.get(link[1], follow=True)
    client.post(form.request["PATH_INFO"], {"password1": "Other-Passw0rd!", "password2": "Other-Passw0rd!"})
    user.refresh_from_db()
    assert user.check_password("Other-Passw0rd!")


@pytest.mark.parametrize("typed", [*SPELLINGS, "xn--keri-poa", "a\u030akeri"])
def test_each_finds_the_person_in_the_lists(browser: Client, account: SalesAccount, typed: str) -> None:
    user = make_member(account, SPELLINGS[0], Role.ADMIN).user
    AuditEvent.objects.create(account=account, actor=user, actor_email=user.email, action="accounts.signed_in")
    assert "per@åkeri.example" in text_of(browser.get("/settings/admin/users/", {"q": typed}))
    assert "per@åkeri.example" in text_of(browser.get("/settings/admin/audit/", {"person": typed}))


@pytest.mark.django_db
def test_a_wrong_password_is_told_under_the_one_form(client: Client) -> None:
    member = make_member(email=SPELLINGS[0])
    sign_in(client, SPELLINGS[1], "wrong")
    event = AuditEvent.objects.get(target=SPELLINGS[0])
    assert event.account == member.account


def raw_email(user: User, email: str) -> None:
    """As an old release has stored it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET email = %s WHERE id = %s", [email, user.pk])
        cursor.execute("UPDATE account_emailaddress SET email = %s WHERE user_id = %s", [email, user.pk])


def migrate() -> None:
    module = import_module(MIGRATION)
    module.store_one_spelling(apps, None)
    module.follow_users(apps, None)


@pytest.mark.django_db
@pytest.mark.parametrize("old", [SPELLINGS[1], "per@a\u030akeri.example", "per@åkeri.example\u200e"])
def test_whoever_has_an_old_spelling_signs_in_after_the_upgrade(client: Client, old: str) -> None:
    user = make_user(SPELLINGS[0], password=PASSWORD)
    raw_email(user, old)
    migrate()
    user.refresh_from_db()
    assert user.email == EmailAddress.objects.get(user=user).email == SPELLINGS[0]
    assert sign_in(client, SPELLINGS[1])["Location"] == "/"


def test_of_two_users_the_one_who_came_last_keeps_the_address(browser: Client, account: SalesAccount) -> None:
    idle = make_member(account, "idle@acme.example").user
    used = with_password(make_member(account, "used@acme.example").user)
    raw_email(idle, SPELLINGS[0])
    raw_email(used, SPELLINGS[1])
    User.objects.filter(pk=used.pk).update(last_login=timezone.now())
    migrate()
    emails = {user.pk: user.email for user in User.objects.all()}
    assert (emails[used.pk], emails[idle.pk]) == (SPELLINGS[0], SPELLINGS[1])
    assert EmailAddress.objects.get(user=used).verified
    assert "This is a second spelling of per@åkeri.example." in text_of(browser.get("/settings/admin/users/"))
    assert sign_in(Client(), SPELLINGS[1])["Location"] == "/"


def test_an_old_address_of_no_use_is_found_and_offered_for_mending(browser: Client, account: SalesAccount) -> None:
    user = make_member(account, "dan@acme.example").user
    raw_email(user, "dan@acme\u00ad.example")
    migrate()
    page = text_of(browser.get("/settings/admin/users/"))
    assert "U+00AD SOFT HYPHEN" in page
    assert "Invite dan@acme.example" in page
    form = browser.get("/settings/admin/users/invite/?email=dan%40acme.example")
    assert "dan@acme.example</textarea>" in text_of(form)
