"""Connecting a Sales account to a Salesforce org by OAuth, and disconnecting it."""

import hashlib
import secrets
from datetime import timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Member, SalesAccount, User
from accounts.permissions import Permission, roles_with
from accounts.services import record
from clients.hosts import ForbiddenHost, LoginChoice, salesforce_login_origin
from clients.http import ApiError, ProviderSession, ReconnectNeeded, reported_call
from clients.salesforce import oauth
from clients.salesforce.client import Access, Organization, SalesforceClient, UserInfo
from clients.salesforce.errors import SERVICE
from common.throttling import hit
from connections import tasks
from connections.audit_actions import ConnectionAction
from connections.messages import ConnectionProblem
from connections.models import ConnectionStatus, OrphanedToken, SalesforceConnection, SalesforceSignIn, Service
from connections.problem_codes import REFUSED_BY_SALESFORCE, ProblemCode, problem_code
from connections.querysets import SalesforceConnectionQuerySet
from connections.services.call_log import solve_failures
from connections.services.call_recorder import record_call_failure
from connections.services.revocation import abandon, revoke
from connections.services.sessions import app_of_org, calling_origin, local_origins, oauth_app, open_session

SIGN_IN_LIFETIME = timedelta(minutes=10)
SIGN_INS_PER_MINUTE = 10
# How Diagnostics names the calls of a sign-in.
SIGN_IN = "sign-in"
# The failures that a new connection shows to be over: whatever kept the old one out.
_PROVED = Q(operation__in=[SIGN_IN, oauth.TOKEN_PATH]) | Q(problem__in=REFUSED_BY_SALESFORCE)

_log = structlog.get_logger(__name__)


def login_origin(choice: LoginChoice, my_domain: str) -> str:
    """Where a choice leads to: the login page of `org_origin`, or what stands in for it. Raises ConnectionProblem."""
    return calling_origin(org_origin(choice, my_domain))


def org_origin(choice: LoginChoice, my_domain: str) -> str:
    """The origin of Salesforce's login page for what a person chose and typed. Raises ConnectionProblem."""
    try:
        return salesforce_login_origin(choice, my_domain, local_origin=None)
    except ForbiddenHost:
        raise ConnectionProblem(ProblemCode.SALESFORCE_BAD_DOMAIN) from None


def begin_sign_in(
    *, account: SalesAccount, user: User, choice: LoginChoice, my_domain: str, is_own: bool = False
) -> str:
    """
    Start a sign-in at Salesforce and answer the address to send the browser to: for the connection of the account, or
    for the user's own.

    A user has one open sign-in: an older one is forgotten. Raises ConnectionProblem, also for too many in a minute.
    """
    app = app_of_org(account, org_origin(choice, my_domain))
    _count_sign_in(user)
    origin = login_origin(choice, my_domain)
    state, pkce = secrets.token_urlsafe(32), oauth.new_pkce()
    SalesforceSignIn.objects.filter(created_at__lt=timezone.now() - SIGN_IN_LIFETIME).delete()
    SalesforceSignIn.objects.filter(user=user).delete()
    SalesforceSignIn.objects.create(
        state_hash=_hash(state),
        account=account,
        user=user,
        is_own=is_own,
        app=app,
        login_origin=origin,
        code_verifier=pkce.verifier,
    )
    # Whoever is logged in to Salesforce in this browser need not be the user, who wants to be connected as themselves.
    prompt = "login" if is_own else None
    client_id = oauth_app(app).client_id
    return oauth.authorize_url(origin, client_id, callback_url(), state, pkce.challenge, prompt=prompt)


def take_sign_in(*, state: str, user: User) -> SalesforceSignIn:
    """The open sign-in of a state, which is used up by this. Raises ConnectionProblem."""
    oldest = timezone.now() - SIGN_IN_LIFETIME
    open_ones = SalesforceSignIn.objects.filter(state_hash=_hash(state), user=user, created_at__gte=oldest)
    sign_in = open_ones.select_related("account", "app").first()
    # The row's deletion decides who of two callers has it.
    if sign_in is None or not SalesforceSignIn.objects.filter(pk=sign_in.pk).delete()[0]:
        raise ConnectionProblem(ProblemCode.SALESFORCE_LOST_SIGN_IN)
    permission = Permission.CONNECT_OWN_SALESFORCE if sign_in.is_own else Permission.CONNECT_SALESFORCE
    if not Member.objects.for_account(sign_in.account).filter(user=user, role__in=roles_with(permission)).exists():
        raise ConnectionProblem(ProblemCode.SALESFORCE_NOT_ALLOWED)
    return sign_in


def finish_sign_in(
    sign_in: SalesforceSignIn, *, code: str = "", error: str = "", error_description: str = ""
) -> SalesforceConnection:
    """
    Connect with what Salesforce sent to the callback: a code, or an error. Raises ConnectionProblem.

    Nothing is stored before Salesforce has answered a call with the new token; an older one of the same connection is
    revoked.
    """
    try:
        # Diagnostics is about the account's connection, not about those of members.
        note = partial(record_call_failure, sign_in.account_id, user=sign_in.user)
        with reported_call(None if sign_in.is_own else note, SIGN_IN):
            if error:
                kind = oauth_app(sign_in.app).kind
                raise oauth.OAuthError(oauth.problem_of(error, error_description), error, app_kind=kind)
            return _connect(sign_in, code)
    except ApiError as failure:
        _log.warning("salesforce_sign_in_failed", account=sign_in.account.slug, error=str(failure))
        raise ConnectionProblem(problem_code(failure)) from None


def disconnect_salesforce(*, account: SalesAccount, by: User) -> None:
    """Erase the account's connection and revoke its tokens; a Salesforce that does not answer stops nothing."""
    _disconnect(SalesforceConnection.objects.for_account(account), by)


def disconnect_own_salesforce(*, member: Member) -> None:
    """Erase a member's own connection and revoke its tokens."""
    _disconnect(SalesforceConnection.objects.of_member(member), member.user)


def connected_salesforce_by(member: Member) -> str:
    """What to know before somebody is removed who connected the account to Salesforce; empty for everybody else."""
    connection = SalesforceConnection.objects.for_account(member.account).filter(connected_by=member.user).first()
    if connection is None:
        return ""
    return _(
        "This person connected the Sales account to Salesforce, as %(username)s. The connection goes on working; "
        "if that Salesforce user leaves too, disconnect and connect again as somebody else."
    ) % {"username": connection.username}


def forget_member(*, account: SalesAccount, user: User) -> None:
    """
    Erase what somebody who leaves the account has connected or begun to connect for themselves.

    To be called before the membership is deleted, in the same transaction; Salesforce is told after its commit.
    """
    SalesforceSignIn.objects.filter(account=account, user=user).delete()
    for connection in SalesforceConnection.objects.select_for_update().filter(account=account, member__user=user):
        transaction.on_commit(partial(revoke, abandon(connection)), robust=True)


def _disconnect(rows: SalesforceConnectionQuerySet, by: User) -> None:
    with transaction.atomic():
        connection = rows.select_for_update(of=("self",)).select_related("account").first()
        if connection is None:
            return
        is_own = connection.member_id is not None
        action = ConnectionAction.SALESFORCE_OWN_DISCONNECTED if is_own else ConnectionAction.SALESFORCE_DISCONNECTED
        record(account=connection.account, actor=by, action=action, target=connection.org_name)
        orphan = abandon(connection)
    revoke(orphan)


def _count_sign_in(user: User) -> None:
    """Salesforce keeps five grants per user and app and revokes the oldest: hurried clicks would break connections."""
    minute = f"{timezone.now():%H%M}"
    if hit(f"salesforce-sign-ins-{user.pk}-{minute}", seconds=120) > SIGN_INS_PER_MINUTE:
        raise ConnectionProblem(ProblemCode.SALESFORCE_TOO_MANY_SIGN_INS)


def callback_url() -> str:
    """Where Salesforce sends the browser back to; an app must list it."""
    return settings.SITE_URL.rstrip("/") + reverse("connections:salesforce_callback")


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()


def _session(*origins: str) -> ProviderSession:
    return open_session(allowed_hosts=origins)


def _connect(sign_in: SalesforceSignIn, code: str) -> SalesforceConnection:
    session = _session(sign_in.login_origin)
    answer = oauth.exchange_code(
        oauth_app(sign_in.app),
        session=session,
        origin=sign_in.login_origin,
        code=code,
        code_verifier=sign_in.code_verifier,
        redirect_uri=callback_url(),
        extra_origins=local_origins(),
    )
    try:
        organization, who = _first_calls(answer)
        connection, replaced = _store(sign_in, answer, organization, who)
    except (ApiError, ConnectionProblem):
        revoke(_orphan(sign_in.login_origin, answer.refresh_token or answer.access_token))
        raise
    if replaced:
        revoke(replaced)
    return connection


def _first_calls(answer: oauth.TokenAnswer) -> tuple[Organization, UserInfo]:
    """Salesforce lets users sign in who may not use the API: only a call shows whether the connection works."""
    if not answer.refresh_token or "api" not in answer.scopes:
        raise ConnectionProblem(ProblemCode.SALESFORCE_SCOPE)
    access = Access(answer.instance_url, answer.access_token)
    client = SalesforceClient(access, refresh=_refuse_new_token, session=_session(answer.instance_url))
    organization, who = client.organization(), client.user_info()
    if (oauth.to_18(organization.id), oauth.to_18(who.user_id)) != (answer.org_id, answer.user_id):
        raise ConnectionProblem(ProblemCode.SALESFORCE_WRONG_HOST)
    return organization, who


def _refuse_new_token() -> Access:
    raise ReconnectNeeded(SERVICE, "token_refused_at_once")


@transaction.atomic
def _store(
    sign_in: SalesforceSignIn, answer: oauth.TokenAnswer, organization: Organization, who: UserInfo
) -> tuple[SalesforceConnection, OrphanedToken | None]:
    """The connection, and the token it had before."""
    member = _member(sign_in) if sign_in.is_own else None
    _check_org(sign_in.account, member, answer.org_id)
    replaced = _replaced_token(sign_in.account, member, answer)
    connection, _is_new = SalesforceConnection.objects.update_or_create(
        account=sign_in.account,
        member=member,
        defaults={
            "connected_by": sign_in.user,
            "app": sign_in.app,
            "login_origin": sign_in.login_origin,
            "instance_url": answer.instance_url,
            "org_id": answer.org_id,
            "org_name": organization.name,
            "is_sandbox": organization.is_sandbox,
            "user_id": answer.user_id,
            "username": who.username,
            "email": who.email,
            "scopes": " ".join(sorted(answer.scopes)),
            "access_token": answer.access_token,
            "refresh_token": answer.refresh_token or "",
            "refreshed_at": timezone.now(),
            "rotations": 0,
            "status": ConnectionStatus.CONNECTED,
            "problem": "",
            "connected_at": timezone.now(),
            "last_call_at": timezone.now(),
            "visibility": {},
            "visibility_checked_at": None,
        },
    )
    if not member:
        transaction.on_commit(partial(tasks.check_salesforce_visibility.delay, connection.pk), robust=True)
        solve_failures(sign_in.account, Service.SALESFORCE, _PROVED)
    record(
        account=sign_in.account,
        actor=sign_in.user,
        action=ConnectionAction.SALESFORCE_OWN_CONNECTED if member else ConnectionAction.SALESFORCE_CONNECTED,
        target=organization.name,
        org_id=answer.org_id,
        username=who.username,
    )
    return connection, replaced


def _member(sign_in: SalesforceSignIn) -> Member:
    member = Member.objects.for_account(sign_in.account).filter(user=sign_in.user).first()
    if member is None:
        raise ConnectionProblem(ProblemCode.SALESFORCE_NOT_ALLOWED)
    return member


def _check_org(account: SalesAccount, member: Member | None, org_id: str) -> None:
    """An org is never replaced by another unnoticed, and members connect to the account's."""
    others = SalesforceConnection.objects.select_for_update().filter(account=account).exclude(org_id=org_id)
    if others.filter(member=member).exists():
        raise ConnectionProblem(ProblemCode.SALESFORCE_OTHER_ORG)
    if others.filter(member=None).exists():
        raise ConnectionProblem(ProblemCode.SALESFORCE_FOREIGN_ORG)


def _replaced_token(account: SalesAccount, member: Member | None, answer: oauth.TokenAnswer) -> OrphanedToken | None:
    """The token a connection had until now: Salesforce would keep it as one of the user's five grants."""
    old = SalesforceConnection.objects.select_for_update().filter(account=account, member=member).first()
    if old is None or old.refresh_token == answer.refresh_token:
        return None
    return _orphan(old.login_origin, old.refresh_token)


def _orphan(origin: str, token: str) -> OrphanedToken:
    return OrphanedToken.objects.create(login_origin=origin, token=token)
