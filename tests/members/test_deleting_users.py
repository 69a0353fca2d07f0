"""A user who has no place in the console any more can be deleted; whoever has one cannot, and it is said why."""

from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command

from accounts.audit_chain import broken_entries
from accounts.models import AuditEvent, SalesAccount, User
from members.leaving import reason_to_keep_user
from tests.conftest import ClientOf
from tests.factories import make_marketo_admin, make_marketo_connection, make_salesforce_connection, make_user

pytestmark = pytest.mark.django_db


def delete(user: User) -> None:
    call_command("delete_user", user.email.upper(), stdout=StringIO())


def test_a_user_of_no_account_goes_with_all_that_lets_them_in(client_of: ClientOf) -> None:
    user = make_user("gone@acme.example")
    browser = client_of(user)
    assert browser.get("/").status_code == 200
    delete(user)
    assert not User.objects.exists()
    assert not EmailAddress.objects.exists()
    assert browser.get("/").status_code == 302
    assert AuditEvent.objects.latest("pk").action == "members.user_deleted"
    assert "gone@acme.example" not in AuditEvent.objects.latest("pk").target
    assert broken_entries() == []


def test_a_member_stays(member: User) -> None:
    with pytest.raises(CommandError, match="User Management"):
        delete(member)
    assert User.objects.filter(pk=member.pk).exists()


def test_whoever_still_has_a_place_stays(account: SalesAccount, ops: User) -> None:
    former = {word: make_user() for word in ("admin", "original", "connected", "Somebody else")}
    make_marketo_admin(email=former["admin"].email)
    account.original_user = former["original"]
    account.save()
    make_marketo_connection(account, owner=former["connected"])
    make_salesforce_connection(account, connected_by=former["Somebody else"])
    for word, user in {**former, "ops staff": ops}.items():
        assert word in reason_to_keep_user(user)


def test_nobody_of_that_address() -> None:
    with pytest.raises(CommandError, match="no user"):
        call_command("delete_user", "nobody@acme.example", stdout=StringIO())
