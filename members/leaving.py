"""Deleting users who are no members any more."""

import structlog
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Member, SalesAccount, User
from accounts.services import RefusedError, record
from connections.models import MarketoAdmin, MarketoConnection, SalesforceConnection
from members.audit_actions import MemberAction

logger = structlog.get_logger(__name__)


def reason_to_keep_user(user: User) -> str:
    """Why a user cannot be deleted, with what to do first; empty when nothing speaks against it."""
    if Member.objects.filter(user=user).exists():
        return _("They are a member of a Sales account. Remove them there first: Admin Settings > User Management.")
    if user.is_ops_staff or user.is_superuser:
        return _("They are ops staff. Remove them from ops staff first.")
    if MarketoAdmin.objects.filter(email=user.email).exists():
        return _("They are an admin of a Marketo instance. Remove them in Marketo, and read its admins again.")
    return _reason_of_an_account(user)


def _reason_of_an_account(user: User) -> str:
    if SalesAccount.objects.filter(original_user=user).exists():
        return _("They are the original user of a Sales account, on whom its data sync depends.")
    own = MarketoConnection.objects.filter(owner=user), SalesforceConnection.objects.filter(connected_by=user)
    if any(rows.exists() for rows in own):
        return _("They connected a Sales account. Somebody else must connect it anew first.")
    return ""


@transaction.atomic
def delete_user(user: User) -> None:
    """
    Delete a user with all that lets them in. What they did stays in the audit trail, with their address, until its
    time is over. Raises RefusedError for whoever still has a place.
    """
    # Whoever makes them a member at the moment, or ops staff, comes first: a place is looked for behind them.
    user = User.objects.select_for_update().get(pk=user.pk)
    if reason := reason_to_keep_user(user):
        raise RefusedError(reason)
    keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    Session.objects.filter(session_key__in=list(keys)).delete()
    record(account=None, actor=None, action=MemberAction.USER_DELETED, target=str(user.pk))
    logger.info("user_deleted", user=user.pk)
    user.delete()
