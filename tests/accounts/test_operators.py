"""Who is ops staff, and whether mail leaves the console."""

from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.audit_actions import AccountAction
from accounts.models import AuditEvent, User
from tests.conftest import ClientOf, RefuseMails
from tests.factories import PASSWORD, make_user, with_password
from tests.pages import text_of
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db

PAGE = "/ops/operators/"


@pytest.fixture
def root() -> User:
    return with_password(User.objects.create_superuser("root@console.example"))


def audited() -> list[tuple[str, str, str]]:
    found = AuditEvent.objects.filter(action__in=[AccountAction.OPS_GRANTED, AccountAction.OPS_REVOKED]).order_by("pk")
    return list(found.values_list("actor_email", "action", "target"))


def test_superusers_name_ops_staff_and_the_trail_tells(root: User, client_of: ClientOf) -> None:
    user, browser = make_user("maja@console.example", "Maja"), client_of(root)
    assert "maja@console.example is ops staff now" in text_of(
        browser.post(PAGE + "grant/", {"email": "Maja@Console.example"}, follow=True)
    )
    assert User.objects.get(pk=user.pk).is_ops_staff
    browser.post(PAGE + "grant/", {"email": user.email})
    assert "no longer ops staff" in text_of(browser.post(PAGE + "revoke/", {"email": user.email}, follow=True))
    assert not User.objects.get(pk=user.pk).is_ops_staff
    by = "root@console.example"
    assert audited() == [(by, AccountAction.OPS_GRANTED, user.email), (by, AccountAction.OPS_REVOKED, user.email)]


def test_somebody_unknown_is_not_invited_by_this(root: User, client_of: ClientOf) -> None:
    page = text_of(client_of(root).post(PAGE + "grant/", {"email": "nobody@console.example"}, follow=True))
    assert "Nobody with the address nobody@console.example can sign in here" in page
    assert not audited()


def test_ops_staff_see_the_list_and_change_nothing(ops: User, client_of: ClientOf) -> None:
    page = text_of(client_of(ops).get(PAGE))
    assert ops.email in page
    assert "Make ops staff" not in page


def test_the_first_of_all_signs_in_at_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be nobody yet who could tell them what is wrong with a mail that does not come."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--no-input", email="Root@Console.example")
    assert sign_in(client, "root@console.example").url == "/"
    assert client.get("/ops/", follow=True).redirect_chain == []
    assert mail.outbox == []


def test_the_command_does_the_same() -> None:
    user, told = make_user("maja@console.example"), StringIO()
    call_command("grant_ops", "MAJA@console.example", stdout=told)
    assert User.objects.get(pk=user.pk).is_ops_staff
    call_command("grant_ops", user.email, "--revoke", stdout=told)
    assert "maja@console.example is no longer ops staff." in told.getvalue()
    assert [entry[1] for entry in audited()] == [AccountAction.OPS_GRANTED, AccountAction.OPS_REVOKED]
    with pytest.raises(CommandError, match="can sign in here"):
        call_command("grant_ops", "nobody@console.example")


def test_a_test_mail_arrives(ops: User, client_of: ClientOf, settings: Settings) -> None:
    page = text_of(client_of(ops).post("/ops/test-mail/", follow=True))
    assert f"took a mail to {ops.email}" in page
    assert (mail.outbox[0].to, settings.SITE_URL in mail.outbox[0].body) == ([ops.email], True)


def test_what_the_mail_server_answers_is_shown(ops: User, client_of: ClientOf, refuse_mails: RefuseMails) -> None:
    refuse_mails(ConnectionRefusedError(111, "Connection refused"))
    assert "Connection refused" in text_of(client_of(ops).post("/ops/test-mail/", follow=True))


def test_the_addresses_are_named_once_somebody_has_said_them(
    ops: User, client_of: ClientOf, settings: Settings
) -> None:
    browser = client_of(ops)
    assert "Set EGRESS_ADDRESSES" in text_of(browser.get(PAGE))
    settings.EGRESS_ADDRESSES = ["203.0.113.7"]
    assert "203.0.113.7" in text_of(browser.get(PAGE))
