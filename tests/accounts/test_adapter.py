"""What a request claims about itself changes neither mails nor the audit trail."""

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.audit_actions import AccountAction
from accounts.models import AuditEvent, User
from tests.conftest import ClientOf
from tests.factories import PASSWORD, make_user


@pytest.fixture
def user(db: None) -> User:
    return make_user("anna@acme.example", password=PASSWORD)


def test_a_reset_mail_leads_to_our_site_whatever_host_was_asked(client: Client, user: User) -> None:
    """Security statement 28: neither in the link nor in the subject."""
    client.post("/accounts/password/reset/", {"email": user.email}, headers={"Host": "localhost:6666"})
    assert "http://127.0.0.1:8000/accounts/password/reset/key/" in mail.outbox[0].body
    assert "6666" not in mail.outbox[0].body
    assert "6666" not in mail.outbox[0].subject


def test_nobody_changes_the_address_they_are_known_by(client_of: ClientOf, user: User) -> None:
    client = client_of(user)
    assert client.get("/accounts/email/").status_code == 404
    assert client.post("/accounts/email/", {"email": "other@x.example", "action_add": ""}).status_code == 404


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_only_our_proxies_are_believed(browser: Client, settings: Settings, proxies: int, address: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    browser.post("/settings/admin/teams/", {"name": "Nordics"}, headers={"X-Forwarded-For": "203.0.113.9"})
    assert AuditEvent.objects.latest("pk").ip_address == address


def test_a_new_password_leaves_a_trace(client: Client, user: User) -> None:
    client.login(email=user.email, password=PASSWORD)
    new = {"oldpassword": PASSWORD, "password1": "Other-Passw0rd!", "password2": "Other-Passw0rd!"}
    client.post("/accounts/password/change/", new)
    assert AuditEvent.objects.get(actor=user).action == AccountAction.PASSWORD_CHANGED


def test_a_new_browser_speaks_the_language_of_the_profile(client_of: ClientOf, user: User) -> None:
    User.objects.filter(pk=user.pk).update(language="sv")
    browser = client_of(User.objects.get(pk=user.pk))
    assert '<html lang="sv">' in browser.get("/settings/profile/").content.decode()


@pytest.mark.parametrize("target", ["foo", "//evil.example/", "https://evil.example/", "\\\\evil.example"])
def test_the_language_switch_leads_nowhere_else(client: Client, target: str, db: None) -> None:
    answer = client.post("/language/", {"language": "sv", "next": target})
    assert answer["Location"] == "/"
