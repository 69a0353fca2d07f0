"""A user who has no place in the console any more can be deleted; whoever has one cannot, and it is said why."""

import time
from io import StringIO
from threading import Event

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.audit_chain import broken_entries
from accounts.models import AuditEvent, SalesAccount, User
from accounts.permissions import Role
from accounts.services import RefusedError, add_member
from members.leaving import delete_user, reason_to_keep_user
from tests.conftest import ClientOf
from tests.factories import make_marketo_admin, make_marketo_connection, make_salesforce_connection, make_user
from tests.threads import at_once

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


@pytest.mark.django_db(transaction=True)
def test_whoever_is_made_a_member_at_the_moment_stays(account: SalesAccount) -> None:
    """The command ended by what the database says of a row that others need."""
    user, joined = make_user(), Event()

    def do(number: int) -> None:
        if number:
            joined.wait(timeout=60)
            with pytest.raises(RefusedError, match="member"):
                delete_user(user)
            return
        with transaction.atomic():
            # As whoever accepts an invitation does.
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            add_member(account=account, user=user, role=Role.USER, teams=[])
            joined.set()
            time.sleep(0.2)

    at_once(2, do)
    assert account.members.filter(user=user).exists()


def test_nobody_of_that_address() -> None:
    with pytest.raises(CommandError, match="no user"):
        call_command("delete_user", "nobody@acme.example", stdout=StringIO())
