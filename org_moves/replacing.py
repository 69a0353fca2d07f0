"""Putting an offered connection to another org in the place of the account's."""

import json
from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import SalesAccount, User
from accounts.occurrences import begin, end
from accounts.services import record
from clients.http import ApiError, ProviderSession, ReconnectNeeded
from clients.salesforce.client import Access, SalesforceClient
from clients.salesforce.errors import SERVICE
from connections.models import SalesforceConnection
from connections.orgs import OrgMove, unsealed
from connections.services.revocation import abandon
from connections.services.sessions import oauth_app, open_session
from connections.services.token_grants import tokens_for
from org_moves.audit_actions import MoveAction
from org_moves.events import OWN_ENDED
from problems.codes import ProblemCode, problem_code
from problems.messages import ConnectionProblem
from salesforce_orgs.events import MOVE_WAITS
from salesforce_orgs.offers import find_offer
from salesforce_orgs.storing import connect


def try_offer(account: SalesAccount, move_id: int) -> None:
    """
    Ask the new org with the tokens of an offer, which may be a day old: a connection that works is not given up for
    one that does not. Does nothing where there is no such offer. Raises ConnectionProblem.

    To be called outside a transaction: tokens that are renewed are stored with the offer at once.
    """
    move = find_offer(account, move_id)
    if move is None:
        return
    connection = _connection_of(move)
    try:
        session = open_session(allowed_hosts=[connection.instance_url, connection.login_origin])
        access = Access(connection.instance_url, connection.access_token)
        SalesforceClient(access, refresh=_OfferRefresh(move, session), session=session).organization()
    except ApiError as error:
        raise ConnectionProblem(problem_code(error)) from None


class _OfferRefresh:
    """Gets a new access with the tokens of an offer, unless somebody else has just stored one."""

    def __init__(self, move: OrgMove, session: ProviderSession) -> None:
        self._move, self._session = move, session

    # Durable: a rotated refresh token must be stored, whatever becomes of the move.
    @transaction.atomic(durable=True)
    def __call__(self) -> Access:
        offered = OrgMove.objects.offered().select_for_update(of=("self",)).filter(pk=self._move.pk).first()
        if offered is None:
            raise ReconnectNeeded(SERVICE, "disconnected")
        row, tried = _connection_of(offered), unsealed(self._move)
        if row.access_token == tried["access_token"]:
            answer = tokens_for(row, oauth_app(row.app), self._session)
            row.access_token, row.instance_url = answer.access_token, answer.instance_url
            row.refresh_token = answer.refresh_token or row.refresh_token
            renewed = {name: getattr(row, name) for name in ("access_token", "instance_url", "refresh_token")}
            offered.connection = json.dumps(unsealed(offered) | renewed)
            offered.save(update_fields=["connection"])
        self._session.allow(row.instance_url)
        return Access(row.instance_url, row.access_token)


def _connection_of(move: OrgMove) -> SalesforceConnection:
    """The connection that is offered, not stored. Raises ConnectionProblem where it cannot be used."""
    values = unsealed(move)
    if not values:
        raise ConnectionProblem(ProblemCode.SALESFORCE_UNREADABLE)
    if values["app_id"] and not move.account.salesforce_apps.filter(pk=values["app_id"]).exists():
        raise ConnectionProblem(ProblemCode.SALESFORCE_NO_APP)
    return SalesforceConnection(account=move.account, **values)


def replace_connection(move: OrgMove, *, by: User) -> SalesforceConnection:
    """
    Put the offered connection in the place of the account's, inside the transaction of `take_offer`.

    Connections of members to other orgs end, and their owners are told. Raises ConnectionProblem where the tokens can
    no longer be used.
    """
    _connection_of(move)
    values, now, account = unsealed(move), timezone.now(), move.account
    OrgMove.objects.for_account(account).under_way().update(settled_at=now)
    move.connection, move.moved_at, move.moved_by = "", now, by
    move.save(update_fields=["connection", "moved_at", "moved_by"])
    end(MOVE_WAITS, account=account)
    _end_connections(move)
    record(account=account, actor=by, action=MoveAction.MOVED, target=str(move), org_id=move.org_id)
    return connect(account=account, member=None, by=move.offered_by or by, actor=by, values=values)


def own_connections_to_end(move: OrgMove) -> Iterable[SalesforceConnection]:
    """Members' connections to another org than the one that the account moves to."""
    own = SalesforceConnection.objects.filter(account=move.account, member__isnull=False)
    return own.exclude(org_id=move.org_id).select_related("connected_by").order_by("pk")


def _end_connections(move: OrgMove) -> None:
    """
    The row of the account's goes, too: whoever is just calling over it must not write into the new one's. Tokens are
    revoked within the hour: of hundreds, in an org that may be gone, nobody waits for the answers.
    """
    of_account = SalesforceConnection.objects.for_account(move.account).select_for_update(of=("self",))
    for own in own_connections_to_end(move):
        begin(
            OWN_ENDED,
            account=move.account,
            subject=f"{move.pk}-{own.connected_by_id}",
            link=reverse("connections:own_salesforce"),
            concerned=own.connected_by,
            org=own.org_name,
            new_org=move.org_name,
        )
    for connection in [*of_account, *own_connections_to_end(move)]:
        abandon(connection)
