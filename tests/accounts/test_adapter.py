"""What a request claims about itself changes neither mails nor the audit trail."""

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEvent, User
from tests.conftest import PASSWORD, make_user


@pytest.fixture
def user(db: None) -> User:
    user = make_user("anna@acme.example")
    user.set_password(PASSWORD)
    user.save()
    return user


def test_a_reset_mail_leads_to_our_site_whatever_host_was_asked(client: Client, user: User) -> None:
    """Security statement 28: neither in the link nor in the subject."""
    client.post("/accounts/password/reset/", {"email": user.email}, headers={"Host": "localhost:6666"})
    assert "http://127.0.0.1:8000/accounts/password/reset/key/" in mail.outbox[0].body
    assert "6666" not in mail.outbox[0].body
    assert "6666" not in mail.outbox[0].subject


def test_nobody_changes_the_address_they_are_known_by(client: Client, user: User) -> None:
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/accounts/email/").status_code == 404
    assert client.post("/accounts/email/", {"email": "other@x.example", "action_add": ""}).status_code == 404


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_only_our_proxies_are_believed(
    client: Client, admin: User, settings: Settings, proxies: int, address: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    client.force_login(admin, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.post("/settings/admin/teams/", {"name": "Nordics"}, headers={"X-Forwarded-For": "203.0.113.9"})
    assert AuditEvent.objects.latest("pk").ip_address == address


def test_a_new_password_leaves_a_trace(client: Client, user: User) -> None:
    client.login(email=user.email, password=PASSWORD)
    new = {"oldpassword": PASSWORD, "password1": "Other-Passw0rd!", "password2": "Other-Passw0rd!"}
    client.post("/accounts/password/change/", new)
    assert AuditEvent.objects.get(actor=user).action == "password_changed"


def test_a_new_browser_speaks_the_language_of_the_profile(client: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(language="sv")
    client.force_login(User.objects.get(pk=user.pk), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert '<html lang="sv">' in client.get("/settings/profile/").content.decode()


@pytest.mark.parametrize("target", ["foo", "//evil.example/", "https://evil.example/", "\\\\evil.example"])
def test_the_language_switch_leads_nowhere_else(client: Client, target: str, db: None) -> None:
    answer = client.post("/language/", {"language": "sv", "next": target})
    assert answer["Location"] == "/"
