"""Changing roles and the guards of it."""

from contextlib import suppress

import pytest
from django.core.exceptions import PermissionDenied

from accounts.audit_actions import AccountAction
from accounts.models import AuditEvent, Member, SalesAccount, User
from accounts.permissions import Role
from accounts.services import RefusedError
from api.scopes import Scope
from api.tokens import Owner, make_token
from invitations.audit_actions import InvitationAction
from invitations.services import NewInvitation, ask_salesforce_admin, change_invited_role, invite
from members.services import change_role, remove_member
from tests.factories import make_member
from tests.threads import at_once


def test_a_changed_role_is_audited_with_before_and_after(admin: User, member: User) -> None:
    change_role(member=member.member, role=Role.ADMIN, changed_by=admin)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.target) == (AccountAction.ROLE_CHANGED, admin, member.email)
    assert event.details == {"before": "user", "after": "admin"}


def test_the_last_admin_cannot_be_demoted(admin: User) -> None:
    """Security statement 36: the account keeps somebody who can manage it."""
    with pytest.raises(RefusedError, match="last admin"):
        change_role(member=admin.member, role=Role.USER, changed_by=admin)
    assert Member.objects.get().role == Role.ADMIN


def test_an_admin_who_cannot_sign_in_does_not_count(account: SalesAccount, admin: User) -> None:
    gone = make_member(account, "gone@acme.example", Role.ADMIN).user
    User.objects.filter(pk=gone.pk).update(is_active=False)
    with pytest.raises(RefusedError, match="last admin"):
        change_role(member=admin.member, role=Role.USER, changed_by=admin)


def test_what_an_admin_offered_ends_with_their_role(admin: User, account: SalesAccount) -> None:
    """To an address of theirs, an invitation as Admin would make them one again within a week."""
    second = make_member(account, "second@acme.example", Role.ADMIN)
    offered = [NewInvitation(f"new-{role}@acme.example", role=role) for role in Role]
    invite(account=account, invited_by=second.user, addresses=offered)
    invite(account=account, invited_by=admin, addresses=[NewInvitation("other@acme.example", role=Role.ADMIN)])
    change_role(member=second, role=Role.SALESFORCE_ADMIN, changed_by=admin)
    left = account.invitations.undecided().values_list("email", flat=True)
    assert set(left) == {"new-user@acme.example", "other@acme.example"}
    assert AuditEvent.objects.filter(action=InvitationAction.REVOKED, actor=admin).count() == 2


def test_whoever_was_demoted_meanwhile_changes_nothing(admin: User, account: SalesAccount, member: User) -> None:
    """Security statement 35: their file was being read, or they were half through a long list."""
    former = make_member(account, "former@acme.example", Role.ADMIN)
    change_role(member=former, role=Role.USER, changed_by=admin)
    with pytest.raises(PermissionDenied):
        invite(account=account, invited_by=former.user, addresses=[NewInvitation("x@acme.example", role=Role.ADMIN)])
    with pytest.raises(PermissionDenied):
        ask_salesforce_admin(account=account, email="x@acme.example", step=2, invited_by=former.user)
    with pytest.raises(PermissionDenied):
        change_role(member=member.member, role=Role.ADMIN, changed_by=former.user)
    with pytest.raises(PermissionDenied):
        remove_member(member=member.member, removed_by=former.user, receiver=admin.member)
    with pytest.raises(PermissionDenied):
        make_token(owner=Owner(member=former), name="x", scopes=[Scope.RUNS], days=30, made_by=former.user)


def test_what_an_admin_made_of_invitations_of_others_ends_too(admin: User, account: SalesAccount) -> None:
    """An invitation as User that somebody else had sent became one as Admin, and outlived whoever made it one."""
    second = make_member(account, "second@acme.example", Role.ADMIN)
    offered = [NewInvitation(f"{name}@acme.example") for name in ("raised", "same")]
    raised, same = invite(account=account, invited_by=admin, addresses=offered).sent
    change_invited_role(invitation=raised, role=Role.ADMIN, changed_by=second.user)
    change_invited_role(invitation=same, role=Role.USER, changed_by=second.user)
    change_role(member=second, role=Role.USER, changed_by=admin)
    assert account.invitations.undecided().get() == same
    with pytest.raises(PermissionDenied):
        change_invited_role(invitation=same, role=Role.ADMIN, changed_by=second.user)


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_leave_one(account: SalesAccount, admin: User) -> None:
    """Security statement 36: also in a race."""
    second = make_member(account, "second@acme.example", Role.ADMIN).user
    pairs = [(admin.member, second), (second.member, admin)]

    def demote(number: int) -> None:
        member, by = pairs[number]
        with suppress(RefusedError, PermissionDenied):
            change_role(member=member, role=Role.USER, changed_by=by)

    at_once(2, demote)
    assert Member.objects.filter(role=Role.ADMIN).count() == 1


def test_the_last_admin_cannot_be_removed(account: SalesAccount, admin: User, member: User) -> None:
    SalesAccount.objects.update(original_user=member)
    admin.member.refresh_from_db()
    with pytest.raises(RefusedError, match="last admin"):
        remove_member(member=admin.member, removed_by=admin, receiver=member.member)
