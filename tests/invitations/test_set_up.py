"""Step 1: the Sales account and its first admin."""

import pytest
from django.test import Client, TestCase

from accounts.models import AuditEvent, SalesAccount, User
from accounts.permissions import Role
from accounts.services import RefusedError
from connections.models import MarketoAdmin, MarketoInstance
from invitations import services, tasks
from invitations.audit_actions import InvitationAction
from invitations.models import Invitation
from members.leaving import delete_user
from tests.conftest import ClientOf
from tests.factories import make_instance, make_marketo_admin, make_user
from tests.invitations.conftest import token_in_last_mail, url_of


@pytest.fixture
def sender(marketo: MarketoInstance) -> User:
    make_marketo_admin(marketo, "marketo@acme.example")
    return make_user("marketo@acme.example")


@pytest.fixture
def marketo(db: None) -> MarketoInstance:
    return make_instance()


@pytest.fixture
def maria(marketo: MarketoInstance) -> MarketoAdmin:
    return make_marketo_admin(marketo, "Maria@acme.example", first_name="Maria", last_name="Lind")


def test_send_invite_creates_the_account(marketo: MarketoInstance, maria: MarketoAdmin, sender: User) -> None:
    invitation = services.set_up_sales_account(instance=marketo, email=maria.email, name=str(maria), invited_by=sender)
    marketo.refresh_from_db()
    assert marketo.account == invitation.account
    assert invitation.account.name == "Acme Inc"
    assert (invitation.email, invitation.name) == ("maria@acme.example", "Maria Lind")
    assert (invitation.role, invitation.purpose) == (Role.ADMIN, Invitation.Purpose.FIRST_ADMIN)
    assert AuditEvent.objects.get().action == InvitationAction.CREATED


def test_pressed_twice_the_first_stays(marketo: MarketoInstance, maria: MarketoAdmin, sender: User) -> None:
    first = services.set_up_sales_account(instance=marketo, email=maria.email, invited_by=sender)
    with pytest.raises(RefusedError, match="Press Send again for another mail"):
        services.set_up_sales_account(instance=marketo, email=maria.email, invited_by=sender)
    assert first.account.invitations.get().is_open
    assert SalesAccount.objects.count() == 1


def test_what_a_former_marketo_admin_offered_is_over(client: Client, marketo: MarketoInstance, sender: User) -> None:
    """Otherwise it would make an address of theirs the first admin."""
    invitation = services.set_up_sales_account(instance=marketo, email="maria@acme.example", invited_by=sender)
    tasks.send_invitation(invitation.pk)
    link = url_of(token_in_last_mail())
    assert client.get(link).status_code == 200
    MarketoAdmin.objects.filter(email=sender.email).delete()
    assert client.get(link).status_code == 410


def test_what_a_marketo_admin_offered_who_is_no_user_any_more_is_over(
    client: Client, marketo: MarketoInstance, sender: User
) -> None:
    """Deleting the user of a former admin brings nothing back that had ended with their right."""
    invitation = services.set_up_sales_account(instance=marketo, email="maria@acme.example", invited_by=sender)
    tasks.send_invitation(invitation.pk)
    MarketoAdmin.objects.filter(email=sender.email).delete()
    delete_user(sender)
    assert client.get(url_of(token_in_last_mail())).status_code == 410


def test_whoever_sends_it_again_stands_behind_it(client: Client, marketo: MarketoInstance, sender: User) -> None:
    """Else the first admin could neither accept what a former Marketo admin sent, nor be invited by another."""
    invitation = services.set_up_sales_account(instance=marketo, email="maria@acme.example", invited_by=sender)
    MarketoAdmin.objects.filter(email=sender.email).delete()
    other = make_user(make_marketo_admin(marketo, "per@acme.example").email)
    services.resend(invitation=invitation, resent_by=other)
    tasks.send_invitation(invitation.pk)
    assert client.get(url_of(token_in_last_mail())).status_code == 200


def test_another_admin_can_be_invited_instead(marketo: MarketoInstance, maria: MarketoAdmin, sender: User) -> None:
    first = services.set_up_sales_account(instance=marketo, email=maria.email, invited_by=sender)
    other = make_marketo_admin(marketo, "per@acme.example")
    second = services.set_up_sales_account(instance=marketo, email=other.email, invited_by=sender)
    first.refresh_from_db()
    assert first.state == "revoked"
    assert second.account == first.account


def test_an_account_in_use_gets_no_first_admin(
    marketo: MarketoInstance, maria: MarketoAdmin, account: SalesAccount, admin: User
) -> None:
    marketo.account = account
    marketo.save()
    with pytest.raises(RefusedError, match="in use already"):
        services.set_up_sales_account(instance=marketo, email=maria.email, invited_by=admin)


def test_an_admin_of_another_account_is_told_when_they_accept(
    marketo: MarketoInstance, stranger: User, sender: User, client_of: ClientOf
) -> None:
    """Only they: whoever invites does not learn where else somebody is a member."""
    taken = make_marketo_admin(marketo, stranger.email)
    with TestCase.captureOnCommitCallbacks(execute=True):
        services.set_up_sales_account(instance=marketo, email=taken.email, invited_by=sender)
    answer = client_of(stranger).post(url_of(token_in_last_mail()))
    assert answer.status_code == 409
    assert "already a member of a Sales account" in answer.content.decode()
