"""Tokens that nobody here uses any more: Salesforce is told to forget them, however long it does not answer."""

from datetime import timedelta

import structlog
from django.utils import timezone

from clients.http import ApiError
from clients.salesforce import oauth
from common.after_commit import after_commit
from connections import tasks
from connections.models import TOKEN_IDLE_LIFETIME, OrphanedToken, SalesforceConnection
from connections.orgs import OrgMove, unsealed
from connections.services.sessions import open_session

# Longer than it takes from Salesforce's answer to the stored connection.
BEING_STORED = timedelta(minutes=10)

_log = structlog.get_logger(__name__)


def abandon(connection: SalesforceConnection) -> OrphanedToken:
    """Erase a connection; its token is to be revoked after the transaction."""
    token = connection.refresh_token or connection.access_token
    orphan = OrphanedToken.objects.create(login_origin=connection.login_origin, token=token)
    connection.delete()
    return orphan


def abandon_offer(move: OrgMove) -> OrphanedToken:
    """Erase an offer with the connection in it; its token is to be revoked after the transaction."""
    values = unsealed(move)
    token = values.get("refresh_token") or values.get("access_token") or ""
    orphan = OrphanedToken.objects.create(login_origin=values.get("login_origin", ""), token=token)
    move.delete()
    return orphan


def revoke_soon(orphan: OrphanedToken) -> None:
    """
    Have a worker tell Salesforce when the transaction is over: nobody waits for an org that does not answer. What no
    worker hears of, the hourly look finds.
    """
    after_commit(tasks.revoke_token.delay, orphan.pk)


def revoke(orphan: OrphanedToken) -> None:
    """Tell Salesforce to forget a token; when it does not answer, the token waits for the next hourly look."""
    if not orphan.token:
        # No key can read it: an administrator can still revoke it in Salesforce.
        _log.warning("orphaned_token_unreadable", origin=orphan.login_origin)
        orphan.delete()
        return
    session = open_session(allowed_hosts=[orphan.login_origin])
    try:
        oauth.revoke(session=session, origin=orphan.login_origin, token=orphan.token)
    except ApiError as error:
        _log.warning("salesforce_revoke_failed", error=str(error))
        # By then Salesforce has forgotten it anyway.
        if timezone.now() < orphan.created_at + TOKEN_IDLE_LIFETIME:
            return
    orphan.delete()


def revoke_orphans() -> None:
    """Try again what Salesforce did not take in, and what a process that died has left behind."""
    # A younger one may be that of a connection which is just being made.
    for orphan in OrphanedToken.objects.filter(created_at__lt=timezone.now() - BEING_STORED):
        revoke(orphan)
