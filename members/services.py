"""Changing what a member is, and taking somebody out of the account: the one road, with every guard on it."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.audit_actions import AccountAction
from accounts.models import Member, User
from accounts.permissions import Permission, Role
from accounts.second_factors import reset_second_factors
from accounts.services import (
    RefusedError,
    end_sessions,
    lock_account,
    record,
    refuse_unless_allowed,
    rights_taken,
    tell_of_new_admin,
)
from connections.models import MarketoAdmin, MarketoConnection
from invitations.services import revoke_what_gives_rights
from members.audit_actions import MemberAction
from salesforce_orgs.offers import withdraw_offer_of
from salesforce_orgs.services import forget_member
from sign_in.links import forget_link


@transaction.atomic
def change_role(*, member: Member, role: Role, changed_by: User) -> None:
    """
    Give a member another role.

    Raises RefusedError when no admin would be left, or the connection to Marketo no admin as its owner.
    """
    refuse_unless_allowed(lock_account(member.account), changed_by, Permission.MANAGE_USERS)
    _read_again(member)
    if member.role == role:
        return
    if role != Role.ADMIN and (reason := _connection_reason(member) or _last_admin_reason(member)):
        raise RefusedError(reason)
    before, member.role = member.role, role
    member.save(update_fields=["role"])
    end_sessions(member.user)
    if not member.may(Permission.CONNECT_SALESFORCE):
        withdraw_offer_of(account=member.account, user=member.user)
    if not member.may(Permission.MANAGE_USERS):
        revoke_what_gives_rights(account=member.account, invited_by=member.user, revoked_by=changed_by)
    if role == Role.ADMIN:
        tell_of_new_admin(member.account, member.user)
    else:
        rights_taken.send(User, user=member.user, by=changed_by)
    record(
        account=member.account,
        actor=changed_by,
        action=AccountAction.ROLE_CHANGED,
        target=member.user.email,
        before=before,
        after=role,
    )


def reason_to_keep(member: Member) -> str:
    """Why a member cannot be removed, as a sentence with what to do instead; empty when nothing speaks against it."""
    return _connection_reason(member) or _original_user_reason(member) or _last_admin_reason(member)


@transaction.atomic
def remove_member(*, member: Member, removed_by: User, receiver: Member) -> None:
    """
    Take somebody out of the account; `receiver`, another member of it, now has the invitations as User they had made.

    Raises RefusedError.
    """
    member.account = account = lock_account(member.account)
    refuse_unless_allowed(account, removed_by, Permission.MANAGE_USERS)
    _read_again(member, "role")
    if reason := reason_to_keep(member):
        raise RefusedError(reason)
    forget_member(account=account, user=member.user)
    forget_link(member.user)
    revoke_what_gives_rights(account=account, invited_by=member.user, revoked_by=removed_by)
    member.delete()
    end_sessions(member.user)
    record(
        account=account,
        actor=removed_by,
        action=MemberAction.REMOVED,
        target=member.user.email,
        role=member.role,
        receiver=receiver.user.email,
    )
    account.invitations.filter(invited_by=member.user).update(invited_by=receiver.user)


def reset_factors_of(*, member: Member, reset_by: User) -> None:
    """
    Take away the second factors that a member has lost. Raises RefusedError, also for an admin of another company's
    Marketo instance: whoever rules over a Salesforce org can log in as any user there, and only the second factor would
    keep them out of what a member who has linked such a user may do elsewhere.
    """
    if MarketoAdmin.objects.filter(email=member.user.email).exclude(instance__account=member.account).exists():
        sentence = _("%(name)s has rights outside this Sales account: the operator resets their second factors.")
        raise RefusedError(sentence % {"name": member.user})
    reset_second_factors(user=member.user, reset_by=reset_by)


def _read_again(member: Member, *fields: str) -> None:
    """Read what may have changed before the lock was held. Raises RefusedError when the member is gone."""
    try:
        member.refresh_from_db(fields=fields or None)
    except Member.DoesNotExist:
        raise RefusedError(
            _("This person was removed from the Sales account in the meantime. Reload the page.")
        ) from None


def _connection_reason(member: Member) -> str:
    if not MarketoConnection.objects.for_account(member.account).filter(owner=member.user).exists():
        return ""
    return _(
        "%(name)s owns the connection to Marketo. Another admin must take it over first: "
        "Settings > Admin Settings > Marketo > Connect."
    ) % {"name": member.user}


def _original_user_reason(member: Member) -> str:
    if member.account.original_user_id != member.user_id:
        return ""
    return _(
        "%(name)s is the original user of this Sales account, on whom the data sync depends, and must stay. "
        "To keep the person out, change the role to User."
    ) % {"name": member.user}


def _last_admin_reason(member: Member) -> str:
    others = Member.objects.admins_of(member.account).exclude(pk=member.pk)
    if member.account.is_salesforce_only:
        others = others.filter(user__socialaccount__isnull=False)
    if member.role != Role.ADMIN or others.exists():
        return ""
    return _("%(name)s is the last admin of this Sales account. Make somebody else an admin first.") % {
        "name": member.user
    }
