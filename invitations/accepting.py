"""Accepting: who holds the token of an invitation, becomes a member. Each holds the row of its Sales account."""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Member, User
from accounts.permissions import Role
from accounts.services import RefusedError, add_member, create_verified_user, lock_account, record
from common.addresses import lookup_form
from connections.models import MarketoInstance
from invitations.audit_actions import InvitationAction
from invitations.models import Invitation
from invitations.tokens import hash_token


class NotOpenError(Exception):
    """The invitation cannot be accepted; `invitation` is None when no invitation has this token."""

    def __init__(self, invitation: Invitation | None) -> None:
        super().__init__(invitation.state if invitation else "unknown")
        self.invitation = invitation


def find_open(token: str) -> Invitation:
    """The invitation that a token opens; changes nothing. Raises NotOpenError."""
    return find_open_by_hash(hash_token(token))


def find_open_by_hash(token_hash: str) -> Invitation:
    """The same for who may not keep the token: a session on the way to Salesforce and back."""
    found = Invitation.objects.with_token(token_hash)
    if not found or not found.is_open or not _is_backed(found):
        raise NotOpenError(found)
    return found


def _is_backed(invitation: Invitation) -> bool:
    """A first admin is made by an admin of the Marketo instance, who may be none any more, or no user at all."""
    if invitation.purpose != Invitation.Purpose.FIRST_ADMIN:
        return True
    if invitation.invited_by is None:
        return False
    administered = MarketoInstance.objects.administered_by(invitation.invited_by)
    return administered.for_account(invitation.account).exists()


@transaction.atomic
def accept_as_new_user(*, token: str, name: str, password: str, language: str) -> Member:
    """Create the invited user and their membership.

    Raises NotOpenError; RefusedError when the address has a user, or the account lets nobody in by password.
    """
    invitation = _find_open_and_lock(hash_token(token))
    _refuse_where_salesforce_must_be_used(invitation)
    return _join(invitation, _create_user(invitation, password=password, name=name, language=language))


@transaction.atomic
def accept_with_salesforce(*, token_hash: str, name: str, language: str, link: Callable[[User], object]) -> Member:
    """The same without a password: `link` is called to tie the new user to the Salesforce user they came as."""
    invitation = _find_open_and_lock(token_hash)
    user = _create_user(invitation, password=None, name=name, language=language)
    # First, so that the audit trail of the account has the link.
    member = _join(invitation, user)
    link(user)
    return member


@transaction.atomic
def accept_as_user(*, token: str, user: User, is_with_salesforce: bool = False) -> Member:
    """Make an existing user a member. Raises NotOpenError, or RefusedError when it is not this user's invitation."""
    invitation = _find_open_and_lock(hash_token(token))
    if user.email != lookup_form(invitation.email):
        raise RefusedError(_("This invitation was sent to another address. Sign out, and sign in with that address."))
    if not is_with_salesforce:
        _refuse_where_salesforce_must_be_used(invitation)
    # Of two invitations accepted at once, those of two accounts, the second waits here.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if Member.objects.filter(user=user).exists():
        raise RefusedError(
            _(
                "You are already a member of a Sales account, and an address can be used in one only. Ask for an "
                "invitation to another address, or ask an admin of your present account to remove you there."
            )
        )
    return _join(invitation, user)


def _find_open_and_lock(token_hash: str) -> Invitation:
    """Of two simultaneous acceptances the second waits here, and then finds the invitation used."""
    lock_account(find_open_by_hash(token_hash).account)
    return find_open_by_hash(token_hash)


def _refuse_where_salesforce_must_be_used(invitation: Invitation) -> None:
    if invitation.account.is_salesforce_only:
        raise RefusedError(
            _(
                "This Sales account lets people in with Salesforce only. Accept the invitation with your Salesforce "
                "user."
            )
        )


def _create_user(invitation: Invitation, *, password: str | None, name: str, language: str) -> User:
    try:
        with transaction.atomic():
            return create_verified_user(email=invitation.email, password=password, name=name, language=language)
    except IntegrityError:
        raise RefusedError(
            _("This address has an account already. Sign in with it to accept the invitation.")
        ) from None


def _join(invitation: Invitation, user: User) -> Member:
    """Role and teams come from the invitation only, never from what the browser sent."""
    member = add_member(
        account=invitation.account, user=user, role=Role(invitation.role), teams=list(invitation.teams.all())
    )
    invitation.accepted_at = timezone.now()
    invitation.accepted_by = user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    record(
        account=invitation.account,
        actor=user,
        action=InvitationAction.ACCEPTED,
        target=invitation.email,
        role=invitation.role,
    )
    return member
