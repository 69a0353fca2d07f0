"""The tab User Access: which members use the account's connection to Marketo, and in which workspace."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.models import Member, SalesAccount, User
from accounts.querysets import MemberQuerySet
from accounts.services import record
from clients.http import ApiError
from clients.marketo.types import Workspace
from connections.asking import PRESSES, asking
from connections.models import MarketoAccess, MarketoConnection
from connections.querysets import MarketoAccessQuerySet
from connections.services.client_factory import marketo_client
from problems.codes import ProblemCode, problem_code
from problems.messages import ConnectionProblem
from rights.audit_actions import RightsAction

# Adobe, "Granting Access to Users": wait ten minutes after connecting.
SETTLING_TIME = timedelta(minutes=10)
_WORKSPACES_KEPT_SECONDS = 600
# Another one whenever Workspace changes or moves: consoles of two versions share a cache during an upgrade.
_KEPT_VERSION = 1


@dataclass(frozen=True)
class AccessState:
    """Who may use the connection, who may not yet, and whether the connection is too new for it."""

    connection: MarketoConnection | None
    accesses: MarketoAccessQuerySet
    others: MemberQuerySet

    @property
    def settles_at(self) -> datetime | None:
        """Until when Marketo may let nobody in; None once that is over."""
        if self.connection is None:
            return None
        until = self.connection.connected_at + SETTLING_TIME
        return until if timezone.now() < until else None


def access_state(account: SalesAccount) -> AccessState:
    connection = MarketoConnection.objects.for_account(account).select_related("owner").first()
    accesses = MarketoAccess.objects.for_account(account).select_related("member__user", "granted_by")
    return AccessState(connection, accesses.order_by("member__user__name", "member__user__email"), _others(account))


def marketo_workspaces(connection: MarketoConnection) -> list[Workspace]:
    """The workspaces of the connected instance, read from Marketo every ten minutes. Raises ConnectionProblem."""
    key = f"marketo-workspaces-{connection.pk}"
    kept: list[Workspace] | None = cache.get(key, version=_KEPT_VERSION)
    if kept is not None:
        return kept
    try:
        with asking("marketo-workspaces", connection.account_id, places=PRESSES):
            found = marketo_client(connection).workspaces()
    except ApiError as error:
        raise ConnectionProblem(problem_code(error)) from None
    cache.set(key, found, _WORKSPACES_KEPT_SECONDS, _KEPT_VERSION)
    return found


def grant_marketo_access(*, account: SalesAccount, by: User, member_ids: Collection[str], workspace_id: str) -> int:
    """
    Let members use the connection in one workspace, and answer how many of them are new to it.

    The owner needs no grant, and whoever has one keeps the workspace. Raises ConnectionProblem.
    """
    connection = MarketoConnection.objects.for_account(account).first()
    if connection is None:
        raise ConnectionProblem(ProblemCode.MARKETO_NOT_CONNECTED)
    workspaces = {str(item.workspace_id): item for item in marketo_workspaces(connection)}
    workspace, members = workspaces.get(workspace_id), list(_others(account).filter(pk__in=member_ids))
    if workspace is None or not members:
        raise ConnectionProblem(ProblemCode.MARKETO_UNKNOWN_WORKSPACE)
    with transaction.atomic():
        return sum(_grant(connection, by, member, workspace) for member in members)


@transaction.atomic
def revoke_marketo_access(*, account: SalesAccount, by: User, access_id: int) -> None:
    """Take the use of the connection away again."""
    access = MarketoAccess.objects.for_account(account).filter(pk=access_id).select_related("member__user").first()
    if access and access.delete()[0]:
        record(account=account, actor=by, action=RightsAction.MARKETO_ACCESS_REMOVED, target=access.member.user.email)


def _others(account: SalesAccount) -> MemberQuerySet:
    """Members who do not use the connection yet."""
    members = Member.objects.for_account(account).filter(user__is_active=True).for_display()
    owners = MarketoConnection.objects.for_account(account).values("owner")
    users = MarketoAccess.objects.for_account(account).values("member__user")
    return members.exclude(user__in=owners).exclude(user__in=users)


def _grant(connection: MarketoConnection, by: User, member: Member, workspace: Workspace) -> bool:
    _access, is_new = MarketoAccess.objects.get_or_create(
        connection=connection,
        member=member,
        defaults={
            "workspace_id": workspace.workspace_id,
            "workspace_name": workspace.name,
            "granted_by": by,
        },
    )
    if is_new:
        email = member.user.email
        record(
            account=connection.account,
            actor=by,
            action=RightsAction.MARKETO_ACCESS_GRANTED,
            target=email,
            workspace=workspace.name,
        )
    return is_new
