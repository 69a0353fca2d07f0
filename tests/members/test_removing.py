"""Taking a member out of the account: who cannot be removed, and who receives what they owned."""

from datetime import timedelta
from importlib import import_module

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Member, SalesAccount, User
from accounts.permissions import Role
from accounts.services import RefusedError, add_member
from connections.models import OrphanedToken, SalesforceConnection
from invitations import services
from invitations.models import Invitation
from members import services as members
from members.audit_actions import MemberAction
from tests.conftest import ClientOf
from tests.factories import (
    make_account,
    make_marketo_admin,
    make_marketo_connection,
    make_member,
    make_salesforce_connection,
)
from tests.invitations.user_management import USERS
from tests.pages import text_of
from tests.sign_in.salesforce_browser import AtSalesforce, leave, link
from tests.threads import at_once


def remove_address(user: User) -> str:
    return f"{USERS}{user.member.pk}/remove/"


def test_a_removed_member_is_out_at_once(
    browser: Client, admin: User, account: SalesAccount, client_of: ClientOf
) -> None:
    """Security statement 35: and the sessions of a removed member end."""
    leaving = make_member(account, "leaving@acme.example", Role.ADMIN).user
    other = client_of(leaving)
    assert other.get(USERS).status_code == 200
    page = browser.post(remove_address(leaving), {"receiver": admin.member.pk}, follow=True)
    assert "leaving@acme.example was removed from the Sales account" in text_of(page)
    assert other.get(USERS)["Location"].startswith("/accounts/login/")
    assert client_of(User.objects.get(pk=leaving.pk)).get(USERS).status_code == 404
    assert User.objects.filter(pk=leaving.pk).exists()


def test_the_tokens_of_a_removed_member_are_to_be_revoked(browser: Client, admin: User, member: User) -> None:
    make_salesforce_connection(member.member.account, member=member.member, connected_by=member, refresh_token="canary")
    browser.post(remove_address(member), {"receiver": admin.member.pk})
    assert not SalesforceConnection.objects.exists()
    assert OrphanedToken.objects.get().token == "canary"


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_call_over_the_connection_of_whoever_leaves(
    browser: Client, admin: User, member: User
) -> None:
    """Security statement 15: a refresh that hung kept all threads of the web, and the whole account's row with them."""
    make_salesforce_connection(member.member.account, member=member.member, connected_by=member)
    with transaction.atomic():
        SalesforceConnection.objects.select_for_update().get()
        [page] = at_once(1, lambda _: text_of(browser.post(remove_address(member), {"receiver": admin.member.pk})))
    assert "is being called over this person's own connection" in page
    assert Member.objects.filter(user=member).exists()


def test_the_old_salesforce_opens_no_other_account(
    client: Client, browser: Client, admin: User, mia: User, client_of: ClientOf, at_salesforce: AtSalesforce
) -> None:
    """Security statement 35: an admin of the org that somebody has left can still log in there as its user."""
    link(mia, client_of, at_salesforce)
    page = text_of(browser.get(remove_address(mia)))
    assert "Log in with Salesforce no longer lets them in." in page
    browser.post(remove_address(mia), {"receiver": admin.member.pk})
    add_member(account=make_account("Other"), user=mia, role=Role.ADMIN, teams=[])
    answer = client.get(at_salesforce(leave(client)), follow=True)
    assert "No user of this console is linked to this Salesforce user" in text_of(answer)
    assert client.get(USERS).status_code == 302


def test_the_chosen_receiver_gets_the_invitations(browser: Client, account: SalesAccount) -> None:
    leaving, receiver = (make_member(account, f"{name}@acme.example", Role.ADMIN) for name in ("leaving", "stays"))
    offered = [services.NewInvitation("x@acme.example"), services.NewInvitation("y@acme.example", role=Role.ADMIN)]
    services.invite(account=account, invited_by=leaving.user, addresses=offered)
    page = text_of(browser.get(remove_address(leaving.user)))
    assert "<li>x@acme.example (User)</li>" in page
    assert "<li>y@acme.example (Admin)</li>" in page
    browser.post(remove_address(leaving.user), {"receiver": receiver.pk})
    assert Invitation.objects.get(email="x@acme.example").invited_by == receiver.user
    assert Invitation.objects.undecided().get().email == "x@acme.example"
    event = AuditEvent.objects.get(action=MemberAction.REMOVED)
    assert (event.target, event.details["receiver"]) == ("leaving@acme.example", "stays@acme.example")


def test_the_receiver_is_another_admin_of_the_account(browser: Client, member: User, stranger: User) -> None:
    for receiver in (member.member.pk, stranger.member.pk, ""):
        assert browser.post(remove_address(member), {"receiver": receiver}).status_code == 400
    assert Member.objects.filter(user=member).exists()


def test_opening_the_page_removes_nobody(browser: Client, admin: User, member: User) -> None:
    page = text_of(browser.get(remove_address(member)))
    assert f'<option value="{admin.member.pk}" selected>' in page
    assert Member.objects.filter(user=member).exists()


def test_the_original_user_stays(browser: Client, admin: User, account: SalesAccount) -> None:
    second = make_member(account, "second@acme.example", Role.ADMIN)
    assert "is the original user of this Sales account" in text_of(browser.get(remove_address(admin)))
    answer = browser.post(remove_address(admin), {"receiver": second.pk})
    assert answer.status_code == 409
    assert Member.objects.filter(user=admin).exists()


def test_the_owner_of_the_marketo_connection_stays(
    browser: Client, admin: User, account: SalesAccount, member: User
) -> None:
    make_marketo_connection(account, owner=member)
    answer = browser.post(remove_address(member), {"receiver": admin.member.pk})
    assert answer.status_code == 409
    assert "Another admin must take it over first" in text_of(answer)
    assert Member.objects.filter(user=member).exists()


def test_the_owner_of_the_marketo_connection_stays_an_admin(admin: User, account: SalesAccount) -> None:
    make_member(account, "second@acme.example", Role.ADMIN)
    make_marketo_connection(account, owner=admin)
    with pytest.raises(RefusedError, match="owns the connection to Marketo"):
        members.change_role(member=admin.member, role=Role.USER, changed_by=admin)


def test_the_last_admin_stays(account: SalesAccount, admin: User, member: User) -> None:
    SalesAccount.objects.update(original_user=member)
    last = Member.objects.get(user=admin)
    assert "is the last admin" in members.reason_to_keep(last)
    with pytest.raises(RefusedError, match="last admin"):
        members.remove_member(member=last, removed_by=admin, receiver=member.member)


def test_links_of_earlier_accounts_end_with_the_upgrade(member: User, account: SalesAccount, ops: User) -> None:
    """Until 1.4.0 they outlived the place; whoever linked in their present account keeps what they have."""
    moved, gone, marketo_admin = (make_member(account, f"{name}@acme.example").user for name in ("a", "b", "c"))
    make_marketo_admin(email=marketo_admin.email)
    for user in (member, moved, gone, marketo_admin, ops):
        SocialAccount.objects.create(user=user, provider="salesforce", uid=f"00D000000000009EAA/{user.pk}")
    Member.objects.filter(user=moved).update(joined_at=timezone.now() + timedelta(seconds=1))
    Member.objects.filter(user__in=[gone, marketo_admin]).delete()
    migration = import_module("connections.migrations.0010_links_of_earlier_accounts")
    with connection.cursor() as cursor:
        cursor.execute(migration.FORGET)
    assert {link.user for link in SocialAccount.objects.all()} == {member, marketo_admin, ops}
