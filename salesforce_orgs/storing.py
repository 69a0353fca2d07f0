"""What every way of connecting to Salesforce ends with: the first calls, and the row of the connection."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Member, SalesAccount, User
from accounts.permissions import Permission
from accounts.services import record
from clients.http import ApiError, ReconnectNeeded
from clients.salesforce import oauth
from clients.salesforce.client import Access, Organization, SalesforceClient, UserInfo
from clients.salesforce.errors import SERVICE
from clients.values import short_text
from connections.models import (
    ConnectionStatus,
    ConnectMethod,
    OrphanedToken,
    SalesforceApp,
    SalesforceConnection,
    Service,
)
from connections.orgs import CopiedOrg
from connections.services.call_log import solve_failures
from connections.services.revocation import revoke_soon
from connections.services.sessions import open_session
from connections.signals import connected
from problems.codes import REFUSED_BY_SALESFORCE, ProblemCode
from problems.messages import ConnectionProblem
from salesforce_orgs.audit_actions import OrgAction
from salesforce_orgs.moves import copied_org
from salesforce_orgs.offers import OtherOrgError, hold_offer, offer_move, withdraw_move

# How Diagnostics names the calls of a sign-in.
SIGN_IN = "sign-in"
# The failures that a new connection shows to be over: whatever kept the old one out.
_PROVED = Q(operation__in=[SIGN_IN, oauth.TOKEN_PATH]) | Q(problem__in=REFUSED_BY_SALESFORCE)


@dataclass(frozen=True)
class Made:
    """How tokens came to be: who connects what, as which app (None: the operator's), at which login page."""

    account: SalesAccount
    user: User
    is_own: bool
    app: SalesforceApp | None
    login_origin: str
    method: ConnectMethod = ConnectMethod.WEB


def keep_connection(made: Made, answer: oauth.TokenAnswer) -> SalesforceConnection:
    """
    Connect with tokens that Salesforce has just given. Raises ApiError, ConnectionProblem; then they are given back.

    Nothing is stored before Salesforce has answered a call with the new token; an older one of the same connection is
    revoked. Until it is stored the token counts as nobody's: if this process dies meanwhile, it is revoked later.
    OtherOrgError where the account's copy was made from another org: the tokens are kept with the move that is offered.
    """
    unstored = _orphan(made.login_origin, answer.refresh_token or answer.access_token)
    try:
        _check_scopes(made, answer)
        values = _values(made, answer, *_first_calls(answer))
        with transaction.atomic():
            hold_offer(made.account)
            member = _member(made)
            is_offered = not made.is_own and _is_other_org(made.account, answer.org_id)
            connection = None if is_offered else _store(made, member, values)
            if not made.is_own:
                withdraw_move(made.account, by=made.user)
            if is_offered:
                offer_move(account=made.account, by=made.user, values=values)
            unstored.delete()
    except (ApiError, ConnectionProblem):
        revoke_soon(unstored)
        raise
    if connection is None:
        raise OtherOrgError
    return connection


def _check_scopes(made: Made, answer: oauth.TokenAnswer) -> None:
    is_for_good = answer.refresh_token or made.method != ConnectMethod.WEB
    if not is_for_good or "api" not in answer.scopes:
        raise ConnectionProblem(ProblemCode.SALESFORCE_SCOPE)


def _first_calls(answer: oauth.TokenAnswer) -> tuple[Organization, UserInfo]:
    """Salesforce lets users sign in who may not use the API: only a call shows whether the connection works."""
    access = Access(answer.instance_url, answer.access_token)
    client = SalesforceClient(
        access, refresh=_refuse_new_token, session=open_session(allowed_hosts=[answer.instance_url])
    )
    organization, who = client.organization(), client.user_info()
    if (oauth.to_18(organization.id), oauth.to_18(who.user_id)) != (answer.org_id, answer.user_id):
        raise ConnectionProblem(ProblemCode.SALESFORCE_WRONG_HOST)
    return organization, who


def _refuse_new_token() -> Access:
    raise ReconnectNeeded(SERVICE, "token_refused_at_once")


def _values(
    made: Made, answer: oauth.TokenAnswer, organization: Organization, who: UserInfo
) -> dict[str, str | int | bool | None]:
    """The columns of the connection that say to what and how it is one; JSON can hold them."""
    return {
        "app_id": made.app.pk if made.app else None,
        "method": made.method.value,
        "login_origin": made.login_origin,
        "instance_url": answer.instance_url,
        "org_id": answer.org_id,
        "org_name": short_text(organization.name),
        "is_sandbox": organization.is_sandbox,
        "user_id": answer.user_id,
        "username": who.username,
        "email": who.email,
        "scopes": " ".join(sorted(answer.scopes)),
        "access_token": answer.access_token,
        "refresh_token": answer.refresh_token or "",
    }


def _is_other_org(account: SalesAccount, org_id: str) -> bool:
    known = copied_org(account)
    return known is not None and known.org_id != org_id


@transaction.atomic
def _store(made: Made, maker: Member, values: dict[str, Any]) -> SalesforceConnection:
    member = maker if made.is_own else None
    if member:
        _check_org(made.account, member, values["org_id"])
    _revoke_replaced(made.account, member, values["refresh_token"])
    return connect(account=made.account, member=member, by=made.user, actor=made.user, values=values)


def connect(
    *, account: SalesAccount, member: Member | None, by: User, actor: User, values: dict[str, Any]
) -> SalesforceConnection:
    """
    Store the account's connection, or a member's own, as one that works; `values` as `OrgMove` keeps them.

    `by` has logged in; `actor` puts the connection to use, in a move somebody else and later.
    """
    now = timezone.now()
    fresh = {
        "connected_by": by,
        "refreshed_at": now,
        "rotations": 0,
        "status": ConnectionStatus.CONNECTED,
        "problem": "",
        "connected_at": now,
        "last_call_at": now,
        "visibility": {},
        "visibility_checked_at": None,
    }
    connection, _is_new = SalesforceConnection.objects.update_or_create(
        account=account, member=member, defaults=values | fresh
    )
    if not member:
        org = {"org_id": connection.org_id, "org_name": connection.org_name}
        CopiedOrg.objects.update_or_create(account=account, defaults=org)
        connected.send(SalesforceConnection, connection=connection)
        solve_failures(account, Service.SALESFORCE, _PROVED)
    record(
        account=account,
        actor=actor,
        action=OrgAction.SALESFORCE_OWN_CONNECTED if member else OrgAction.SALESFORCE_CONNECTED,
        target=connection.org_name,
        org_id=connection.org_id,
        username=connection.username,
        method=connection.method,
    )
    return connection


def _member(made: Made) -> Member:
    """Who connects, if they still may: in the seconds that Salesforce takes to answer a right may have been taken."""
    permission = Permission.CONNECT_OWN_SALESFORCE if made.is_own else Permission.CONNECT_SALESFORCE
    makers = Member.objects.for_account(made.account).who_may(permission)
    member = makers.filter(user=made.user).first()
    if member is None:
        raise ConnectionProblem(ProblemCode.SALESFORCE_NOT_ALLOWED)
    return member


def _check_org(account: SalesAccount, member: Member, org_id: str) -> None:
    """A member's org is never replaced by another unnoticed, and members connect to the account's."""
    others = SalesforceConnection.objects.select_for_update().filter(account=account).exclude(org_id=org_id)
    if others.filter(member=member).exists():
        raise ConnectionProblem(ProblemCode.SALESFORCE_OTHER_ORG)
    if others.filter(member=None).exists():
        raise ConnectionProblem(ProblemCode.SALESFORCE_FOREIGN_ORG)


def _revoke_replaced(account: SalesAccount, member: Member | None, token: str) -> None:
    """The token a connection had until now: Salesforce would keep it as one of the user's five grants."""
    old = SalesforceConnection.objects.select_for_update().filter(account=account, member=member).first()
    if old and old.refresh_token not in ("", token):
        revoke_soon(_orphan(old.login_origin, old.refresh_token))


def _orphan(origin: str, token: str) -> OrphanedToken:
    return OrphanedToken.objects.create(login_origin=origin, token=token)
