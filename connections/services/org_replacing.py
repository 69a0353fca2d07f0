"""Putting an offered connection to another org in the place of the account's."""

from collections.abc import Iterable
from functools import partial

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.occurrences import begin
from accounts.services import record
from connections.audit_actions import ConnectionAction
from connections.events import OWN_ENDED
from connections.messages import ConnectionProblem
from connections.models import SalesforceConnection
from connections.orgs import OrgMove
from connections.problem_codes import ProblemCode
from connections.services.org_moves import unsealed
from connections.services.revocation import abandon, revoke
from connections.services.salesforce_storing import connect


def replace_connection(move: OrgMove, *, by: User) -> SalesforceConnection:
    """
    Put the offered connection in the place of the account's, inside the transaction of `take_offer`.

    Connections of members to other orgs end, and their owners are told. Raises ConnectionProblem where the tokens can
    no longer be used.
    """
    values = unsealed(move)
    if not values:
        raise ConnectionProblem(ProblemCode.SALESFORCE_UNREADABLE)
    if values["app_id"] and not move.account.salesforce_apps.filter(pk=values["app_id"]).exists():
        raise ConnectionProblem(ProblemCode.SALESFORCE_NO_APP)
    now, account = timezone.now(), move.account
    OrgMove.objects.for_account(account).under_way().update(settled_at=now)
    move.connection, move.moved_at, move.moved_by = "", now, by
    move.save(update_fields=["connection", "moved_at", "moved_by"])
    _end_connections(move)
    record(account=account, actor=by, action=ConnectionAction.MOVED, target=str(move), org_id=move.org_id)
    return connect(account=account, member=None, by=move.offered_by or by, values=values)


def own_connections_to_end(move: OrgMove) -> Iterable[SalesforceConnection]:
    """Members' connections to another org than the one that the account moves to."""
    own = SalesforceConnection.objects.filter(account=move.account, member__isnull=False)
    return own.exclude(org_id=move.org_id).select_related("connected_by").order_by("pk")


def _end_connections(move: OrgMove) -> None:
    """The row of the account's goes, too: whoever is just calling over it must not write into the new one's."""
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
        transaction.on_commit(partial(revoke, abandon(connection)), robust=True)
